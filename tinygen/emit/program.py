"""The program: an integer graph lowered to kernel calls with planned addresses."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tinygen.analysis.accumulators import check as check_accumulators
from tinygen.analysis.ranges import tensor_ranges
from tinygen.emit.accesses import accesses
from tinygen.emit.options import InputMode
from tinygen.emit.outputs import with_own_outputs
from tinygen.errors import BudgetError
from tinygen.ir import Call, Graph, Range
from tinygen.kernels import Kernel, KernelCall
from tinygen.kernels.row_sums import ROW_PROGRAM
from tinygen.passes.stand_upright import stand_upright
from tinygen.planner import Banks, Buffer, Layout, Plan, in_banks, lower_bound
from tinygen.selection import Candidate, Optimize, Selection, choose
from tinygen.streaming.budget import Way, fitted, least_work, points
from tinygen.streaming.network import Item, Memory, Network, parts_of
from tinygen.streaming.progress import Progress, report
from tinygen.streaming.segment import Segment, Work, most_between_pushes, work_after_pushes
from tinygen.targets import Target


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A node, the kernel that computes it, and the kernel's calls."""

    call: Call
    kernel: Kernel
    kernel_calls: tuple[KernelCall, ...]
    scratch_bytes: int
    is_spread: bool = False
    """Its output lies piece by piece in that of another."""

    @property
    def name(self) -> str:
        return self.call.node.name


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a tensor lies: `offset` bytes from the start of the arena, or of the memory of a graph input or output."""

    offset: int = 0
    external: str | None = None


@dataclass(frozen=True, kw_only=True)
class Program:
    """Layers in order, and where everything lies.

    `items` are what runs one after the other: a layer, or several row by row. `moved` names layers whose call is not
    needed. `item_scratch` is where the scratch of each item lies, or the rows of a segment. With `banks`, the arena has
    a fast part.
    """

    graph: Graph
    target: Target
    layers: tuple[Layer, ...]
    items: tuple[Item, ...]
    item_scratch: tuple[int | None, ...]
    addresses: dict[str, Address]
    scratch_offsets: dict[str, int]
    moved: frozenset[str]
    layout: Layout
    plan: Plan
    buffers: tuple[Buffer, ...]
    selection: Selection
    banks: Banks | None = None

    @property
    def slow_bytes(self) -> int:
        """Of the arena without its fast part. Offsets from there on lie in the fast part, which starts there."""
        return self.banks.fast_from if self.banks else self.plan.arena_bytes

    @property
    def fast_bytes(self) -> int:
        return self.plan.arena_bytes - self.slow_bytes

    @property
    def unread_inputs(self) -> frozenset[str]:
        """Inputs that no call reads."""
        tensors = (
            tensor.name
            for layer in self.layers
            if layer.name not in self.moved
            for tensor in layer.call.activations
        )
        whole = [self.addresses[t] for t in tensors if t in self.addresses]
        return frozenset(self.graph.inputs) - {address.external for address in whole}

    @property
    def ran(self) -> tuple[tuple[Layer, ...], ...]:
        """What calls something, in order: one layer, or those of a segment."""
        groups = (self.layers[item.first : item.last + 1] for item in self.items)
        return tuple(g for g in groups if len(g) > 1 or g[0].name not in self.moved)

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """What the generated code needs of the runtime, every function once."""
        runs = [run for item in self.items if item.segment for run in item.segment.runs]
        found = [layer.kernel for layer in self.layers]
        found += [kernel for run in runs for kernel in (run.kernel, run.finish) if kernel]
        found += [ROW_PROGRAM] if runs else []
        return tuple({kernel.symbol: kernel for kernel in found}.values())

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What runs row by row."""
        return tuple(item.segment for item in self.items if item.segment)

    @property
    def pushes(self) -> Segment | None:
        """The segment whose input arrives row by row."""
        segment = self.items[0].segment if self.items else None
        return segment if segment and None in segment.rows.stages else None

    @property
    def push_work(self) -> Work | None:
        """The most between two rows that arrive."""
        return most_between_pushes(self.pushes) if self.pushes else None

    @property
    def work_at_end(self) -> Work | None:
        """After the last row."""
        if not self.pushes:
            return None
        before = work_after_pushes(self.pushes)[:-1]
        return Work(
            macs=self.graph.macs - sum(w.macs for w in before),
            cycles=sum(item.cycles for item in self.items) - sum(w.cycles for w in before),
        )

    @property
    def state_bytes(self) -> int:
        """What is kept between calls beside the arena: counters of steps, where the input arrives row by row."""
        return self.pushes.state_bytes if self.pushes else 0

    @property
    def cycles(self) -> float | None:
        """Predicted; None on a core without measurements."""
        known = self.selection.cycles is not None
        return sum(item.cycles for item in self.items) if known else None

    @property
    def peak_layer(self) -> str:
        """The layer during which the arena is fullest."""
        return self.layers[self.items[self.plan.peak_step].first].name


