"""Row schedules: layers that run row by row, so that only the rows still needed are in memory.

A row graph is a chain or a small net of windowed and elementwise layers. A schedule is the order in which the layers
compute their rows, one or a few in a step; nothing is computed twice. Its cost is the most bytes that live at one
moment: rows made and still needed, and the scratch of the layer that runs. Some layers can write a row over one that
nobody needs after their step.

`rings` computes every row as late as its readers allow, and keeps each tensor in a ring of as many rows as are alive at
once. `shortest` searches for the schedule with the least live bytes: a depth-first search over the states (steps done
per layer), which proves its optimum by exhausting the budget 4 bytes below it. A move that frees at least what it takes
is always taken at once: nothing that comes later can be hurt by it, because a row is never freed later when more has
been computed.

Where rows of the input arrive from outside, `RowGraph.most_work` bounds the work between two of them; steps that do not
fit wait, and what they would have freed stays in memory.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

ROW_ALIGNMENT = 4
"""Rows start on multiples of this many bytes."""


@dataclass(frozen=True, kw_only=True)
class RowTensor:
    """`row_bytes` is 0 for rows that have no places of their own: a caller keeps them, or they are made in a whole
    tensor, where each of them counts with `whole_row_bytes` from then on."""

    name: str
    rows: int
    row_bytes: int
    whole_row_bytes: int = 0

    @property
    def padded_bytes(self) -> int:
        return -(-self.row_bytes // ROW_ALIGNMENT) * ROW_ALIGNMENT

    @property
    def live_bytes(self) -> int:
        """What a row counts while it is alive."""
        return self.padded_bytes + self.whole_row_bytes


@dataclass(frozen=True, kw_only=True)
class Read:
    """Which rows of a tensor each step of a layer reads: rows first[step] .. last[step]."""

    tensor: int
    first: tuple[int, ...]
    last: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RowLayer:
    """A layer that computes `rows_per_step` rows of `output` a step, or those left in the last; a source has no reads.

    `sums`: every step adds to the one row of its output, which is complete after the last. `over`: the tensors in
    whose rows it may write, row over row, where these die in the step and are as long. `work`: of a step, in any unit.
    """

    name: str
    output: int
    steps: int
    reads: tuple[Read, ...] = ()
    scratch_bytes: int = 0
    sums: bool = False
    rows_per_step: int = 1
    over: tuple[int, ...] = ()
    work: float = 0.0

    @property
    def is_source(self) -> bool:
        """Its rows come from outside."""
        return not self.reads


State = tuple[int, ...]
"""Steps done per layer."""

Schedule = tuple[int, ...]
"""Layers, one for each step."""


@dataclass(frozen=True, kw_only=True)
class RowGraph:
    """`present` tensors are there from the start, `kept` ones are whole at the end. At most `most_work` is done between
    two rows of a source; after the last row all that is left."""

    tensors: tuple[RowTensor, ...]
    layers: tuple[RowLayer, ...]
    present: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    most_work: float | None = None

    @cached_property
    def producer(self) -> dict[int, int]:
        """Layer by tensor."""
        return {layer.output: i for i, layer in enumerate(self.layers)}

    @cached_property
    def readers(self) -> tuple[tuple[tuple[int, Read], ...], ...]:
        """(layer, read) of every tensor."""
        found: list[list[tuple[int, Read]]] = [[] for _ in self.tensors]
        for index, layer in enumerate(self.layers):
            for read in layer.reads:
                found[read.tensor].append((index, read))
        return tuple(tuple(f) for f in found)

    @property
    def start(self) -> State:
        return (0,) * len(self.layers)

    @cached_property
    def goal(self) -> State:
        return tuple(layer.steps for layer in self.layers)

    def made(self, state: State, tensor: int) -> int:
        """Rows of a tensor that exist, whether or not they are still needed."""
        if tensor in self.present:
            return self.tensors[tensor].rows
        layer = self.layers[self.producer[tensor]]
        steps = state[self.producer[tensor]]
        most = 1 if layer.sums else self.tensors[tensor].rows
        return min(steps * layer.rows_per_step, most)

    def is_complete(self, state: State, tensor: int, row: int) -> bool:
        """Whether a row can be read."""
        layer = self.producer.get(tensor)
        if tensor not in self.present and self.layers[layer].sums:
            return state[layer] == self.layers[layer].steps
        return row < self.made(state, tensor)

    def oldest(self, state: State, tensor: int) -> int:
        """The first row that is still needed; the number of rows where none is."""
        if tensor in self.kept:
            return 0
        rows = self.tensors[tensor].rows
        return min(
            (
                read.first[state[layer]]
                for layer, read in self.readers[tensor]
                if state[layer] < self.layers[layer].steps
            ),
            default=rows,
        )

    def alive(self, state: State, tensor: int) -> range:
        """Rows in memory between two steps."""
        made = self.made(state, tensor)
        return range(min(self.oldest(state, tensor), made), made)

    def live_bytes(self, state: State) -> int:
        return sum(
            len(self.alive(state, t)) * tensor.live_bytes for t, tensor in enumerate(self.tensors)
        )

    def is_ready(self, state: State, layer: int) -> bool:
        step = state[layer]
        if step >= self.layers[layer].steps:
            return False
        return all(
            self.is_complete(state, read.tensor, read.last[step])
            for read in self.layers[layer].reads
        )

    def after(self, state: State, layer: int) -> State:
        return (*state[:layer], state[layer] + 1, *state[layer + 1 :])

    def new_rows(self, state: State, layer: int) -> range:
        """Rows that a step makes."""
        output = self.layers[layer].output
        return range(self.made(state, output), self.made(self.after(state, layer), output))

    def taken_over(self, state: State, layer: int) -> tuple[tuple[int, int], ...]:
        """(tensor, row) of the rows in whose place a step writes its first new ones."""
        after, size = self.after(state, layer), self.row_bytes(self.layers[layer].output)
        dying = [
            (tensor, row)
            for tensor in self.layers[layer].over
            if self.row_bytes(tensor) == size > 0
            for row in self.alive(state, tensor)
            if row not in self.alive(after, tensor)
        ]
        return tuple(dying[: len(self.new_rows(state, layer))])

    def row_bytes(self, tensor: int) -> int:
        return self.tensors[tensor].live_bytes

    def new_bytes(self, state: State, layer: int) -> int:
        """Bytes of the rows that a step makes, beside all that is alive before it."""
        count = len(self.new_rows(state, layer)) - len(self.taken_over(state, layer))
        return count * self.row_bytes(self.layers[layer].output)


def peak_bytes(graph: RowGraph, schedule: Schedule) -> int:
    """The most bytes that live during any step."""
    peaks = peaks_by_layer(graph, schedule)
    return max(
        (p + layer.scratch_bytes for p, layer in zip(peaks, graph.layers, strict=True)),
        default=graph.live_bytes(graph.start),
    )


def peaks_by_layer(graph: RowGraph, schedule: Schedule) -> tuple[int, ...]:
    """For every layer the most bytes that live during its steps or right after them, without scratch."""
    return _peaks(_Moves(graph), graph, schedule)


def _peaks(moves: "_Moves", graph: RowGraph, schedule: Schedule) -> tuple[int, ...]:
    state, live = graph.start, graph.live_bytes(graph.start)
    peaks = [live if schedule and i == schedule[0] else 0 for i in range(len(graph.layers))]
    for layer in schedule:
        during = live + moves.new_bytes(state, layer)
        state, live = moves.after(state, live, layer)
        peaks[layer] = max(peaks[layer], during, live)
    return tuple(peaks)


def downstream_first(graph: RowGraph) -> Schedule:
    """Every row as soon as it can be: of the layers that are ready, the one nearest to the end."""
    return _downstream_first(_Moves(graph), graph)


@dataclass(frozen=True, kw_only=True)
class Usual:
    """A schedule that needs no search, and what peaks_by_layer says of it."""

    schedule: Schedule
    peaks: tuple[int, ...]


def usual_schedules(graph: RowGraph) -> tuple[Usual, ...]:
    """Rows as soon as they can be, and as late as their readers allow, with one branch or the other first."""
    moves = _Moves(graph)
    found = dict.fromkeys(
        (
            _downstream_first(moves, graph),
            _on_demand(moves, graph, last_first=True),
            _on_demand(moves, graph, last_first=False),
        )
    )
    if graph.most_work is not None:
        found = dict.fromkeys(paced(graph, schedule) for schedule in found)
    return tuple(Usual(schedule=s, peaks=_peaks(moves, graph, s)) for s in found)


def paced(graph: RowGraph, schedule: Schedule) -> Schedule:
    """The same order, but for rows of a source, which come before steps that would take more than the graph's work."""
    found: list[int] = []
    waiting: deque[int] = deque()
    done = 0.0

    def work_off() -> None:
        nonlocal done
        while waiting and done + graph.layers[waiting[0]].work <= graph.most_work:
            done += graph.layers[waiting[0]].work
            found.append(waiting.popleft())

    for layer in schedule:
        if graph.layers[layer].is_source:
            found.append(layer)
            done = 0.0
        else:
            waiting.append(layer)
        work_off()
    return (*found, *waiting)


