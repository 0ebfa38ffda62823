"""Parts: the layers between two cuts, whole or by rows, with the fastest kernels that fit in a number of bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from tinygen.planner import Layout
from tinygen.planner.rows import ROW_ALIGNMENT, Schedule, usual_schedules
from tinygen.streaming.network import Item, Network
from tinygen.streaming.runs import RowRun
from tinygen.streaming.segment import Rows, Segment, cycles_of, room_for, rows_of

MOST_LAYERS = 256
"""Of a segment: its steps are bytes that name layers."""

MOST_BYTES = 2**17
"""Of the rows of a segment, by estimate: their addresses are 16 bits that count words."""

ROWS_PER_STEP = (1, 2, 4)
"""Rows that the layers of a segment compute at once: all of them as many at first, then some of them more."""

MOST_ROUNDS, ROUND_STEPS = 6, 2000
"""How often layers of a segment get more rows than others: fewer times where the segment has many steps."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A way from a cut to a later one."""

    items: tuple[Item, ...]
    bytes: int
    cycles: float


class Part(Protocol):
    """The layers between two cuts in one way, but for the kernels."""

    @property
    def least_bytes(self) -> int: ...

    def within(self, budget: int) -> Found | None:
        """With the fastest kernels that need no more bytes than that; None where there are none."""


@dataclass(frozen=True, kw_only=True)
class WholePart:
    """Layers that run one after the other."""

    network: Network
    start: int
    end: int

    @cached_property
    def _found(self) -> tuple[Found, ...]:
        """From the fastest kernels to those with the fewest bytes: the fullest layer changes its kernel each time."""
        items = list(self.network.whole_items(self.start, self.end - 1))
        layout = self.network.lay_out(items)
        found = [_of_whole(items, layout)]
        while (change := self._change(items, layout)) is not None:
            items, layout = change
            found.append(_of_whole(items, layout))
        return tuple(found)

    def _change(self, items: list[Item], layout: Layout) -> tuple[list[Item], Layout] | None:
        """The fastest other kernel for the fullest layer that makes the whole smaller, or another layer the fullest."""
        at = layout.plan.peak_step
        now = items[at].candidate
        for candidate in self.network.whole_choices[items[at].first]:
            if candidate is now:
                continue
            others = [*items[:at], replace(items[at], candidate=candidate), *items[at + 1 :]]
            other = self.network.lay_out(others)
            if _fullness(other) < _fullness(layout):
                return others, other
        return None

    @property
    def least_bytes(self) -> int:
        return self._found[-1].bytes

    @property
    def fastest_bytes(self) -> int:
        return self._found[0].bytes

    def within(self, budget: int) -> Found | None:
        fitting = [f for f in self._found if f.bytes <= budget]
        return min(fitting, key=lambda f: (f.cycles, f.bytes), default=None)


def _fullness(layout: Layout) -> tuple[int, int, int]:
    """Of two layers that need the same, the first is the fullest: it can only change after the other."""
    return layout.plan.arena_bytes, layout.plan.lower_bound_bytes, -layout.plan.peak_step


def _of_whole(items: list[Item], layout: Layout) -> Found:
    return Found(
        items=tuple(items),
        bytes=layout.plan.arena_bytes,
        cycles=sum(item.cycles for item in items),
    )


