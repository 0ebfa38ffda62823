"""The layers of a program as those see them who choose what runs by rows: kernels, tensors that are alive, cuts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tinygen.planner import Layout, Step, lay_out
from tinygen.selection import Candidate
from tinygen.streaming.runs import RowRun, row_run
from tinygen.streaming.segment import Segment, cycles_of

SLOW = 2.0
"""A kernel that takes as many times the cycles of the fastest is not worth the bytes that it saves, unless a budget
asks for them."""

MORE_FLASH = 2.0
"""Times as many bytes of weights and constants as the chosen kernel's are too many where flash counts."""

SCRATCH_BYTES = (2048, 1536, 1280, 1024, 896, 768, 640, 512, 448, 384, 320, 256)
"""Buffers that kernels are asked to be content with."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Layers first .. last, which run whole (then they are one layer, computed by `candidate`), or by rows as a
    segment."""

    first: int
    last: int
    segment: Segment | None = None
    candidate: Candidate | None = None
    options: tuple[tuple[RowRun, ...], ...] = ()
    """Of a segment: all runs of every layer, fastest first, each with less scratch than those before."""
    counts: tuple[int, ...] = ()
    """Of a segment: rows that a step of every layer computes."""
    over: bool = False
    """Of a segment: windowed layers write over dying rows where they can."""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        if self.segment:
            return tuple(run.candidate for run in self.segment.runs)
        return (self.candidate,)

    @property
    def cycles(self) -> float:
        """Predicted; unknown costs count as nothing."""
        return self.segment.cycles if self.segment else self.candidate.cycles or 0.0


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Who owns inputs and outputs of the graph; bytes of every tensor."""

    tensor_bytes: Mapping[str, int]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_in_arena: bool
    pushed: str | None = None
    """The input whose rows arrive one by one, and are never together."""

    most_work: float | None = None
    """Multiply-accumulates that may run between two of these rows."""

    def is_external(self, tensor: str) -> bool:
        return tensor in self.outputs or (tensor in self.inputs and not self.input_in_arena)


@dataclass(frozen=True, kw_only=True)
class Network:
    """The layers of a program in order: the chosen kernels, and all that could be."""

    candidates: tuple[Candidate, ...]
    options: tuple[tuple[Candidate, ...], ...]
    memory: Memory
    is_brisk: bool = False
    """Kernels that are SLOW are left out."""

    grows: bool = False
    """Rows of a segment may lie where its output will."""

    spares_flash: bool = False
    """Kernels are left out that take much more flash than the chosen ones."""

    _runs: dict[tuple[int, int], list[RowRun]] = field(default_factory=dict, compare=False)
    """By layer and rows a step; networks that differ in what they leave out share them."""

    def brisk(self) -> "Network":
        return replace(self, is_brisk=True)

    def growing(self) -> "Network":
        return replace(self, grows=True)

    @cached_property
    def choices(self) -> tuple[tuple[Candidate, ...], ...]:
        """For every layer the kernels that compute it, and the same with less scratch; fastest first."""
        return tuple(
            tuple(sorted(self._with_less_scratch(current, options), key=_cycles))
            for current, options in zip(self.candidates, self.options, strict=True)
        )

    def _with_less_scratch(
        self, current: Candidate, options: Sequence[Candidate]
    ) -> Iterator[Candidate]:
        """All that has a predicted cost, or the chosen one; with the whole of its scratch and with less."""
        known = [o for o in options if o.cycles is not None] or [current]
        for option in known if current in known else [current, *known]:
            if self.spares_flash and option.constant_bytes > MORE_FLASH * current.constant_bytes:
                continue
            yield from _family(option)

    @cached_property
    def whole_choices(self) -> tuple[tuple[Candidate, ...], ...]:
        """For every layer what computes it at once, the chosen kernel first."""
        return tuple(
            (current, *self._not_slow([c for c in choices if c is not current], _cycles))
            for current, choices in zip(self.candidates, self.choices, strict=True)
        )

    @cached_property
    def _row_runs(self) -> dict[tuple[int, int, bool], tuple[RowRun, ...]]:
        return {}

    def row_runs(self, index: int, rows: int = 1, *, over: bool = False) -> tuple[RowRun, ...]:
        """Ways to run a layer with so many rows a step, which differ in kernels only: fastest first, each with less
        scratch than those before. `over`: windowed layers write over dying rows, where they can."""
        key = index, rows, over
        if key not in self._row_runs:
            self._row_runs[key] = self._fewer_bytes(_alike(self._all_runs(index, rows), over))
        return self._row_runs[key]

    def _all_runs(self, index: int, rows: int) -> list[RowRun]:
        if (index, rows) not in self._runs:
            found = (row_run(c, rows) for c in self.choices[index])
            self._runs[index, rows] = [run for run in found if run is not None]
        return self._runs[index, rows]

    def has_rows(self, index: int) -> bool:
        return bool(self.row_runs(index))

    def _fewer_bytes(self, runs: Sequence[RowRun]) -> tuple[RowRun, ...]:
        kept: list[RowRun] = []
        for run in self._not_slow(sorted(runs, key=cycles_of), cycles_of):
            if not kept or run.scratch_bytes < kept[-1].scratch_bytes:
                kept.append(run)
        return tuple(kept)

    def _not_slow(self, ways: Sequence, cycles) -> Sequence:
        if not self.is_brisk or not ways:
            return ways
        most = SLOW * min(cycles(way) for way in ways)
        return [way for way in ways if cycles(way) <= most]

    def choosing(self, items: Sequence[Item]) -> "Network":
        """The same with the kernels of these items, which are all."""
        chosen = tuple(c for item in items for c in item.candidates)
        return replace(self, candidates=chosen, _runs={})

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
        return tuple(
            Item(first=i, last=i, candidate=self.candidates[i]) for i in range(first, last + 1)
        )

    def step(self, item: Item) -> Step:
        """The item as the planner sees it."""
        return self._segment_step(item) if item.segment else _layer_step(item.candidate)

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
            scratch_lead=0 if item.segment.lies_over_output else None,
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


def _layer_step(candidate: Candidate) -> Step:
    call, kernel = candidate.call, candidate.kernel
    over = call.inputs[kernel.lead_over(call)].name
    return Step(
        name=call.node.name,
        reads=tuple(t.name for t in call.activations),
        write=call.output.name,
        in_place=tuple(
            call.inputs[i].name for i in kernel.in_place if not call.inputs[i].is_constant
        ),
        moves_only=kernel.moves_only,
        scratch_bytes=candidate.scratch_bytes,
        leads={over: kernel.lead(call)} if kernel.lead else {},
        exact=frozenset([over] if kernel.lead_is_exact else ()),
        parts=parts_of(candidate),
        parts_step=kernel.parts_step(call),
        spreads=candidate.spreads,
    )


def parts_of(candidate: Candidate) -> dict[str, int]:
    """Inputs that the output holds byte for byte, and where; a constant or a tensor that is given twice is copied."""
    call, kernel = candidate.call, candidate.kernel
    places = kernel.parts(call) if kernel.parts else {}
    names = [t.name for t in call.activations]
    named = {call.inputs[i].name: at for i, at in places.items()}
    return {name: at for name, at in named.items() if names.count(name) == 1}


def _cycles(candidate: Candidate) -> float:
    return candidate.cycles or 0.0


def _family(candidate: Candidate) -> Iterator[Candidate]:
    """The candidate, then the same with less and less scratch."""
    yield candidate
    kernel, last = candidate.kernel, candidate.scratch_bytes
    for most in SCRATCH_BYTES if kernel.less_scratch else ():
        smaller = kernel.less_scratch(most)
        scratch_bytes = smaller.scratch_bytes(candidate.call)
        if smaller.op is kernel.op and scratch_bytes < last:
            last = scratch_bytes
            yield Candidate(candidate.call, smaller, candidate.table)


def _alike(runs: Sequence[RowRun], over: bool) -> list[RowRun]:
    """Runs that lead to the same graph of rows: those that write over the most, or (windowed layers) none that do."""
    if not over:
        runs = [replace(run, over=()) if run.window else run for run in runs]
    most = max((run.over for run in runs), key=len, default=())
    return [
        run
        for run in runs
        if run.over == most and (run.kind, run.rows) == (runs[0].kind, runs[0].rows)
    ]