def work_after_rows(graph: RowGraph, schedule: Schedule, work: Sequence[float]) -> list[float]:
    """Of steps of `work[layer]` what is done after each row of a source: up to the next one, or to the end."""
    found: list[float] = []
    for layer in schedule:
        if graph.layers[layer].is_source:
            found.append(0.0)
        elif found:
            found[-1] += work[layer]
    return found


def _downstream_first(moves: "_Moves", graph: RowGraph) -> Schedule:
    last_reader = [
        max((i for i, _ in graph.readers[layer.output]), default=-1) for layer in graph.layers
    ]
    state, schedule = list(graph.start), []
    layer = len(state) - 1
    while layer >= 0:
        if moves.is_ready(state, layer):
            schedule.append(layer)
            state[layer] += 1
            # only its readers may have become ready; all others behind it were not
            layer = max(layer, last_reader[layer])
        else:
            layer -= 1
    return tuple(schedule)


def _on_demand(moves: "_Moves", graph: RowGraph, *, last_first: bool) -> Schedule:
    """What the next row of the last layer needs, and then that; of the inputs of a layer the last one (or the first)
    is computed first."""
    done, schedule = list(graph.start), []

    def run(layer: int, steps: int) -> None:
        while done[layer] < steps:
            needed = [(p, of_step[done[layer]]) for p, of_step in moves.needed[layer]]
            for producer, count in sorted(needed, reverse=last_first):
                run(producer, count)
            schedule.append(layer)
            done[layer] += 1

    for layer in reversed(range(len(done))):
        run(layer, graph.goal[layer])
    return tuple(schedule)