def lower(
    graph: Graph,
    target: Target,
    *,
    input_mode: InputMode = InputMode.CALLER,
    push_work: float | None = None,
    optimize: Optimize = Optimize.BALANCED,
    least_ram: bool = False,
    fast_ram: int = 0,
    forced: Mapping[str, str] = MappingProxyType({}),
    progress: Progress = report,
) -> Program:
    """Select kernels, share storage, place buffers. Raises UnsupportedError or BudgetError.

    Where the arena is too large for the target, layers get kernels with less scratch, and run row by row. With
    `least_ram` they do as far as it makes the arena smaller. `fast_ram` bytes of the target's RAM are a memory of their
    own, for what is used most often. `push_work` is the largest share of the multiply-accumulates that runs between two
    rows of the input, where these arrive one by one.
    """
    budget = 0 if least_ram else target.ram_bytes
    planned = []
    for form in _forms(graph, input_mode, has_budget=budget is not None):
        found = _selected(form, target, input_mode, push_work, optimize, forced)
        planned.append((*found, fitted(found[2], budget, progress=progress)))
    graph, selection, network, way = min(planned, key=lambda p: _failings(p[3], budget))
    program = _of_way(graph, target, selection, way, fast_ram)
    slow_limit = None if least_ram or target.ram_bytes is None else target.ram_bytes - fast_ram
    if fast_ram and slow_limit is not None and program.slow_bytes > slow_limit:
        # what fits into the slow memory alone fits with the fast one too
        way = fitted(network, max(slow_limit, 0), progress=progress)
        program = _of_way(graph, target, selection, way, fast_ram)
    if not least_ram:
        _check_ram(program, fast_ram, network)
    return program


def _forms(graph: Graph, input_mode: InputMode, *, has_budget: bool) -> tuple[Graph, ...]:
    """The graph as it is, and where it may run row by row and its signals lie on their side, with those upright."""
    upright = stand_upright(graph) if has_budget or input_mode is InputMode.ROWS else None
    if upright is None:
        return (graph,)
    return (upright,) if input_mode is InputMode.ROWS else (graph, upright)


def _failings(way: Way, budget: int | None) -> tuple[float, float]:
    """The less the better: bytes beyond the budget, then cycles."""
    return (0 if budget is None else max(way.bytes - budget, 0)), way.cycles


def _of_way(graph: Graph, target: Target, selection: Selection, way: Way, fast_ram: int) -> Program:
    """The program for a way to run the network; with fast memory, its buffers in two parts."""
    selection = dataclasses.replace(selection, chosen=way.network.candidates)
    layout, banks = way.layout, None
    if fast_ram:
        counts = accesses(way.items, selection.chosen, layout)
        layout, banks = in_banks(layout, counts, fast_ram)
    program = _program(graph, target, selection, way.items, layout)
    return dataclasses.replace(program, banks=banks)


