"""The bound for schedules of rows against brute force over all schedules of small graphs."""

from dataclasses import replace

from hypothesis import given

from tests.planner.test_rows import SETTINGS, least_peak, row_graphs
from tinygen.planner.bounds import least_alive
from tinygen.planner.rows import Read, RowGraph, RowLayer, RowTensor, shortest


@SETTINGS
@given(row_graphs())
def test_no_schedule_needs_less(graph):
    assert least_alive(graph) <= least_peak(graph)


@SETTINGS
@given(row_graphs())
def test_what_is_called_proved_is_true(graph):
    """With the bound, and with a search that may look at a few states only."""
    bound = least_alive(graph)
    for most_states in (1, 10, 20_000):
        found = shortest(graph, most_states=most_states, bound=bound)
        assert found.lower_bound_bytes < least_peak(graph) + 4
        assert least_peak(graph) <= found.live_bytes
        if found.is_optimal:
            assert found.live_bytes < least_peak(graph) + 4


def test_the_bound_is_met_more_often_than_not():
    """A bound of nothing would pass the tests above."""
    met = []

    @SETTINGS
    @given(row_graphs())
    def collect(graph):
        met.append(least_alive(graph) == least_peak(graph))

    collect()
    assert sum(met) > len(met) / 2


def test_rows_that_must_wait_count():
    """A sum reads a tensor that is made long before: its rows are alive while the other path catches up."""
    rows = (0, 1, 2, 3)
    window = Read(tensor=0, first=(0, 0, 1, 2), last=(1, 2, 3, 3))
    graph = RowGraph(
        tensors=(
            RowTensor(name="x", rows=4, row_bytes=100),
            RowTensor(name="y", rows=4, row_bytes=8),
            RowTensor(name="sum", rows=4, row_bytes=0),
        ),
        layers=(
            RowLayer(name="push", output=0, steps=4),
            RowLayer(name="y", output=1, steps=4, reads=(window,)),
            RowLayer(
                name="sum",
                output=2,
                steps=4,
                reads=(
                    Read(tensor=1, first=rows, last=rows),
                    Read(tensor=0, first=rows, last=rows),
                ),
            ),
        ),
        kept=frozenset({2}),
    )
    assert least_alive(graph) == least_peak(graph) == 3 * 100 + 8
    with_scratch = tuple(replace(y, scratch_bytes=120 * (y.name == "sum")) for y in graph.layers)
    assert least_alive(replace(graph, layers=with_scratch)) == 2 * 100 + 8 + 120