def ring_rows(graph: RowGraph, schedule: Schedule) -> tuple[int, ...]:
    """Rows of every tensor that are alive at once at most, the one being made included."""
    most = [len(graph.alive(graph.start, t)) for t in range(len(graph.tensors))]
    state = graph.start
    for layer in schedule:
        output = graph.layers[layer].output
        grown = len(graph.new_rows(state, layer))
        most[output] = max(most[output], len(graph.alive(state, output)) + grown)
        state = graph.after(state, layer)
    return tuple(most)


@dataclass(frozen=True, kw_only=True)
class Search:
    """The result of `shortest`: no schedule needs fewer than `lower_bound_bytes`."""

    schedule: Schedule
    live_bytes: int
    lower_bound_bytes: int
    states: int

    @property
    def is_optimal(self) -> bool:
        return self.live_bytes == self.lower_bound_bytes


MOST_STATES = 20_000
"""States that one budget may visit before the search gives up on proving it."""


def shortest(
    graph: RowGraph,
    known: Schedule | None = None,
    most_states: int = MOST_STATES,
    *,
    bound: int = 0,
) -> Search:
    """The schedule with the least live bytes, by bisection of the budget; `known` is one that it should be better than.
    No schedule needs less than `bound` (bounds.least_alive): where that is met, no search is needed.

    Budgets at which the search was not exhausted count as impossible for the schedule, but not for the bound.
    """
    best = known or downstream_first(graph)
    high, states = peak_bytes(graph, best), 0
    low = proved = max(bound - 1, 0) // ROW_ALIGNMENT * ROW_ALIGNMENT
    while high - low > ROW_ALIGNMENT:
        budget = (low + high) // 2 // ROW_ALIGNMENT * ROW_ALIGNMENT
        if budget <= low:
            break
        found, visited, exhausted = _within(graph, budget, most_states)
        states += visited
        if found is not None:
            best, high = found, peak_bytes(graph, found)
        else:
            low = budget
            proved = max(proved, budget) if exhausted else proved
    return Search(
        schedule=best,
        live_bytes=high,
        lower_bound_bytes=min(high, proved + ROW_ALIGNMENT),
        states=states,
    )


_Path = tuple[int, "_Path"] | None


class _Node(NamedTuple):
    """A state, what is alive in it, the work since the last row of a source, and the way there."""

    state: State
    live: int
    work: float
    path: _Path


