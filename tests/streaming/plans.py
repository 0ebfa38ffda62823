"""Programs with segments wherever they are possible, whatever they save, and an interpreter of their plans."""

import contextlib
import random
from collections.abc import Iterator
from unittest import mock

import numpy as np

from tinygen.emit import program as programs
from tinygen.emit.program import Program
from tinygen.ir import Graph
from tinygen.streaming import cuts
from tinygen.streaming.budget import Way
from tinygen.streaming.network import Item, Network
from tinygen.streaming.parts import RowsPart
from tinygen.streaming.segment import Segment


@contextlib.contextmanager
def segments_everywhere(seed: int) -> Iterator[None]:
    """Within this context every graph is lowered to a random path over its cuts, by rows where that is possible."""

    def fitted(network: Network, budget: int | None, **_: object):
        items = _random_items(network, random.Random(seed))
        return Way(network=network.choosing(items), items=items, layout=network.lay_out(items))

    with mock.patch.object(programs, "fitted", fitted):
        yield


def _random_items(network: Network, choices: random.Random) -> tuple[Item, ...]:
    parts, end = cuts.parts_of(network), network.cuts[-1]
    items: tuple[Item, ...] = ()
    start = 0
    while start != end:
        ways = [
            (stop, way) for (first, stop), found in parts.items() if first == start for way in found
        ]
        by_rows = [w for w in ways if isinstance(w[1], RowsPart)]
        stop, way = choices.choice(by_rows or ways)
        if isinstance(way, RowsPart):
            way = choices.choice([f for f in (*way.forms, *way.mixed) if f.is_possible])
        items += way.within(way.least_bytes + choices.choice([0, 512, 4096])).items
        start = stop
    return cuts.planned(items, thorough=choices.random() < 0.3)


def has_segment(program: Program) -> bool:
    return any(item.segment for item in program.items)


class Memory:
    """An arena whose bytes know which row they belong to; `whole` holds what is outside of it."""

    def __init__(self, program: Program, graph: Graph) -> None:
        self.program = program
        self.graph = graph
        self.bytes: list[object] = [None] * program.plan.arena_bytes
        self.outside: dict[str, list[object]] = {}
        # layers that are not called give their input another name
        self.source = {
            layer.call.output.name: layer.call.activations[0].name
            for layer in program.layers
            if layer.name in program.moved
        }

    def origin(self, tensor: str) -> str:
        return self.origin(self.source[tensor]) if tensor in self.source else tensor

    def _place(self, tensor: str) -> tuple[list[object], int]:
        address = self.program.addresses[tensor]
        if address.external is None:
            return self.bytes, address.offset
        size = self.graph.tensors[address.external].bytes
        return self.outside.setdefault(address.external, [None] * size), 0

    def rows_of(self, tensor: str) -> tuple[int, int]:
        """(rows, bytes of a row); tensors that are no images have one row."""
        t = self.graph.tensors[self.origin(tensor)]
        rows = t.shape[1] if len(t.shape) == 4 else 1
        return rows, t.bytes // rows

    def write(self, tensor: str, row: int) -> None:
        memory, start = self._place(tensor)
        _, size = self.rows_of(tensor)
        _fill(memory, start + row * size, size, (tensor, row))

    def check(self, tensor: str, row: int) -> None:
        memory, start = self._place(tensor)
        _, size = self.rows_of(tensor)
        _check(memory, start + row * size, size, (self.origin(tensor), row))


def _fill(memory: list[object], start: int, size: int, tag: object) -> None:
    assert start >= 0 and start + size <= len(memory), f"{tag} lies outside"
    memory[start : start + size] = [tag] * size


def _check(memory: list[object], start: int, size: int, tag: object) -> None:
    assert memory[start : start + size] == [tag] * size, f"{tag} was overwritten"


def check_plan(program: Program, graph: Graph) -> None:
    """Assert that every row of every tensor is intact whenever something reads it, and is made once."""
    memory = Memory(program, graph)
    for tensor in program.graph.inputs if program.pushes is None else ():
        for row in range(memory.rows_of(tensor)[0]):
            memory.write(tensor, row)
    for item, at in zip(program.items, program.item_scratch, strict=True):
        if item.segment is not None:
            _run_segment(memory, item.segment, at)
        elif program.layers[item.first].name not in program.moved:
            _run_layer(memory, program, item.first, at)
    for tensor in program.graph.outputs:
        for row in range(memory.rows_of(tensor)[0]):
            memory.check(tensor, row)


def _run_layer(memory: Memory, program: Program, index: int, at: int | None) -> None:
    layer = program.layers[index]
    for x in layer.call.activations:
        for row in range(memory.rows_of(x.name)[0]):
            memory.check(x.name, row)
    if layer.scratch_bytes:
        _fill(memory.bytes, at, layer.scratch_bytes, "scratch")
    output = layer.call.output.name
    for row in range(memory.rows_of(output)[0]):
        memory.write(output, row)
    # scratch may not lie in the output or in anything that is still needed
    if layer.scratch_bytes:
        _check(memory.bytes, at, layer.scratch_bytes, "scratch")


def _run_segment(memory: Memory, segment: Segment, at: int | None) -> None:
    graph = segment.rows.graph
    done = [0] * len(graph.layers)
    block = 0 if at is None else at

    def rows(tensor: int, row: int, act) -> None:
        size = graph.tensors[tensor].row_bytes
        if size:
            place = block + segment.offsets[tensor, row]
            assert place + size <= block + segment.block_bytes
            act(memory.bytes, place, size, (graph.tensors[tensor].name, row))
        elif act is _fill:
            memory.write(graph.tensors[tensor].name, row)
        else:
            memory.check(graph.tensors[tensor].name, row)

    for index in segment.schedule:
        layer, step = graph.layers[index], done[index]
        scratch = block + segment.scratch.get((index, step), 0), segment.rows.scratch_bytes(index)
        _fill(memory.bytes, *scratch, "scratch")
        for read in layer.reads:
            for row in range(read.first[step], read.last[step] + 1):
                rows(read.tensor, row, _check)
        if layer.sums and step:
            rows(layer.output, 0, _check)
        for row in graph.new_rows(tuple(done), index) or [0]:
            rows(layer.output, row, _fill)
        _check(memory.bytes, *scratch, "scratch")
        done[index] += 1
    assert done == [layer.steps for layer in graph.layers]


def inputs_of(graph: Graph, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [
        rng.integers(-128, 128, (count, *t.shape[1:])).astype(np.int8) for t in graph.input_tensors
    ]
