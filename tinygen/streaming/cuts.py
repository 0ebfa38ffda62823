"""What runs whole and what runs by rows: the fewest predicted cycles within a budget of RAM.

A cut is a place between two layers where one computed tensor is alive, or none. Between two cuts layers run whole, or
all of them by rows as one segment. The choice is the cheapest path over the cuts whose every part fits in the budget.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tinygen.errors import UsageError
from tinygen.planner import Layout, Step, lay_out
from tinygen.selection import Candidate
from tinygen.streaming.runs import RowRun, row_run
from tinygen.streaming.segment import Segment, estimated_bytes, plan_segment, rows_of

Progress = Callable[[float], None]

MOST_LAYERS = 256
"""Of a segment: its steps are bytes that name layers."""

MOST_BYTES = 2**17
"""Of the rows of a segment, by estimate: their addresses are 16 bits that count words."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Layers first .. last, which run whole (then they are one layer), or by rows as a segment."""

    first: int
    last: int
    segment: Segment | None = None


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Who owns inputs and outputs of the graph; bytes of every tensor."""

    tensor_bytes: Mapping[str, int]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_in_arena: bool
    pushed: str | None = None
    """The input whose rows arrive one by one, and are never together."""

    def is_external(self, tensor: str) -> bool:
        return tensor in self.outputs or (tensor in self.inputs and not self.input_in_arena)


@dataclass(frozen=True, kw_only=True)
class Network:
    """The layers of a program in order, each with its chosen kernel."""

    candidates: tuple[Candidate, ...]
    options: tuple[tuple[Candidate, ...], ...]
    memory: Memory

    def with_scratch(self, most: int) -> "Network":
        """The same with kernels that use no more scratch than that, or the least there is."""
        chosen = tuple(
            current if current.scratch_bytes <= most else _smaller(options, current, most)
            for current, options in zip(self.candidates, self.options, strict=True)
        )
        return replace(self, candidates=chosen)

    def cycles_of(self, items: Sequence[Item]) -> float:
        """Predicted; unknown costs count as nothing."""
        return sum(
            item.segment.cycles if item.segment else self.candidates[item.first].cycles or 0.0
            for item in items
        )

    @cached_property
    def runs(self) -> tuple[RowRun | None, ...]:
        return tuple(row_run(c) for c in self.candidates)

    @cached_property
    def last_read(self) -> dict[str, int]:
        return {t.name: i for i, c in enumerate(self.candidates) for t in c.call.activations}

    def alive_after(self, index: int) -> tuple[str, ...]:
        """Tensors that are made (or given) before layer `index` and read from there on."""
        made = [*self.memory.inputs, *(c.call.output.name for c in self.candidates[:index])]
        return tuple(t for t in made if self.last_read.get(t, -1) >= index)

    @cached_property
    def cuts(self) -> tuple[int, ...]:
        """Indices of layers before which at most one tensor is alive."""
        count = len(self.candidates)
        inner = [i for i in range(1, count) if len(self.alive_after(i)) <= 1]
        return (0, *inner, count)

    def whole_items(self, first: int, last: int) -> tuple[Item, ...]:
        return tuple(Item(first=i, last=i) for i in range(first, last + 1))

    def step(self, item: Item) -> Step:
        """The item as the planner sees it."""
        return self._segment_step(item) if item.segment else self._layer_step(item.first)

    def _layer_step(self, index: int) -> Step:
        candidate = self.candidates[index]
        call, kernel = candidate.call, candidate.kernel
        return Step(
            name=call.node.name,
            reads=tuple(t.name for t in call.activations),
            write=call.output.name,
            in_place=tuple(
                call.inputs[i].name for i in kernel.in_place if not call.inputs[i].is_constant
            ),
            moves_only=kernel.moves_only,
            scratch_bytes=candidate.scratch_bytes,
            leads={call.inputs[0].name: kernel.lead(call)} if kernel.lead else {},
        )

    def _segment_step(self, item: Item) -> Step:
        output = self.candidates[item.last].call.output.name
        inside = {c.call.output.name for c in self.candidates[item.first : item.last + 1]}
        inside.add(self.memory.pushed)
        reads = dict.fromkeys(
            t.name
            for c in self.candidates[item.first : item.last + 1]
            for t in c.call.activations
            if t.name not in inside
        )
        return Step(
            name=self.candidates[item.first].call.node.name + " (rows)",
            reads=tuple(reads),
            write=output,
            scratch_bytes=item.segment.block_bytes,
            stays_in_arena=item.first == 0 and self.memory.pushed is not None,
            leads={x: lead for (x, y), lead in item.segment.leads.items() if y == output},
        )

    def lay_out(self, items: Sequence[Item]) -> Layout:
        """Addresses for these items, which are consecutive; what is alive around them is not counted."""
        steps = [self.step(item) for item in items]
        own = {s.write for s in steps}
        given = list(dict.fromkeys(t for s in steps for t in s.reads if t not in own))
        return lay_out(
            steps,
            self.memory.tensor_bytes,
            read_only_inputs=[t for t in given if self.memory.is_external(t)],
            arena_inputs=[t for t in given if not self.memory.is_external(t)],
            outputs=[t for t in own if t in self.memory.outputs],
        )


def _smaller(options: Sequence[Candidate], current: Candidate, most: int) -> Candidate:
    """The fastest option with little scratch; the one with the least where all have more."""
    fitting = [o for o in options if o.scratch_bytes <= most and o.cycles is not None]
    if fitting:
        return min(fitting, key=lambda o: o.cycles)
    return min((*options, current), key=lambda o: o.scratch_bytes)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One way from a cut to a later one."""

    items: tuple[Item, ...]
    bytes: int
    cycles: float