class _Moves:
    """Steps and their live bytes from tables: the same as the methods of the graph say, but fast.

    A step changes how many rows are alive of the tensor that it makes and of those that it reads; nothing else.
    """

    def __init__(self, graph: RowGraph) -> None:
        self.layers = range(len(graph.layers))
        self.goal = graph.goal
        self.bytes = [t.live_bytes for t in graph.tensors]
        self.rows = [t.rows for t in graph.tensors]
        self.scratch = [layer.scratch_bytes for layer in graph.layers]
        self.most_work = math.inf if graph.most_work is None else graph.most_work
        self.is_source = [layer.is_source for layer in graph.layers]
        self.work = [0.0 if graph.most_work is None else layer.work for layer in graph.layers]
        self.output = [layer.output for layer in graph.layers]
        # made[tensor]: its layer, and rows by that layer's steps; (-1, [rows]) for those that are present
        self.made = [(-1, [r]) for r in self.rows]
        for i, layer in enumerate(graph.layers):
            most = 1 if layer.sums else self.rows[layer.output]
            rows = [min(s * layer.rows_per_step, most) for s in range(layer.steps + 1)]
            self.made[layer.output] = (i, rows)
        # over[layer]: tensors whose dying rows it takes over
        self.over = [
            [t for t in layer.over if self.bytes[t] == self.bytes[layer.output] > 0]
            for layer in graph.layers
        ]
        # oldest[tensor]: for each reader, the first row needed by its steps done
        self.oldest = [
            [(0, [0] * (graph.layers[0].steps + 1))]
            if t in graph.kept
            else [(i, [*read.first, self.rows[t]]) for i, read in readers]
            for t, readers in enumerate(graph.readers)
        ]
        # needed[layer]: (producer, its steps that must be done by this layer's step) of computed tensors
        self.needed = [
            [
                (producer, self._steps_needed(graph, producer, read))
                for read in layer.reads
                if read.tensor not in graph.present
                for producer in (graph.producer[read.tensor],)
            ]
            for layer in graph.layers
        ]
        self.touched = [
            tuple(sorted({layer.output, *(r.tensor for r in layer.reads)} - self._weightless()))
            for layer in graph.layers
        ]

    def _weightless(self) -> set[int]:
        return {t for t, size in enumerate(self.bytes) if size == 0}

    @staticmethod
    def _steps_needed(graph: RowGraph, producer: int, read: Read) -> list[int]:
        source = graph.layers[producer]
        return [
            source.steps if source.sums else last // source.rows_per_step + 1 for last in read.last
        ]

    def _alive(self, state: State, tensor: int) -> int:
        layer, made = self.made[tensor]
        count = made[state[layer]] if layer >= 0 else made[0]
        oldest = self.rows[tensor]
        for reader, first in self.oldest[tensor]:
            if first[state[reader]] < oldest:
                oldest = first[state[reader]]
        return count - oldest if count > oldest else 0

    def of(self, node: _Node, budget: int) -> Iterator[tuple[int, _Node]]:
        """(layer, what is afterwards) of every step that fits in the budget."""
        state, live, work, path = node
        for layer in self.layers:
            if not self.is_ready(state, layer):
                continue
            work_after = self.work_after(work, layer)
            if work_after > self.most_work and not self.all_is_here(state):
                continue
            if live + self.new_bytes(state, layer) + self.scratch[layer] > budget:
                continue
            after, live_after = self.after(state, live, layer)
            if live_after <= budget:
                yield layer, _Node(after, live_after, work_after, (layer, path))

    def work_after(self, work: float, layer: int) -> float:
        """Since the last row of a source, where that is bounded."""
        return 0.0 if self.is_source[layer] else work + self.work[layer]

    def all_is_here(self, state: State) -> bool:
        """Whether no row of a source is missing."""
        return all(
            state[i] == self.goal[i] for i, is_source in enumerate(self.is_source) if is_source
        )

    def is_ready(self, state: Sequence[int], layer: int) -> bool:
        step = state[layer]
        if step >= self.goal[layer]:
            return False
        for producer, steps in self.needed[layer]:  # noqa: SIM110 (a generator takes three times as long)
            if state[producer] < steps[step]:
                return False
        return True

    def new_bytes(self, state: State, layer: int) -> int:
        made = self.made[self.output[layer]][1]
        count = made[state[layer] + 1] - made[state[layer]]
        if self.over[layer] and count:
            after = (*state[:layer], state[layer] + 1, *state[layer + 1 :])
            for t in self.over[layer]:
                count -= self._alive(state, t) - self._alive(after, t)
        return max(count, 0) * self.bytes[self.output[layer]]

    def after(self, state: State, live: int, layer: int) -> tuple[State, int]:
        """The state after a step, and the bytes alive in it, given those alive before."""
        after = (*state[:layer], state[layer] + 1, *state[layer + 1 :])
        for t in self.touched[layer]:
            live += (self._alive(after, t) - self._alive(state, t)) * self.bytes[t]
        return after, live