@dataclass(frozen=True, kw_only=True)
class RamPoint:
    """What a budget of `arena_bytes` costs: predicted cycles (None where kernels were not measured), and the share
    of the multiply-accumulates in layers that run row by row."""

    arena_bytes: int
    cycles: int | None
    share_by_rows: float


def ram_points(
    graph: Graph,
    target: Target,
    *,
    input_mode: InputMode = InputMode.CALLER,
    push_work: float | None = None,
    optimize: Optimize = Optimize.BALANCED,
) -> tuple[RamPoint, ...]:
    """From the least RAM to the fewest cycles; every point is met when its bytes are the target's. Of a model with
    several methods all fit in them, and the cycles are those of the first."""
    by_method = [
        [
            point
            for form in _forms(part, input_mode, has_budget=True)
            for point in _points(*_selected(form, target, input_mode, push_work, optimize, {})[1:])
        ]
        for part in graph.parts()
    ]
    found: list[RamPoint] = []
    for budget in sorted({p.arena_bytes for method in by_method for p in method}):
        fitting = [[p for p in method if p.arena_bytes <= budget] for method in by_method]
        if all(fitting):
            fastest = min(fitting[0], key=lambda p: (p.cycles or 0, p.arena_bytes))
            point = dataclasses.replace(fastest, arena_bytes=budget)
            found += [point] if not found or point.cycles != found[-1].cycles else []
    return tuple(found)


def _points(selection: Selection, network: Network) -> list[RamPoint]:
    return [
        RamPoint(
            arena_bytes=way.bytes,
            cycles=None if selection.cycles is None else round(way.cycles),
            share_by_rows=round(way.share_by_rows, 3),
        )
        for way in points(network)
    ]


def _selected(
    graph: Graph,
    target: Target,
    input_mode: InputMode,
    push_work: float | None,
    optimize: Optimize,
    forced: Mapping[str, str],
) -> tuple[Graph, Selection, Network]:
    """The graph with outputs of its own, the kernels for its layers, and both as the planners see them."""
    graph = with_own_outputs(graph)
    check_accumulators(graph)
    ranges = tensor_ranges(graph)
    calls = tuple(_with_ranges(call, ranges) for call in graph.calls())
    memory = Memory(
        tensor_bytes={name: t.bytes for name, t in graph.tensors.items()},
        inputs=graph.inputs,
        outputs=graph.outputs,
        input_in_arena=input_mode is InputMode.ARENA,
        pushed=graph.inputs[0] if input_mode is InputMode.ROWS else None,
        most_work=None if push_work is None else push_work * graph.macs,
    )
    selection = choose(
        calls,
        target,
        optimize=optimize,
        forced=forced,
        flash_budget=target.flash_bytes,
        external=frozenset(filter(memory.is_external, memory.tensor_bytes)),
    )
    network = Network(
        candidates=selection.chosen,
        options=selection.options,
        memory=memory,
        spares_flash=optimize is not Optimize.SPEED,
    )
    return graph, selection, network


def _with_ranges(call: Call, ranges: Mapping[str, Range]) -> Call:
    known = tuple(None if t.is_constant else ranges[t.name] for t in call.inputs)
    return dataclasses.replace(call, input_ranges=known)


def _program(
    graph: Graph, target: Target, selection: Selection, items: tuple[Item, ...], layout: Layout
) -> Program:
    layers = tuple(_layer(candidate, layout) for candidate in selection.chosen)
    storages = layout.storages
    whole = [
        (layers[i.first], at)
        for i, at in zip(items, layout.scratch_offsets, strict=True)
        if i.segment is None
    ]
    moved = frozenset(
        layer.name
        for layer, _ in whole
        if not layer.kernel_calls or (layer.kernel.moves_only and _is_moved(layer.call, layout))
    )
    return Program(
        graph=graph,
        target=target,
        layers=layers,
        items=items,
        item_scratch=layout.scratch_offsets,
        addresses={name: _address(name, layout) for name in storages},
        scratch_offsets={layer.name: at for layer, at in whole if at is not None},
        moved=moved,
        layout=layout,
        plan=_honest_plan(items, layout),
        buffers=layout.buffers,
        selection=selection,
    )


