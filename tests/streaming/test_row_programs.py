"""Layers run by rows compute what whole layers compute, in an arena of exactly the planned size."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.example_graphs import cnn
from tests.strategies import DETERMINISTIC, inputs_for
from tests.streaming.graphs import row_graphs
from tests.streaming.plans import check_plan, has_segment, segments_everywhere
from tinygen import host, poison, reference, targets
from tinygen.emit import ArenaMode, EmitOptions, InputMode, emit
from tinygen.emit.program import lower
from tinygen.planner.rows import lives

HOST = targets.load("host")
TARGETS = [HOST, *(targets.load(name) for name in ("cortex-m4", "cortex-m0", "cortex-m55"))]
"""Cores whose kernels are different."""


@DETERMINISTIC
@given(row_graphs(), st.booleans(), st.integers(0, 1000))
def test_rows_are_intact_when_they_are_read(graph, input_in_arena, seed):
    mode = InputMode.ARENA if input_in_arena else InputMode.CALLER
    with segments_everywhere(seed):
        program = lower(graph, HOST, input_mode=mode)
    check_plan(program, program.graph)


def test_the_random_networks_do_run_by_rows():
    """The other tests would pass if every layer ran whole."""
    found = []

    @DETERMINISTIC
    @given(row_graphs())
    def collect(graph):
        with segments_everywhere(0):
            found.append(has_segment(lower(graph, HOST)))

    collect()
    assert sum(found) > len(found) / 2


@pytest.mark.parametrize("position", ["first", "middle", "last"])
def test_a_row_in_the_place_of_another_is_found(position):
    """The check above can fail: a row that is moved onto one that is alive with it."""
    with segments_everywhere(3):
        program = lower(cnn(), HOST)
    at = next(i for i, item in enumerate(program.items) if item.segment)
    item = program.items[at]
    pieces = [p for p in lives(item.segment.rows.graph, item.segment.schedule) if p.first < p.last]
    piece = pieces[{"first": 0, "middle": len(pieces) // 2, "last": -1}[position]]
    other = next(p for p in pieces if p.first < piece.last and piece.first < p.last and p != piece)
    offsets = dict(item.segment.offsets)
    offsets[piece.tensor, piece.row] = offsets[other.tensor, other.row]
    broken = replace(item, segment=replace(item.segment, offsets=offsets))
    items = (*program.items[:at], broken, *program.items[at + 1 :])
    with pytest.raises(AssertionError, match="was overwritten"):
        check_plan(replace(program, items=items), program.graph)


@settings(DETERMINISTIC, max_examples=15, phases=(Phase.generate,))
@given(
    row_graphs(),
    st.sampled_from(TARGETS),
    st.sampled_from([InputMode.CALLER, InputMode.ARENA]),
    st.integers(0, 1000),
)
def test_c_by_rows_computes_what_the_reference_computes(graph, target, mode, seed):
    """In a caller's arena between guard bytes, all dead memory filled with a pattern before every row."""
    data = inputs_for(graph, 4)
    expected = reference.run(graph, data)
    options = EmitOptions(arena=ArenaMode.CALLER, input=mode)
    with tempfile.TemporaryDirectory() as scratch:
        with segments_everywhere(seed):
            emission = emit(graph, target, Path(scratch) / "net", name="net", options=options)
        poison.instrument(emission)
        with host.build(emission) as model:
            outputs = model.run(*data.values())
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for name, got in zip(graph.outputs, outputs, strict=True):
        np.testing.assert_array_equal(got.ravel(), expected[name].ravel())
