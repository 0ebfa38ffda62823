"""Layers run by rows compute what whole layers compute, in an arena of exactly the planned size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import DETERMINISTIC
from tests.streaming.graphs import row_graphs
from tests.streaming.plans import check_plan, has_segment, segments_everywhere
from tinygen import targets
from tinygen.emit.program import lower

HOST = targets.load("host")


@DETERMINISTIC
@given(row_graphs(), st.booleans(), st.integers(0, 1000))
def test_rows_are_intact_when_they_are_read(graph, input_in_arena, seed):
    with segments_everywhere(seed):
        program = lower(graph, HOST, input_in_arena=input_in_arena)
    check_plan(program, program.graph)


@pytest.mark.parametrize("seed", range(3))
def test_the_random_networks_do_run_by_rows(seed):
    """The other tests would pass if every layer ran whole."""
    found = []

    @DETERMINISTIC
    @given(row_graphs())
    def collect(graph):
        with segments_everywhere(seed):
            found.append(has_segment(lower(graph, HOST)))

    collect()
    assert sum(found) > len(found) / 2
