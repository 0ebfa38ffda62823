"""A segment: layers that run by rows together, the order of their rows, and where every row lies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tinygen.planner.bounds import least_alive
from tinygen.planner.packing import ROUNDS as PACKING_ROUNDS
from tinygen.planner.packing import Piece, pack
from tinygen.planner.rows import (
    ROW_ALIGNMENT,
    Read,
    RowGraph,
    RowLayer,
    RowLife,
    RowTensor,
    Schedule,
    lives,
    peaks_by_layer,
    shared_rows,
    shortest,
    work_after_rows,
)
from tinygen.streaming.runs import Kind, RowRun

SCRATCH_ALIGNMENT = 8
"""Scratch starts on multiples of this many bytes, rows on multiples of rows.ROW_ALIGNMENT."""

STEP_CYCLES = 60
"""What the loop around a step costs beside its kernel: a table entry, row pointers, a jump."""

QUICK_ROUNDS = 300
"""Packing rounds where rings would do: rows of a tensor come and go in turn."""

MOST_IN_A_BYTE = 255

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

    def scratch_bytes(self, layer: int) -> int:
        """Of a step of a layer of the graph, without what aligns it."""
        stage = self.stages[layer]
        return 0 if stage is None or stage.finishes else self.runs[stage.run].scratch_bytes

    @cached_property
    def scratch_room(self) -> tuple[int, ...]:
        """For every layer of the graph what its scratch takes wherever it lies."""
        return tuple(room_for(self.scratch_bytes(layer)) for layer in range(len(self.stages)))

    @property
    def cycles(self) -> float:
        """Predicted; unknown costs count as nothing."""
        return sum(cycles_of(run) for run in self.runs)

    @property
    def counter_bytes(self) -> int:
        """Of the steps of a layer, all of them included."""
        return 1 if max(self.graph.goal) <= MOST_IN_A_BYTE else 2

    @property
    def state_bytes(self) -> int:
        """What is kept between calls where rows arrive one by one: the next step, and the steps that each layer has
        done."""
        return 2 + self.counter_bytes * len(self.graph.layers) if None in self.stages else 0


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A schedule with addresses: `offsets[tensor, row]` and `scratch[layer, step]` in a block of `block_bytes`.

    `live_bytes` of rows and scratch are in use at once at most; a search has proved that no order of the rows needs
    less than `proved_bytes`, whatever kernels compute them. `leads[input, output]`: what the planner must keep between
    a whole input and a whole output that shares its memory.
    `lies_over_output`: the block may begin where the whole output does, or above.
    """

    rows: Rows
    schedule: Schedule
    offsets: dict[tuple[int, int], int]
    scratch: dict[tuple[int, int], int]
    block_bytes: int
    live_bytes: int
    leads: dict[tuple[str, str], int]
    lies_over_output: bool = False
    proved_bytes: int = 0

    @cached_property
    def lower_bound_bytes(self) -> int:
        """With these kernels no order of the rows needs less."""
        needed = max(self.proved_bytes, least_alive(_with_scratch(self.rows)))
        return min(needed, self.block_bytes)

    @property
    def is_optimal(self) -> bool:
        return self.block_bytes == self.lower_bound_bytes

    @property
    def runs(self) -> tuple[RowRun, ...]:
        return self.rows.runs

    @property
    def cycles(self) -> float:
        return self.rows.cycles

    @property
    def state_bytes(self) -> int:
        return self.rows.state_bytes


def cycles_of(run: RowRun) -> float:
    """Predicted for a layer that runs by rows; unknown costs count as nothing."""
    return (run.cycles or 0.0) + STEP_CYCLES * run.steps


def room_for(scratch_bytes: int) -> int:
    """What scratch takes wherever it lies."""
    return _aligned(scratch_bytes) + SCRATCH_ALIGNMENT - ROW_ALIGNMENT if scratch_bytes else 0


def _aligned(size: int) -> int:
    return -(-size // SCRATCH_ALIGNMENT) * SCRATCH_ALIGNMENT


def rows_of(
    runs: Sequence[RowRun],
    outputs: frozenset[str],
    pushed: str | None = None,
    *,
    most_work: float | None = None,
    grows: bool = False,
) -> Rows:
    """The row graph of layers in order.

    `outputs` are tensors that others read afterwards: they are whole, outside of the block. With `grows` their memory
    is free for rows of the block until their own rows are written. The input `pushed` arrives row by row, and its rows
    lie in the block; at most `most_work` multiply-accumulates are computed between two of them.
    """
    builder = _Builder(outputs, grows)
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
            most_work=None if pushed is None else most_work,
        ),
        stages=tuple(builder.stages),
    )


