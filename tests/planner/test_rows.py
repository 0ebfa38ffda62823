"""Row schedules against brute force on small graphs: order, rings, live bytes, the claim of optimality."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygen.planner.rows import (
    Read,
    RowGraph,
    RowLayer,
    RowTensor,
    checked,
    downstream_first,
    lives,
    peak_bytes,
    peaks_by_layer,
    ring_rows,
    shared_rows,
    shortest,
    usual_schedules,
    work_after_rows,
)

MODES = ("caller", "arena", "rows")


def windowed(rows: int, kernel: int, stride: int, pad: int) -> tuple[int, tuple, tuple]:
    """Rows of the output, and the first and last row of the input that each needs."""
    out = max((rows + 2 * pad - kernel) // stride + 1, 1)
    first = tuple(min(max(0, r * stride - pad), rows - 1) for r in range(out))
    last = tuple(min(max(0, r * stride - pad + kernel - 1), rows - 1) for r in range(out))
    return out, first, last


def ends(rows: tuple, count: int) -> tuple:
    """The last of every `count` rows, and the last of all."""
    return tuple(rows[min(i + count, len(rows)) - 1] for i in range(0, len(rows), count))


@st.composite
def row_graphs(draw):
    """A chain of windows, perhaps with residual sums; some layers compute two rows a step, or write over dying rows."""
    mode = draw(st.sampled_from(MODES))
    rows = draw(st.integers(2, 5))
    tensors = [
        RowTensor(
            name="x", rows=rows, row_bytes=0 if mode == "caller" else 4 * draw(st.integers(1, 4))
        )
    ]
    layers = [RowLayer(name="push", output=0, steps=rows)] if mode == "rows" else []
    for index in range(draw(st.integers(1, 3))):
        kernel, pad = draw(st.sampled_from([(1, 0), (3, 1), (2, 0)]))
        stride = draw(st.sampled_from([1, 1, 2]))
        if tensors[-1].rows + 2 * pad < kernel:
            kernel, pad = 1, 0
        out, first, last = windowed(tensors[-1].rows, kernel, stride, pad)
        count = draw(st.sampled_from([1, 1, 2]))
        reads = [Read(tensor=index, first=first[::count], last=ends(last, count))]
        if index and tensors[index - 1].rows == out and draw(st.booleans()):
            rows_of_step = tuple(range(out))
            reads.append(
                Read(
                    tensor=index - 1,
                    first=rows_of_step[::count],
                    last=ends(rows_of_step, count),
                )
            )
        tensors.append(RowTensor(name=f"t{index}", rows=out, row_bytes=4 * draw(st.integers(1, 4))))
        layers.append(
            RowLayer(
                name=f"l{index}", output=index + 1, steps=-(-out // count), reads=tuple(reads),
                scratch_bytes=4 * draw(st.integers(0, 2)), rows_per_step=count,
                over=draw(st.sampled_from([(), (index,), tuple(r.tensor for r in reads)])),
            )
        )  # fmt: skip
    return RowGraph(
        tensors=tuple(tensors),
        layers=tuple(layers),
        present=frozenset() if mode == "rows" else frozenset({0}),
        kept=frozenset({len(tensors) - 1}),
    )


def least_peak(graph: RowGraph) -> int:
    """The smallest peak of all schedules, by recursion over all of them."""

    @cache
    def best(state):
        if state == graph.goal:
            return graph.live_bytes(state)
        found = []
        for layer in range(len(state)):
            if graph.is_ready(state, layer):
                during = graph.live_bytes(state) + graph.new_bytes(state, layer)
                during += graph.layers[layer].scratch_bytes
                found.append(max(during, best(graph.after(state, layer))))
        return max(graph.live_bytes(state), min(found))

    return best(graph.start)


SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)


@SETTINGS
@given(row_graphs())
def test_the_search_finds_the_least_peak_of_all_schedules(graph):
    found = shortest(graph)
    checked(graph, found.schedule)
    assert found.is_optimal
    assert found.live_bytes == peak_bytes(graph, found.schedule)
    assert least_peak(graph) <= found.live_bytes < least_peak(graph) + 4


@SETTINGS
@given(row_graphs())
def test_rows_in_memory_are_those_still_needed_and_fit_their_rings(graph):
    schedule = checked(graph, downstream_first(graph))
    rings = ring_rows(graph, schedule)
    rows = lives(graph, schedule)
    state = graph.start
    for event, layer in enumerate(schedule):
        step = state[layer]
        here = {(r.tensor, r.row) for r in rows if r.first <= event <= r.last}
        for read in graph.layers[layer].reads:
            if graph.tensors[read.tensor].row_bytes:
                needed = {(read.tensor, r) for r in range(read.first[step], read.last[step] + 1)}
                assert needed <= here
        for tensor in range(len(graph.tensors)):
            alive = sorted(r for t, r in here if t == tensor)
            assert len({r % rings[tensor] for r in alive}) == len(alive), "two rows in one slot"
        state = graph.after(state, layer)


@SETTINGS
@given(row_graphs())
def test_rows_written_over_others_are_as_long_and_follow_them(graph):
    schedule = downstream_first(graph)
    life = {(r.tensor, r.row): r for r in lives(graph, schedule)}
    shared = shared_rows(graph, schedule)
    assert len(set(shared.values())) == len(shared), "two rows over one"
    for over, under in shared.items():
        assert life[over].bytes == life[under].bytes
        assert life[over].first == life[under].last


@SETTINGS
@given(row_graphs())
def test_the_usual_schedules_are_complete(graph):
    for usual in usual_schedules(graph):
        checked(graph, usual.schedule)
        assert usual.peaks == peaks_by_layer(graph, usual.schedule)


@st.composite
def pushed_graphs(draw):
    """Graphs whose input arrives row by row, steps of different work, and a bound for the work between two rows."""
    graph = draw(row_graphs().filter(lambda g: not g.present))
    layers = tuple(
        layer if layer.is_source else replace(layer, work=float(draw(st.integers(0, 5))))
        for layer in graph.layers
    )
    return replace(graph, layers=layers, most_work=float(draw(st.integers(0, 8))))


def work_between(graph: RowGraph, schedule) -> float:
    return max(
        work_after_rows(graph, schedule, [layer.work for layer in graph.layers])[:-1], default=0.0
    )


@SETTINGS
@given(pushed_graphs())
def test_no_schedule_does_more_work_between_two_rows_than_it_may(graph):
    found = [usual.schedule for usual in usual_schedules(graph)]
    found.append(shortest(graph, found[0]).schedule)
    for schedule in found:
        checked(graph, schedule)
        assert work_between(graph, schedule) <= graph.most_work


@SETTINGS
@given(pushed_graphs())
def test_bounded_work_may_cost_memory_and_is_never_called_optimal_without_proof(graph):
    usual = usual_schedules(graph)[0].schedule
    bounded, free = shortest(graph, usual), shortest(replace(graph, most_work=None))
    assert bounded.live_bytes == peak_bytes(graph, bounded.schedule) >= free.live_bytes
    assert bounded.lower_bound_bytes <= free.live_bytes


def test_less_work_between_two_rows_takes_more_memory():
    """Rows of 8 bytes that are pushed, and rows of 4 that take 3 of work each: with a bound of 2 all of them wait."""
    read = Read(tensor=0, first=(0, 1, 2), last=(0, 1, 2))
    graph = RowGraph(
        tensors=(
            RowTensor(name="x", rows=3, row_bytes=8),
            RowTensor(name="y", rows=3, row_bytes=4),
        ),
        layers=(
            RowLayer(name="push", output=0, steps=3),
            RowLayer(name="y", output=1, steps=3, reads=(read,), work=3.0),
        ),
        kept=frozenset({1}),
        most_work=3.0,
    )
    tight = replace(graph, most_work=2.0)
    assert shortest(graph, usual_schedules(graph)[0].schedule).schedule == (0, 1, 0, 1, 0, 1)
    (usual,) = usual_schedules(tight)
    assert usual.schedule == (0, 0, 0, 1, 1, 1)
    assert peak_bytes(tight, usual.schedule) == 28 > peak_bytes(graph, (0, 1, 0, 1, 0, 1)) == 20


def test_a_wrong_order_is_refused():
    graph = RowGraph(
        tensors=(
            RowTensor(name="x", rows=2, row_bytes=4),
            RowTensor(name="y", rows=2, row_bytes=4),
        ),
        layers=(
            RowLayer(name="push", output=0, steps=2),
            RowLayer(
                name="y", output=1, steps=2, reads=(Read(tensor=0, first=(0, 0), last=(0, 1)),)
            ),
        ),
        kept=frozenset({1}),
    )
    checked(graph, (0, 1, 0, 1))
    with pytest.raises(ValueError, match="'y' is not ready for row 1"):
        checked(graph, (0, 1, 1, 0))
    with pytest.raises(ValueError, match="uncomputed"):
        checked(graph, (0, 1))