Parts = dict[tuple[int, int], list[_Part]]
"""Ways between two cuts."""


def parts_of(network: Network) -> Parts:
    """Every way between two cuts."""
    cuts = network.cuts
    parts: Parts = {}
    for i, start in enumerate(cuts[:-1]):
        if start or network.memory.pushed is None:
            parts[start, cuts[i + 1]] = [_whole(network, start, cuts[i + 1])]
        for end in cuts[i + 1 :]:
            part = _by_rows(network, start, end)
            if part is None:
                if None in network.runs[start:end]:
                    break
                continue
            parts.setdefault((start, end), []).append(part)
    return parts


def _whole(network: Network, start: int, end: int) -> _Part:
    items = network.whole_items(start, end - 1)
    return _Part(
        items=items,
        bytes=network.lay_out(items).plan.arena_bytes,
        cycles=sum(c.cycles or 0.0 for c in network.candidates[start:end]),
    )


def _by_rows(network: Network, start: int, end: int) -> _Part | None:
    """Layers start .. end - 1 as a segment, with estimated bytes; None where one must run whole."""
    pushed = network.memory.pushed if start == 0 else None
    if None in network.runs[start:end] or (end - start < 2 and pushed is None):
        return None
    outputs = _outputs(network, start, end)
    if outputs != {network.candidates[end - 1].call.output.name}:
        return None
    if pushed is not None and outputs & set(network.memory.outputs):
        return None  # the caller's output is not there yet when rows arrive
    rows = rows_of(network.runs[start:end], outputs, pushed)
    if len(rows.graph.layers) > MOST_LAYERS or estimated_bytes(rows) > MOST_BYTES:
        return None
    segment = Segment(
        rows=rows,
        schedule=(),
        offsets={},
        scratch={},
        block_bytes=estimated_bytes(rows),
        is_optimal=False,
        leads={},
    )
    item = Item(first=start, last=end - 1, segment=segment)
    bytes_needed = network.lay_out((item,)).plan.arena_bytes
    return _Part(items=(item,), bytes=bytes_needed, cycles=rows.cycles)


def _outputs(network: Network, start: int, end: int) -> frozenset[str]:
    """Tensors of layers start .. end - 1 that are needed afterwards."""
    made = {c.call.output.name for c in network.candidates[start:end]}
    later = {t for t in made if network.last_read.get(t, -1) >= end}
    return frozenset(later | (made & set(network.memory.outputs)))


@dataclass(frozen=True, kw_only=True)
class Path:
    """Parts from the first cut to the last; `bytes` are those of the part that needs the most."""

    items: tuple[Item, ...] = ()
    bytes: int = 0
    cycles: float = 0.0

    def followed_by(self, part: _Part) -> "Path":
        return Path(
            items=(*self.items, *part.items),
            bytes=max(self.bytes, part.bytes),
            cycles=self.cycles + part.cycles,
        )


def cheapest(network: Network, parts: Parts, budget: int | None) -> Path:
    """The path with the fewest predicted cycles of which no part needs more than `budget` bytes.

    There is one for budgets from least() on. Of paths with equal cycles it is one with the fewest bytes.
    """
    best: dict[int, Path] = {0: Path()}
    for end in network.cuts[1:]:
        paths = [
            best[start].followed_by(way)
            for (start, stop), ways in parts.items()
            if stop == end and start in best
            for way in ways
            if budget is None or way.bytes <= budget
        ]
        if paths:
            best[end] = min(paths, key=lambda path: (path.cycles, path.bytes))
    return best[network.cuts[-1]]


def least(network: Network, parts: Parts) -> int:
    """The smallest budget with which there is a path."""
    best: dict[int, int] = {0: 0}
    for end in network.cuts[1:]:
        ways = [
            max(best[start], way.bytes)
            for (start, stop), found in parts.items()
            if stop == end and start in best
            for way in found
        ]
        if ways:
            best[end] = min(ways)
    if network.cuts[-1] not in best:
        raise UsageError(
            what="the input cannot arrive row by row: the first layer needs all of it, or is the only one",
            where=f"layer '{network.candidates[0].call.node.name}'",
            next_step="leave --input at its default",
        )
    return best[network.cuts[-1]]


def planned(
    items: Sequence[Item], *, thorough: bool = False, progress: Progress = lambda share: None
) -> tuple[Item, ...]:
    """The items with the orders and addresses of their rows."""
    found = []
    for item in items:
        if item.segment is not None:
            segment = plan_segment(item.segment.rows, thorough=thorough, progress=progress)
            item = Item(first=item.first, last=item.last, segment=segment)
        found.append(item)
    return tuple(found)