@dataclass(frozen=True, kw_only=True)
class RowsPart:
    """Layers by rows, in the best of all forms.

    `whole` are the same layers run whole: where these fit with their fastest kernels, rows are not looked at.
    """

    forms: tuple["Form", ...]
    whole: tuple[WholePart, ...]

    @staticmethod
    def of(
        network: Network, start: int, end: int, whole: tuple[WholePart, ...]
    ) -> "RowsPart | None":
        """With one row a step and with more; rows over dying rows, and each in a place of its own."""
        pushed = network.memory.pushed if start == 0 else None
        outputs = _outputs(network, start, end)
        if outputs != {network.candidates[end - 1].call.output.name}:
            return None
        if end - start < 2 and pushed is None:
            return None
        if pushed is not None and outputs & set(network.memory.outputs):
            return None  # the caller's output is not there yet when rows arrive
        forms = tuple(
            Form(network=network, start=start, end=end, counts=(count,) * (end - start), over=over)
            for count in ROWS_PER_STEP
            for over in (True, False)
        )
        return RowsPart(forms=forms, whole=whole) if forms[0].is_possible else None

    @property
    def least_bytes(self) -> int:
        """One row a step, over dying rows: more rows, or more places, never need less."""
        return self.forms[0].least_bytes

    def within(self, budget: int) -> Found | None:
        fits_whole = bool(self.whole) and all(w.fastest_bytes <= budget for w in self.whole)
        if fits_whole or budget < self.least_bytes:
            return None
        return _fastest(self.forms, budget)

    def refined(self, budget: int) -> Found | None:
        """The same where layers may compute different numbers of rows a step."""
        return _fastest((*self.forms, *self.mixed), budget)

    @cached_property
    def mixed(self) -> tuple["Form", ...]:
        """Forms that do not depend on a budget: so more memory never makes a network slower."""
        starts = [
            form
            for over, apart in zip(self.forms[::2], self.forms[1::2], strict=True)
            for form in ([over] if over.options == apart.options else [over, apart])
        ]
        return tuple(form for s in starts if s.is_possible for form in _with_more_rows(s))


def _fastest(forms: Sequence["Form"], budget: int) -> Found | None:
    found = [f for form in forms if form.is_possible and (f := form.within(budget))]
    return min(found, key=lambda f: (f.cycles, f.bytes), default=None)


@dataclass(frozen=True, kw_only=True)
class Form:
    """Layers by rows in the usual order: bytes are estimated, the rows have no addresses yet.

    `counts` are the rows that a step of each layer computes. `over`: windowed layers write over dying rows where they
    can.
    """

    network: Network
    start: int
    end: int
    counts: tuple[int, ...]
    over: bool

    @cached_property
    def options(self) -> tuple[tuple[RowRun, ...], ...]:
        """The runs of every layer, fastest first, each with less scratch than those before."""
        layers = zip(range(self.start, self.end), self.counts, strict=True)
        return tuple(self.network.row_runs(i, count, over=self.over) for i, count in layers)

    @cached_property
    def rows(self) -> Rows:
        """With the kernels that have the least scratch."""
        pushed = self.network.memory.pushed if self.start == 0 else None
        outputs = _outputs(self.network, self.start, self.end)
        runs = [ways[-1] for ways in self.options]
        most_work = self.network.memory.most_work
        return rows_of(runs, outputs, pushed, most_work=most_work, grows=self._grows)

    @property
    def _grows(self) -> bool:
        """A single row is made when nothing but its inputs is alive: it may lie over all others."""
        output = self.network.candidates[self.end - 1].call.output.name
        is_row = self.network.candidates[self.end - 1].call.output.shape[1] == 1
        return (self.network.grows or is_row) and not self.network.memory.is_external(output)

    @cached_property
    def is_possible(self) -> bool:
        return all(self.options) and (
            len(self.rows.graph.layers) <= MOST_LAYERS and self.least_bytes <= MOST_BYTES
        )

    @cached_property
    def orders(self) -> tuple["Order", ...]:
        """The usual schedules."""
        return tuple(
            Order(schedule=usual.schedule, peaks=self._by_run(usual.peaks))
            for usual in usual_schedules(self.rows.graph)
        )

    def _by_run(self, peaks: tuple[int, ...]) -> tuple[int, ...]:
        """Bytes of rows that live during the steps of every run."""
        found = [0] * len(self.options)
        for stage, peak in zip(self.rows.stages, peaks, strict=True):
            run = 0 if stage is None else stage.run
            found[run] = max(found[run], peak)
        return tuple(found)

    @cached_property
    def outside_bytes(self) -> int:
        """Of tensors that are whole before or after, without the output, which grows in the block; of the state."""
        block = MOST_BYTES
        around = self.network.lay_out((self._item(self.rows, block),)).plan.arena_bytes - block
        return around + self.rows.state_bytes

    def _item(self, rows: Rows, block_bytes: int, schedule: Schedule = ()) -> Item:
        segment = Segment(
            rows=rows,
            schedule=schedule,
            offsets={},
            scratch={},
            block_bytes=block_bytes,
            live_bytes=block_bytes,
            leads={},
            lies_over_output=self._grows,
        )
        return Item(
            first=self.start,
            last=self.end - 1,
            segment=segment,
            options=self.options,
            counts=self.counts,
            over=self.over,
        )

    @cached_property
    def least_bytes(self) -> int:
        rooms = [room_for(ways[-1].scratch_bytes) for ways in self.options]
        return self.outside_bytes + min(order.block_bytes(rooms) for order in self.orders)

    def within(self, budget: int) -> Found | None:
        found = [f for order in self.orders if (f := self._within(order, budget)) is not None]
        return min(found, key=lambda f: (f.cycles, f.bytes), default=None)

    def _within(self, order: "Order", budget: int) -> Found | None:
        room = budget - self.outside_bytes
        runs = []
        for ways, peak in zip(self.options, order.peaks, strict=True):
            fitting = (w for w in ways if peak + room_for(w.scratch_bytes) <= room)
            run = next(fitting, None)
            if run is None:
                return None
            runs.append(run)
        rows = replace(self.rows, runs=tuple(runs))
        block = order.block_bytes([room_for(run.scratch_bytes) for run in runs])
        return Found(
            items=(self._item(rows, block, order.schedule),),
            bytes=self.outside_bytes + block,
            cycles=rows.cycles,
        )


