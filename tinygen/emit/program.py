"""The program: an integer graph lowered to kernel calls with planned addresses."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tinygen.analysis.accumulators import check as check_accumulators
from tinygen.analysis.ranges import tensor_ranges
from tinygen.emit.outputs import with_own_outputs
from tinygen.errors import BudgetError
from tinygen.ir import Call, Graph, Range
from tinygen.kernels import Kernel, KernelCall
from tinygen.planner import Buffer, Overlap, Plan, Step, Storage, assign_storage, place
from tinygen.selection import Candidate, Optimize, Selection, choose
from tinygen.targets import Target


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A node, the kernel that computes it, and the kernel's calls."""

    call: Call
    kernel: Kernel
    kernel_calls: tuple[KernelCall, ...]
    scratch_bytes: int

    @property
    def name(self) -> str:
        return self.call.node.name


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a tensor lies: in the arena at `offset`, or in the memory of a graph input or output."""

    offset: int = 0
    external: str | None = None


@dataclass(frozen=True, kw_only=True)
class Program:
    """Layers in order, and where everything lies. `moved` names layers whose call is not needed."""

    graph: Graph
    target: Target
    layers: tuple[Layer, ...]
    addresses: dict[str, Address]
    scratch_offsets: dict[str, int]
    moved: frozenset[str]
    plan: Plan
    buffers: tuple[Buffer, ...]
    selection: Selection

    @property
    def unread_inputs(self) -> frozenset[str]:
        """Inputs that no call reads."""
        tensors = (
            tensor.name
            for layer in self.layers
            if layer.name not in self.moved
            for tensor in layer.call.activations
        )
        return frozenset(self.graph.inputs) - {self.addresses[t].external for t in tensors}

    @property
    def peak_layer(self) -> str:
        """The layer during which the arena is fullest."""
        return self.layers[self.plan.peak_step].name


def lower(
    graph: Graph,
    target: Target,
    *,
    input_in_arena: bool = False,
    optimize: Optimize = Optimize.BALANCED,
    forced: Mapping[str, str] = MappingProxyType({}),
) -> Program:
    """Select kernels, share storage, place buffers. Raises UnsupportedError or BudgetError.

    Where the arena is too large for the target, the layer at the peak gets a kernel with less scratch, if it has one.
    """
    graph = with_own_outputs(graph)
    check_accumulators(graph)
    ranges = tensor_ranges(graph)
    calls = tuple(_with_ranges(call, ranges) for call in graph.calls())
    most_scratch: dict[str, int] = {}
    while True:
        selection = choose(
            calls,
            target,
            optimize=optimize,
            forced=forced,
            flash_budget=target.flash_bytes,
            allowed=lambda c: c.scratch_bytes < most_scratch.get(c.call.node.name, 2**31),
        )
        program = _plan(graph, target, selection, input_in_arena)
        peak = program.layers[program.plan.peak_step]
        is_stuck = peak.scratch_bytes >= most_scratch.get(peak.name, 2**31)
        if not _ram_missing(program) or peak.scratch_bytes == 0 or is_stuck:
            break
        most_scratch[peak.name] = peak.scratch_bytes
    _check_ram(program)
    return program


def _with_ranges(call: Call, ranges: Mapping[str, Range]) -> Call:
    known = tuple(None if t.is_constant else ranges[t.name] for t in call.inputs)
    return dataclasses.replace(call, input_ranges=known)


def _plan(graph: Graph, target: Target, selection: Selection, input_in_arena: bool) -> Program:
    """The program of a choice of kernels: who shares storage, and where it lies."""
    layers = tuple(_layer(candidate) for candidate in selection.chosen)
    steps = [_step(layer) for layer in layers]
    storages = assign_storage(
        steps,
        {name: t.bytes for name, t in graph.tensors.items()},
        read_only_inputs=() if input_in_arena else graph.inputs,
        arena_inputs=graph.inputs if input_in_arena else (),
        outputs=graph.outputs,
    )
    buffers = (*_storage_buffers(storages), *_scratch_buffers(layers))
    plan = place(buffers, tuple(_overlaps(layers, storages)))
    moved = frozenset(
        layer.name
        for layer, step in zip(layers, steps, strict=True)
        if step.moves_only and storages[step.write] is storages[step.reads[0]]
    )
    return Program(
        graph=graph,
        target=target,
        layers=layers,
        addresses={name: _address(s, plan) for name, s in storages.items()},
        scratch_offsets={
            layer.name: plan.offsets[_scratch_name(layer)]
            for layer in layers
            if layer.scratch_bytes
        },
        moved=moved,
        plan=plan,
        buffers=buffers,
        selection=selection,
    )


def _overlaps(layers: tuple[Layer, ...], storages: Mapping[str, Storage]) -> Iterator[Overlap]:
    """Outputs that may lie over the input that their layer reads for the last time."""
    for index, layer in enumerate(layers):
        if layer.kernel.lead is None:
            continue
        source = storages.get(layer.call.inputs[0].name)
        output = storages[layer.call.output.name]
        if source is None or source is output:
            continue
        dies_here = source.external is None and source.last == index
        if dies_here and output.external is None and output.first == index:
            lead = layer.kernel.lead(layer.call)
            yield Overlap(input=source.tensors[0], output=output.tensors[0], lead=lead)


def _layer(candidate: Candidate) -> Layer:
    return Layer(
        call=candidate.call,
        kernel=candidate.kernel,
        kernel_calls=candidate.kernel_calls,
        scratch_bytes=candidate.scratch_bytes,
    )


def _step(layer: Layer) -> Step:
    call, kernel = layer.call, layer.kernel
    return Step(
        reads=tuple(t.name for t in call.activations),
        write=call.output.name,
        in_place=tuple(
            call.inputs[i].name for i in kernel.in_place if not call.inputs[i].is_constant
        ),
        moves_only=kernel.moves_only,
        scratch_bytes=layer.scratch_bytes,
    )


def _storage_buffers(storages: dict[str, Storage]) -> list[Buffer]:
    inside = {id(s): s for s in storages.values() if s.external is None}
    return [
        Buffer(name=s.tensors[0], bytes=s.bytes, first=s.first, last=s.last)
        for s in inside.values()
    ]


def _scratch_name(layer: Layer) -> str:
    return f"{layer.name} (scratch)"


def _scratch_buffers(layers: tuple[Layer, ...]) -> list[Buffer]:
    return [
        Buffer(name=_scratch_name(layer), bytes=layer.scratch_bytes, first=i, last=i)
        for i, layer in enumerate(layers)
        if layer.scratch_bytes
    ]


def _address(storage: Storage, plan: Plan) -> Address:
    if storage.external is not None:
        return Address(external=storage.external)
    return Address(offset=plan.offsets[storage.tensors[0]])


def _ram_missing(program: Program) -> int:
    """Bytes by which the arena is too large for the target."""
    limit = program.target.ram_bytes
    return 0 if limit is None else max(program.plan.arena_bytes - limit, 0)


def _check_ram(program: Program) -> None:
    if missing := _ram_missing(program):
        raise BudgetError(
            what=f"the arena needs {program.plan.arena_bytes} bytes of RAM, "
            f"{program.target.name} has {program.target.ram_bytes}: {missing} bytes are missing",
            where=f"layer '{program.peak_layer}' (the peak)",
            next_step="choose a larger target, or a smaller input or fewer channels at that layer",
        )
