"""A segment: layers that run by rows together, the order of their rows, and where every row lies."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinygen.planner.packing import Piece, pack
from tinygen.planner.rows import (
    Read,
    RowGraph,
    RowLayer,
    RowTensor,
    Schedule,
    downstream_first,
    lives,
    peak_bytes,
    shortest,
)
from tinygen.streaming.runs import Kind, RowRun

ALIGNMENT = 8
"""Scratch starts on multiples of this many bytes."""

STEP_CYCLES = 60
"""What the loop around a step costs beside its kernel: a table entry, row pointers, a jump."""

QUICK_ROUNDS = 300
"""Packing rounds where rings would do: rows of a tensor come and go in turn."""

Progress = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A layer of the row graph: which run it is a step of. `finishes` makes an output from sums."""

    run: int
    finishes: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Layers row by row before anything is placed. `tensors` names those of the graph.

    `graph.tensors` that live outside of the segment's block (its inputs and outputs) have rows of 0 bytes there.
    """

    runs: tuple[RowRun, ...]
    graph: RowGraph
    stages: tuple[Stage | None, ...]

    @property
    def scratch_bytes(self) -> int:
        """Room for the scratch of whichever layer runs."""
        most = max((run.scratch_bytes for run in self.runs), default=0)
        return -(-most // ALIGNMENT) * ALIGNMENT

    @property
    def cycles(self) -> float:
        """Predicted; unknown costs count as nothing."""
        steps = sum(layer.steps for layer in self.graph.layers)
        return sum(run.cycles or 0.0 for run in self.runs) + STEP_CYCLES * steps


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A schedule with addresses: `offsets[tensor, row]` in a block of `block_bytes`, scratch at its start.

    `leads[input, output]`: what the planner must keep between a whole input and a whole output that shares its memory.
    """

    rows: Rows
    schedule: Schedule
    offsets: dict[tuple[int, int], int]
    block_bytes: int
    is_optimal: bool
    leads: dict[tuple[str, str], int]

    @property
    def runs(self) -> tuple[RowRun, ...]:
        return self.rows.runs

    @property
    def cycles(self) -> float:
        return self.rows.cycles


def rows_of(runs: Sequence[RowRun], outputs: frozenset[str], pushed: str | None = None) -> Rows:
    """The row graph of layers in order.

    `outputs` are tensors that others read afterwards: they are whole, outside of the block. The input `pushed` arrives
    row by row, and its rows lie in the block.
    """
    builder = _Builder(outputs)
    if pushed is not None:
        x = next(t for run in runs for t in run.call.inputs if t.name == pushed)
        source = builder.tensor(x.name, x.shape[1], x.bytes // x.shape[1])
        builder.layers.append(RowLayer(name=f"push {x.name}", output=source, steps=x.shape[1]))
        builder.stages.append(None)
    for index, run in enumerate(runs):
        builder.add(index, run)
    return Rows(
        runs=tuple(runs),
        graph=RowGraph(
            tensors=tuple(builder.tensors),
            layers=tuple(builder.layers),
            present=frozenset(builder.present),
            kept=frozenset(builder.kept),
        ),
        stages=tuple(builder.stages),
    )


class _Builder:
    """Collects tensors and layers of a row graph."""

    def __init__(self, outputs: frozenset[str]) -> None:
        self.outputs = outputs
        self.tensors: list[RowTensor] = []
        self.layers: list[RowLayer] = []
        self.stages: list[Stage | None] = []
        self.present: set[int] = set()
        self.kept: set[int] = set()
        self.index: dict[str, int] = {}

    def tensor(self, name: str, rows: int, row_bytes: int) -> int:
        self.index[name] = len(self.tensors)
        self.tensors.append(RowTensor(name=name, rows=rows, row_bytes=row_bytes))
        return self.index[name]

    def add(self, index: int, run: RowRun) -> None:
        reads = []
        for rows in run.inputs:
            x = run.call.inputs[rows.index]
            if x.name not in self.index:
                self.present.add(self.tensor(x.name, x.shape[1], 0))
            reads.append(Read(tensor=self.index[x.name], first=rows.first, last=rows.last))
        is_sum = run.kind is Kind.SUM
        y = run.call.output
        name = f"{y.name} (sums)" if is_sum else y.name
        made = self._made(name, y.shape[1], 4 * y.channels if is_sum else y.bytes // y.shape[1])
        self.layers.append(
            RowLayer(
                name=run.call.node.name,
                output=made,
                steps=run.steps,
                reads=tuple(reads),
                scratch_bytes=0,
                sums=is_sum,
            )
        )
        self.stages.append(Stage(run=index))
        if is_sum:
            finish = Read(tensor=made, first=(0,), last=(0,))
            out = self._made(y.name, 1, y.bytes)
            self.layers.append(
                RowLayer(name=f"{run.call.node.name} (end)", output=out, steps=1, reads=(finish,))
            )
            self.stages.append(Stage(run=index, finishes=True))

    def _made(self, name: str, rows: int, row_bytes: int) -> int:
        is_output = name in self.outputs
        made = self.tensor(name, rows, 0 if is_output else row_bytes)
        if is_output:
            self.kept.add(made)
        return made


def estimated_bytes(rows: Rows) -> int:
    """What the block needs at least with the usual schedule, before its rows have addresses."""
    return rows.scratch_bytes + _usual_peak(rows.graph)


@functools.lru_cache(maxsize=4096)
def _usual_peak(graph: RowGraph) -> int:
    """The same rows are asked for with kernels of different scratch."""
    return peak_bytes(graph, downstream_first(graph))


def plan_segment(
    rows: Rows, *, thorough: bool = False, progress: Progress = lambda share: None
) -> Segment:
    """Order and addresses. `thorough` searches for the order with the least memory, and for the best packing."""
    graph = rows.graph
    search = shortest(graph) if thorough else None
    schedule = search.schedule if search else downstream_first(graph)
    pieces = lives(graph, schedule)
    rounds = {} if thorough else {"rounds": QUICK_ROUNDS}
    packing = pack(
        [Piece(bytes=p.bytes, first=p.first, last=p.last) for p in pieces],
        progress=progress,
        **rounds,
    )
    base = rows.scratch_bytes
    offsets = {(p.tensor, p.row): base + at for p, at in zip(pieces, packing.offsets, strict=True)}
    return Segment(
        rows=rows,
        schedule=schedule,
        offsets=offsets,
        block_bytes=base + packing.height,
        is_optimal=bool(
            search and search.is_optimal and packing.height == search.lower_bound_bytes
        ),
        leads=_leads(rows, schedule),
    )


def _leads(rows: Rows, schedule: Schedule) -> dict[tuple[str, str], int]:
    """For every whole input and whole output: how far the output's rows run ahead of the input's that are needed."""
    graph = rows.graph
    sizes = {
        t.name: t.bytes // t.shape[1]
        for run in rows.runs
        for t in (*run.call.activations, run.call.output)
    }
    leads: dict[tuple[str, str], int] = {}
    state = graph.start
    for layer in schedule:
        output = graph.layers[layer].output
        if output in graph.kept and not graph.layers[layer].sums:
            name = graph.tensors[output].name
            written = (state[layer] + 1) * sizes[name]
            for source in graph.present:
                x = graph.tensors[source].name
                needed = min(graph.oldest(state, source), graph.tensors[source].rows) * sizes[x]
                leads[x, name] = max(leads.get((x, name), 0), written - needed)
        state = graph.after(state, layer)
    return leads