def _with_more_rows(form: "Form") -> Iterator["Form"]:
    """Twice the rows a step in one layer, then in another too: that in which a byte saves most cycles, and with it all
    that need no more bytes."""
    for _ in range(min(MOST_ROUNDS, max(ROUND_STEPS // sum(form.rows.graph.goal), 1))):
        more = sorted(_doubled_each(form), key=lambda m: -m.worth)
        if not more:
            return
        form = more[0].form
        for other in more[1:]:
            both = _with_counts(form, other.index, other.form.counts[other.index])
            if both.is_possible and both.least_bytes <= form.least_bytes:
                form = both
        yield form


@dataclass(frozen=True, kw_only=True)
class _More:
    """A form with more rows a step in layer `index`, and the cycles that a byte saves."""

    form: "Form"
    index: int
    worth: float


def _doubled_each(form: "Form") -> Iterator[_More]:
    """Those that save cycles, with the fastest kernels."""
    for index, now in enumerate(form.options):
        rows = 2 * form.counts[index]
        more = form.network.row_runs(form.start + index, rows, over=form.over)
        gain = cycles_of(now[0]) - cycles_of(more[0]) if more else 0
        if gain > 0 and (other := _with_counts(form, index, rows)).is_possible:
            yield _More(
                form=other,
                index=index,
                worth=gain / max(other.least_bytes - form.least_bytes, ROW_ALIGNMENT),
            )


def _with_counts(form: "Form", index: int, rows: int) -> "Form":
    return replace(form, counts=(*form.counts[:index], rows, *form.counts[index + 1 :]))


@dataclass(frozen=True, kw_only=True)
class Order:
    """A schedule, and the bytes of rows that live during the steps of every run."""

    schedule: Schedule
    peaks: tuple[int, ...]

    def block_bytes(self, rooms: Sequence[int]) -> int:
        """What the block needs at least with so much room for the scratch of every run."""
        return max(peak + room for peak, room in zip(self.peaks, rooms, strict=True))


def _outputs(network: Network, start: int, end: int) -> frozenset[str]:
    """Tensors of layers start .. end - 1 that are needed afterwards."""
    made = {c.call.output.name for c in network.candidates[start:end]}
    later = {t for t in made if network.last_read.get(t, -1) >= end}
    return frozenset(later | (made & set(network.memory.outputs)))
