"""Row schedules against brute force on small graphs: order, rings, live bytes, the claim of optimality."""

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
