"""Programs do not read what their plans call dead; and plans that lie are found out."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from tests.example_graphs import branches, cnn
from tests.strategies import inputs_for
from tests.streaming.plans import has_segment, segments_everywhere
from tests.tools import require_tools
from tinygen import emit as emitting
from tinygen import host, poison, reference, targets, verify
from tinygen.emit import ArenaMode, EmitOptions, InputMode, emit
from tinygen.emit.liveness import Moment, joined, moments
from tinygen.emit.program import Program, lower

HOST = targets.load("host")
WAYS = {"whole": contextlib.nullcontext, "rows": lambda: segments_everywhere(0)}


def outputs_are_right(folder: Path, steps: Sequence[Moment] | None = None) -> bool:
    """Emits the network as it is lowered now, with poison that goes by `steps`."""
    graph = cnn()
    data = inputs_for(graph, 4)
    options = EmitOptions(arena=ArenaMode.CALLER)
    emission = emit(graph, HOST, folder, name="net", options=options)
    poison.instrument(emission, steps)
    with host.build(emission) as model:
        got = model.run(*data.values())
    return np.array_equal(got, reference.run(graph, data)[graph.outputs[0]])


def planned(way: str) -> Program:
    with WAYS[way]():
        program = lower(cnn(), HOST)
    assert has_segment(program) == (way == "rows")
    return program


@pytest.mark.parametrize("way", WAYS)
def test_dead_memory_is_not_read(tmp_path, way):
    with WAYS[way]():
        assert outputs_are_right(tmp_path / "net")


@pytest.mark.parametrize("way", WAYS)
def test_memory_that_is_called_dead_too_early_is_noticed(tmp_path, way):
    steps = list(moments(planned(way)))
    last = next(i for i in reversed(range(len(steps))) if steps[i].spans)
    start, end = steps[last].spans[0]
    steps[last] = replace(steps[last], spans=((start, end - 1), *steps[last].spans[1:]))
    with WAYS[way]():
        assert not outputs_are_right(tmp_path / "net", steps)


BANKS = EmitOptions(arena=ArenaMode.CALLER, fast_ram=1024)


def in_two_memories(folder: Path, steps: Sequence[Moment] | None = None) -> bool:
    """Whether a program in two memories gets every byte right, poisoned by `steps`."""
    graph = branches()
    data = inputs_for(graph, 4)
    emission = emit(graph, HOST, folder, name="net", options=BANKS)
    assert emission.program.slow_bytes and emission.program.fast_bytes
    poison.instrument(emission, steps)
    with host.build(emission) as model:
        got = model.run(*data.values())
    return np.array_equal(got, reference.run(graph, data)[graph.outputs[0]])


@pytest.mark.parametrize("part", ["slow", "fast"])
def test_both_memories_are_poisoned(tmp_path, part):
    """What is called dead too early is noticed in either."""
    assert in_two_memories(tmp_path / "right")
    program = lower(branches(), HOST, fast_ram=BANKS.fast_ram)
    edge = program.slow_bytes
    steps = list(moments(program))
    for i in reversed(range(len(steps))):
        mine = [s for s in steps[i].spans if (s[0] >= edge) == (part == "fast")]
        if mine:
            start, end = mine[0]
            others = [s for s in steps[i].spans if s != mine[0]]
            steps[i] = replace(steps[i], spans=joined([*others, (start, end - 1)]))
            break
    assert not in_two_memories(tmp_path / "wrong", steps)


@pytest.mark.parametrize("by_rows", [False, True])
def test_two_memories_are_poisoned_on_the_core(by_rows):
    target = targets.load("cortex-m4")
    require_tools(target.compiler, target.qemu[0].emulator)
    graph = branches() if not by_rows else cnn()
    mode = InputMode.ROWS if by_rows else InputMode.ARENA
    options = EmitOptions(fast_ram=512, input=mode, least_ram=by_rows)
    expected = verify.run_reference(graph, inputs_for(graph, 4))
    assert verify.on_qemu(expected, target, options, poisoned=True).passed


@pytest.mark.parametrize("way", WAYS)
def test_with_eight_bytes_less_the_outputs_are_wrong(tmp_path, way):
    """What lies at the top of the arena is moved down, into something that is alive with it."""
    program = squeezed(planned(way), 8)
    with mock.patch.object(emitting, "lower", lambda *args, **options: program):
        assert not outputs_are_right(tmp_path / "net")


def squeezed(program: Program, bytes_less: int) -> Program:
    """The program in a smaller arena: everything that would end above it ends at its top."""
    top = program.plan.arena_bytes - bytes_less
    items = []
    for item, at in zip(program.items, program.item_scratch, strict=True):
        if item.segment is not None:
            tensors = item.segment.rows.graph.tensors
            offsets = {
                key: min(offset, top - at - tensors[key[0]].padded_bytes)
                for key, offset in item.segment.offsets.items()
            }
            item = replace(item, segment=replace(item.segment, offsets=offsets))
        items.append(item)
    addresses = {
        name: replace(a, offset=min(a.offset, top - program.graph.tensors[name].bytes) // 4 * 4)
        if a.external is None
        else a
        for name, a in program.addresses.items()
    }
    plan = replace(program.plan, arena_bytes=top)
    return replace(program, items=tuple(items), addresses=addresses, plan=plan)


@pytest.mark.parametrize("core", ["cortex-m4", "rv32imc"])
def test_dead_memory_is_not_read_on_the_core(core):
    target = targets.load(core)
    require_tools(target.compiler, target.qemu[0].emulator)
    graph = cnn()
    expected = verify.run_reference(graph, inputs_for(graph, 4))
    with segments_everywhere(0):
        assert verify.on_qemu(expected, target, poisoned=True).passed
