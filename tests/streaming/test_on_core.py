"""Random networks by rows on an emulated core: all of them in one image, dead memory filled with a pattern."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from tests.strategies import QUICK
from tests.streaming.graphs import row_graphs
from tests.streaming.plans import has_segment, segments_everywhere
from tests.streaming.test_rows_input import pushed
from tests.tools import require_tools
from tinygen import device, poison, targets
from tinygen.emit import Emission, EmitOptions, InputMode, Member, ModelSet, emit_together
from tinygen.emit.liveness import moments
from tinygen.emit.program import lower
from tinygen.ir import Graph

M4 = targets.load("cortex-m4")
NETWORKS = 8


def networks(is_wanted: Callable[[Graph], bool]) -> list[Graph]:
    """The largest of those that the strategy draws."""
    found: list[Graph] = []

    @QUICK
    @given(row_graphs())
    def collect(graph):
        if is_wanted(graph):
            found.append(graph)

    collect()
    assert len(found) >= NETWORKS
    return sorted(found, key=lambda graph: -len(graph.nodes))[:NETWORKS]


def in_segments(graph: Graph) -> bool:
    with segments_everywhere(0):
        return has_segment(lower(graph, M4))


def emitted(folder: Path, graphs: list[Graph], *options: EmitOptions) -> ModelSet:
    """A folder of all networks, with these options in turn."""
    members = [
        Member(graph=graph, name=f"net{i}", options=options[i % len(options)])
        for i, graph in enumerate(graphs)
    ]
    return emit_together(members, M4, folder, shared_arena=True)


def runs(models: ModelSet, instrumented: Callable[[Emission], None]) -> bool:
    """Whether the self-test of all, with poison, finds every byte right."""
    for emission in models.models:
        instrumented(emission)
    return device.selftest_on_qemu(models.folder, models.name, M4) == 0


def too_early(emission: Emission) -> None:
    """Poison that takes the last byte that anything needs for dead."""
    steps = list(moments(emission.program))
    last = max(i for i, step in enumerate(steps) if step.spans)
    (start, end), *others = steps[last].spans
    steps[last] = replace(steps[last], spans=((start, end - 1), *others))
    poison.instrument(emission, steps)


@pytest.fixture(autouse=True)
def tools():
    require_tools(M4.compiler, M4.qemu[0].emulator)


def test_segments_compute_what_the_reference_computes(tmp_path):
    graphs = networks(in_segments)
    modes = [EmitOptions(input=mode) for mode in (InputMode.CALLER, InputMode.ARENA)]
    with segments_everywhere(1):
        right = emitted(tmp_path / "right", graphs, *modes)
        wrong = emitted(tmp_path / "wrong", graphs[:2], *modes)
    assert any(has_segment(emission.program) for emission in right.models)
    assert runs(right, poison.instrument)
    assert not runs(wrong, too_early)


def test_rows_that_arrive_one_by_one_give_what_the_reference_computes(tmp_path):
    graphs = networks(lambda graph: pushed(graph) is not None)
    rows = EmitOptions(input=InputMode.ROWS)
    ways = [rows, replace(rows, least_ram=True), replace(rows, least_ram=True, push_work=0.03)]
    assert runs(emitted(tmp_path / "rows", graphs, *ways), poison.instrument)