def _honest_plan(items: tuple[Item, ...], layout: Layout) -> Plan:
    """The plan with a bound that takes of segments not their blocks, but what their rows need at least."""
    least = {i: item.segment.lower_bound_bytes for i, item in enumerate(items) if item.segment}
    if not least:
        return layout.plan
    buffers = [
        dataclasses.replace(b, bytes=max(least[b.first], 1))
        if b.name not in layout.storages and b.first in least
        else b
        for b in layout.buffers
    ]
    bound = lower_bound(buffers, layout.overlaps)
    is_optimal = layout.plan.arena_bytes == bound
    return dataclasses.replace(layout.plan, lower_bound_bytes=bound, is_optimal=is_optimal)


def _is_moved(call: Call, layout: Layout) -> bool:
    return layout.is_in_place(call.activations[0].name, call.output.name, 0)


def _layer(candidate: Candidate, layout: Layout) -> Layer:
    call = candidate.call
    step = layout.step(call.output.name)
    calls = candidate.kernel_calls
    if step is not None:
        calls = tuple(dataclasses.replace(kc, params=kc.params.with_out_step(step)) for kc in calls)
    made_in_place = {
        (i,)
        for i, tensor in enumerate(call.inputs)
        if (at := parts_of(candidate).get(tensor.name)) is not None
        and call.output.name in layout.storages
        and layout.is_in_place(tensor.name, call.output.name, at)
    }
    return Layer(
        call=call,
        kernel=candidate.kernel,
        kernel_calls=tuple(kc for kc in calls if kc.inputs not in made_in_place),
        scratch_bytes=candidate.scratch_bytes,
        is_spread=step is not None,
    )


def _address(tensor: str, layout: Layout) -> Address:
    storage = layout.storages[tensor]
    if storage.external is not None:
        return Address(external=storage.external, offset=layout.inside(tensor))
    return Address(offset=layout.offset(tensor))


def _check_ram(program: Program, fast_ram: int, network: Network) -> None:
    limit = program.target.ram_bytes
    needed = program.slow_bytes + program.state_bytes
    if limit is None or needed <= limit - fast_ram:
        return
    limit = max(limit - fast_ram, 0)
    besides = f" beside {fast_ram} of fast RAM" if fast_ram else ""
    work = network.memory.most_work
    least = None if work is None else least_work(network, limit)
    if least is not None:
        raise BudgetError(
            what=f"with at most {work / max(program.graph.macs, 1):.2%} of the work between two rows the arena needs "
            f"{needed} bytes of RAM, {program.target.limit('RAM', limit)}{besides}",
            next_step=f"--push-work {_percent(least / max(program.graph.macs, 1))} is the least that was found to fit; "
            "or give more RAM",
        )
    raise BudgetError(
        what=f"the arena needs {needed} bytes of RAM, "
        f"{program.target.limit('RAM', limit)}{besides}: {needed - limit} bytes are missing",
        where=f"layer '{program.peak_layer}' (the peak)",
        next_step=f"that is the least that was found; give more RAM{_other_input(program)}, "
        "or a smaller input or fewer channels at that layer",
    )


def _other_input(program: Program) -> str:
    """What else to try where the whole input is given, in words: it may be overwritten, or come row by row."""
    external = all(
        program.addresses[name].external
        for name in program.graph.inputs
        if name in program.addresses
    )
    return ", try --input arena or --input rows" if external and program.pushes is None else ""


def _percent(share: float) -> str:
    """Rounded up to hundredths of a percent."""
    return f"{math.ceil(1e4 * share) / 100:g}"