def _within(graph: RowGraph, budget: int, most_states: int) -> tuple[Schedule | None, int, bool]:
    """A schedule within a budget if there is one; states visited; whether none was left out.

    With bounded work that is never sure: a step that is taken at once may take the place of another.
    """
    moves, live = _Moves(graph), graph.live_bytes(graph.start)
    if live > budget:
        return None, 0, True
    pending = [_settled(moves, _Node(graph.start, live, 0.0, None), budget)]
    seen = {pending[0].state: 0.0}
    while pending:
        node = pending.pop()
        if node.state == graph.goal:
            return _unrolled(node.path), len(seen), True
        if len(seen) > most_states:
            return None, len(seen), False
        following = []
        for layer, after in moves.of(node, budget):
            settled = _settled(moves, after, budget)
            if seen.get(settled.state, math.inf) > settled.work:
                seen[settled.state] = settled.work
                following.append((-after.live, layer, settled))
        following.sort(key=lambda f: f[:2])
        pending += [settled for _, _, settled in following]
    return None, len(seen), graph.most_work is None


def _settled(moves: _Moves, node: _Node, budget: int) -> _Node:
    """What follows after all steps that free at least what they take."""
    while True:
        for _, after in moves.of(node, budget):
            if after.live <= node.live:
                node = after
                break
        else:
            return node


def _unrolled(path: _Path) -> Schedule:
    steps: list[int] = []
    while path is not None:
        step, path = path
        steps.append(step)
    return tuple(reversed(steps))


@dataclass(frozen=True, kw_only=True)
class RowLife:
    """A row in memory from event `first` to event `last`; event i is step i of the schedule."""

    tensor: int
    row: int
    bytes: int
    first: int
    last: int


def lives(graph: RowGraph, schedule: Schedule) -> tuple[RowLife, ...]:
    """Every row that takes memory, with its life."""
    first: dict[tuple[int, int], int] = {}
    last: dict[tuple[int, int], int] = {}
    for tensor in range(len(graph.tensors)):
        for row in graph.alive(graph.start, tensor):
            first[tensor, row] = last[tensor, row] = 0
    state = graph.start
    for event, layer in enumerate(schedule):
        for tensor in range(len(graph.tensors)):
            for row in graph.alive(state, tensor):
                last[tensor, row] = event
        output = graph.layers[layer].output
        for row in graph.new_rows(state, layer) or [0]:
            first.setdefault((output, row), event)
            last[output, row] = event
        state = graph.after(state, layer)
    end = len(schedule) - 1
    for tensor in range(len(graph.tensors)):
        for row in graph.alive(state, tensor):
            last[tensor, row] = end
    return tuple(
        RowLife(
            tensor=tensor,
            row=row,
            bytes=graph.tensors[tensor].padded_bytes,
            first=first[tensor, row],
            last=last[tensor, row],
        )
        for tensor, row in sorted(first)
        if graph.tensors[tensor].padded_bytes
    )


def shared_rows(graph: RowGraph, schedule: Schedule) -> dict[tuple[int, int], tuple[int, int]]:
    """For every (tensor, row) that is written over another, that other one."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    state = graph.start
    for layer in schedule:
        output = graph.layers[layer].output
        if graph.layers[layer].over:
            new = ((output, row) for row in graph.new_rows(state, layer))
            found |= dict(zip(new, graph.taken_over(state, layer), strict=False))
        state = graph.after(state, layer)
    return found


def checked(graph: RowGraph, schedule: Sequence[int]) -> Schedule:
    """The schedule, if every step is ready in its turn and all are done; ValueError otherwise."""
    state = graph.start
    for layer in schedule:
        if not graph.is_ready(state, layer):
            raise ValueError(
                f"layer '{graph.layers[layer].name}' is not ready for row {state[layer]}"
            )
        state = graph.after(state, layer)
    if state != graph.goal:
        raise ValueError("the schedule leaves rows uncomputed")
    return tuple(schedule)