class _Builder:
    """Collects tensors and layers of a row graph."""

    def __init__(self, outputs: frozenset[str], grows: bool) -> None:
        self.outputs = outputs
        self.grows = grows
        self.tensors: list[RowTensor] = []
        self.layers: list[RowLayer] = []
        self.stages: list[Stage | None] = []
        self.present: set[int] = set()
        self.kept: set[int] = set()
        self.index: dict[str, int] = {}

    def tensor(self, name: str, rows: int, row_bytes: int, whole_row_bytes: int = 0) -> int:
        self.index[name] = len(self.tensors)
        self.tensors.append(
            RowTensor(name=name, rows=rows, row_bytes=row_bytes, whole_row_bytes=whole_row_bytes)
        )
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
        made = self._made(name, y.shape[1], run.sums.bytes if is_sum else y.bytes // y.shape[1])
        self.layers.append(
            RowLayer(
                name=run.call.node.name,
                output=made,
                steps=run.steps,
                reads=tuple(reads),
                sums=is_sum,
                rows_per_step=run.rows,
                over=tuple(self.index[run.call.inputs[i].name] for i in run.over)
                if y.name not in self.outputs
                else (),
                work=run.call.op.macs(run.call) / run.steps,
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
        grows = is_output and self.grows
        made = self.tensor(name, rows, 0 if is_output else row_bytes, row_bytes if grows else 0)
        if is_output:
            self.kept.add(made)
        return made


def plan_segment(
    rows: Rows,
    schedule: Schedule,
    *,
    thorough: bool = False,
    proved_bytes: int = 0,
    rounds: int | None = None,
    like: Segment | None = None,
    below: int | None = None,
    progress: Progress = lambda share: None,
) -> Segment:
    """Addresses for a schedule. `thorough` searches for one with the least memory, and for the best packing. Where
    nothing can be `below` so many bytes, none is searched.

    `proved_bytes` is what an earlier search has proved. The block of a segment with the same schedule that this one is
    `like` is small enough.
    """
    graph = rows.graph
    if thorough:
        bare = _with_scratch(rows)
        search = shortest(bare, schedule, bound=least_alive(bare))
        schedule = search.schedule
        # rows of a growing output count in the search, but not in the block
        proved_bytes = max(proved_bytes, 0 if _growing(graph) else search.lower_bound_bytes)
    row_lives = lives(graph, schedule)
    cells = _cells(row_lives, shared_rows(graph, schedule))
    written = _written(graph, schedule)
    pieces = [
        Piece(bytes=c[0].bytes, first=c[0].first, last=c[-1].last, floor=written[c[-1].last])
        for c in cells
    ]
    rounds = rounds or (PACKING_ROUNDS if thorough else QUICK_ROUNDS)
    found = []
    enough = like.block_bytes if like else 0
    for scratch in _ways_of_scratch(rows, schedule, written):
        packing = pack(
            [*pieces, *scratch.pieces],
            rounds=rounds,
            enough=enough,
            below=min((height for height, _, _ in found), default=below),
            like=_offsets_of(like, cells, scratch) if like and len(scratch.pieces) > 1 else (),
            progress=progress,
        )
        found.append((packing.height, scratch, packing))
        if packing.is_optimal or packing.height <= enough:
            break
    height, scratch, packing = min(found, key=lambda f: f[0])
    rest = packing.offsets[len(pieces) :]
    return Segment(
        rows=rows,
        schedule=schedule,
        offsets={
            (life.tensor, life.row): at
            for cell, at in zip(cells, packing.offsets, strict=False)
            for life in cell
        },
        scratch={step: _aligned(rest[piece]) for step, piece in scratch.piece_of.items()},
        block_bytes=height,
        live_bytes=packing.lower_bound_bytes,
        leads=_leads(rows, schedule),
        lies_over_output=written[-1] > 0,
        proved_bytes=proved_bytes,
    )


def with_faster_kernels(segment: Segment, options: Sequence[Sequence[RowRun]]) -> Segment:
    """The same order of rows in the same bytes: one layer after the other gets the fastest kernel with which addresses
    are found, those first that gain the most."""
    room = [segment.block_bytes] * len(segment.runs)
    peaks = peaks_by_layer(segment.rows.graph, segment.schedule)
    for stage, peak in zip(segment.rows.stages, peaks, strict=True):
        if stage is not None and not stage.finishes:
            room[stage.run] = min(room[stage.run], segment.block_bytes - peak)
    fitting = [
        [way for way in ways if room_for(way.scratch_bytes) <= most]
        for ways, most in zip(options, room, strict=True)
    ]
    gains = [
        cycles_of(now) - min((cycles_of(way) for way in ways), default=0.0)
        for now, ways in zip(segment.runs, fitting, strict=True)
    ]
    for index in sorted(range(len(gains)), key=lambda i: -gains[i]):
        segment = _with_faster_kernel(segment, index, fitting[index])
    return segment


def _with_faster_kernel(segment: Segment, index: int, ways: Sequence[RowRun]) -> Segment:
    now = segment.runs[index]
    for way in ways:
        if cycles_of(way) >= cycles_of(now):
            break
        runs = (*segment.runs[:index], way, *segment.runs[index + 1 :])
        other = plan_segment(
            replace(segment.rows, runs=runs),
            segment.schedule,
            proved_bytes=segment.proved_bytes,
            rounds=QUICK_ROUNDS,
            like=segment,
        )
        if other.block_bytes <= segment.block_bytes:
            return other
    return segment


def _offsets_of(
    segment: Segment, cells: Sequence[Sequence[RowLife]], scratch: "_Scratch"
) -> list[int]:
    """Where the pieces of rows and scratch lie in a segment; new ones above all."""
    places = [segment.block_bytes] * len(scratch.pieces)
    for step, piece in scratch.piece_of.items():
        places[piece] = min(places[piece], segment.scratch.get(step, places[piece]))
    return [*(segment.offsets[c[0].tensor, c[0].row] for c in cells), *places]


def _written(graph: RowGraph, schedule: Schedule) -> list[int]:
    """After every event the bytes of a growing output that are written, which rows of the block must lie above."""
    growing = _growing(graph)
    state, found = graph.start, []
    for layer in schedule:
        state = graph.after(state, layer)
        sizes = (graph.made(state, t) * graph.tensors[t].whole_row_bytes for t in growing)
        found.append(_up_to_word(max(sizes, default=0)))
    return found


def _growing(graph: RowGraph) -> list[int]:
    """Outputs in whose memory rows of the block may lie."""
    return [t for t in graph.kept if graph.tensors[t].whole_row_bytes]


def _up_to_word(size: int) -> int:
    return -(-size // ROW_ALIGNMENT) * ROW_ALIGNMENT


def _cells(
    row_lives: Sequence[RowLife], shared: Mapping[tuple[int, int], tuple[int, int]]
) -> list[list[RowLife]]:
    """Rows that lie in the same place one after the other, in the order of their lives."""
    cells: dict[tuple[int, int], list[RowLife]] = {}
    for life in sorted(row_lives, key=lambda r: r.first):
        key = (life.tensor, life.row)
        cells[key] = cells[shared[key]] if key in shared else []
        cells[key].append(life)
    return list({id(cell): cell for cell in cells.values()}.values())


@dataclass(frozen=True, kw_only=True)
class _Scratch:
    """Pieces of scratch, and which of them each (layer, step) uses."""

    pieces: tuple[Piece, ...]
    piece_of: dict[tuple[int, int], int]


def _ways_of_scratch(rows: Rows, schedule: Schedule, written: Sequence[int]) -> Iterator[_Scratch]:
    """For every step a piece of its own, which can need the least; one piece for all, which leaves no gaps."""
    steps = list(_steps_with_scratch(rows, schedule))
    yield _Scratch(
        pieces=tuple(
            Piece(bytes=rows.scratch_room[step[0]], first=event, last=event, floor=written[event])
            for event, step in steps
        ),
        piece_of={step: i for i, (_, step) in enumerate(steps)},
    )
    if steps:
        most = max(rows.scratch_room)
        yield _Scratch(
            pieces=(Piece(bytes=most, first=0, last=len(schedule) - 1, floor=written[-1]),),
            piece_of={step: 0 for _, step in steps},
        )


def _steps_with_scratch(rows: Rows, schedule: Schedule) -> Iterator[tuple[int, tuple[int, int]]]:
    """(event, (layer, step))."""
    done = [0] * len(rows.graph.layers)
    for event, layer in enumerate(schedule):
        if rows.scratch_room[layer]:
            yield event, (layer, done[layer])
        done[layer] += 1


def _with_scratch(rows: Rows) -> RowGraph:
    layers = zip(rows.graph.layers, rows.scratch_room, strict=True)
    return replace(rows.graph, layers=tuple(replace(y, scratch_bytes=n) for y, n in layers))


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
            written = graph.made(graph.after(state, layer), output) * sizes[name]
            for source in graph.present:
                x = graph.tensors[source].name
                needed = min(graph.oldest(state, source), graph.tensors[source].rows) * sizes[x]
                leads[x, name] = max(leads.get((x, name), 0), written - needed)
        state = graph.after(state, layer)
    return leads


@dataclass(frozen=True, kw_only=True)
class Work:
    """Multiply-accumulates and predicted cycles; unknown costs count as nothing."""

    macs: float = 0.0
    cycles: float = 0.0


def work_after_pushes(segment: Segment) -> tuple[Work, ...]:
    """What runs after each row of the input, before the next one arrives; after the last row to the end."""
    graph = segment.rows.graph
    macs = [layer.work for layer in graph.layers]
    cycles = [
        0.0 if stage is None or stage.finishes else cycles_of(segment.runs[stage.run]) / layer.steps
        for stage, layer in zip(segment.rows.stages, graph.layers, strict=True)
    ]
    both = (work_after_rows(graph, segment.schedule, work) for work in (macs, cycles))
    return tuple(Work(macs=m, cycles=c) for m, c in zip(*both, strict=True))


def most_between_pushes(segment: Segment) -> Work:
    """The longest waits for the next row; the end after the last row is left out."""
    works = work_after_pushes(segment)[:-1]
    return Work(
        macs=max((w.macs for w in works), default=0.0),
        cycles=max((w.cycles for w in works), default=0.0),
    )
