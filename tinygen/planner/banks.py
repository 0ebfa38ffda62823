"""Two memories: which buffers lie in the fast one, and where all of them lie.

Whole buffers go into the fast memory, those with the most accesses in all, as far as its plan fits. Then each memory is
planned by itself; an output lies over its input only where both are in the same one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygen.planner.layout import Layout
from tinygen.planner.offsets import ALIGNMENT, Buffer, Overlap, Plan, place

SEARCH_CHOICES = 4_000
"""Choices that the search looks at before the best found so far is taken. The first is greedy: most accesses a byte."""

SEARCH_PLANS = 40
"""Plans that it makes where two quick tests cannot tell whether buffers fit."""


@dataclass(frozen=True, kw_only=True)
class Banks:
    """`plan` has one numbering for both memories: offsets from `fast_from` on lie in the fast one, which starts there.

    `share` of all accesses go to the fast memory; no choice has more where `is_best`.
    """

    plan: Plan
    fast_from: int
    share: float
    is_best: bool


def in_banks(
    layout: Layout, accesses: Mapping[str, float], fast_bytes: int
) -> tuple[Layout, Banks]:
    """The layout with as many accesses as possible, counted by buffer, in a fast memory of `fast_bytes`."""
    banks = choose_banks(layout.buffers, layout.overlaps, accesses, fast_bytes)
    scratch = {b.first: b.name for b in layout.buffers if b.name not in layout.storages}
    offsets = tuple(
        None if at is None else banks.plan.offsets[scratch[step]]
        for step, at in enumerate(layout.scratch_offsets)
    )
    return replace(layout, plan=banks.plan, scratch_offsets=offsets), banks


def choose_banks(
    buffers: Sequence[Buffer],
    overlaps: Sequence[Overlap],
    accesses: Mapping[str, float],
    fast_bytes: int,
) -> Banks:
    """Choose the buffers of the fast memory, and place all."""
    search = _Search(
        buffers=sorted(buffers, key=lambda b: (-accesses[b.name] / b.padded_bytes, b.name)),
        overlaps=overlaps,
        accesses=accesses,
        capacity=fast_bytes // ALIGNMENT * ALIGNMENT,
    )
    search.run()
    fast = _planned((b for b in buffers if b.name in search.best), overlaps)
    slow = _planned((b for b in buffers if b.name not in search.best), overlaps)
    total = sum(accesses[b.name] for b in buffers)
    return Banks(
        plan=_joined(slow, fast),
        fast_from=slow.arena_bytes,
        share=search.best_heat / total if total else 0.0,
        is_best=search.is_exhausted,
    )


def _planned(buffers: Iterable[Buffer], overlaps: Sequence[Overlap]) -> Plan:
    """The plan of one memory."""
    chosen = list(buffers)
    names = {b.name for b in chosen}
    return place(chosen, [o for o in overlaps if {o.input, o.output} <= names])


def _joined(slow: Plan, fast: Plan) -> Plan:
    """The fast memory after the slow one."""
    above = {name: slow.arena_bytes + at for name, at in fast.offsets.items()}
    return Plan(
        offsets=slow.offsets | above,
        arena_bytes=slow.arena_bytes + fast.arena_bytes,
        lower_bound_bytes=slow.lower_bound_bytes + fast.lower_bound_bytes,
        peak_step=slow.peak_step if slow.arena_bytes else fast.peak_step,
        is_optimal=slow.is_optimal and fast.is_optimal,
    )


class _Search:
    """Depth-first over who is in the fast memory, the buffers with the most accesses a byte first."""

    def __init__(
        self,
        *,
        buffers: Sequence[Buffer],
        overlaps: Sequence[Overlap],
        accesses: Mapping[str, float],
        capacity: int,
    ) -> None:
        self.buffers = [b for b in buffers if b.padded_bytes <= capacity]
        self.overlaps = overlaps
        self.capacity = capacity
        self.heat = [accesses[b.name] for b in self.buffers]
        self.choices = self.plans = 0
        self.best: frozenset[str] = frozenset()
        self.best_heat = 0.0
        self.is_exhausted = True

    def run(self) -> None:
        """Find `best`."""
        self._descend(0, [], 0.0)

    def _descend(self, index: int, chosen: list[Buffer], heat: float) -> None:
        if heat > self.best_heat:
            self.best, self.best_heat = frozenset(b.name for b in chosen), heat
        if index == len(self.buffers) or heat + sum(self.heat[index:]) <= self.best_heat:
            return
        self.choices += 1
        if self.choices > SEARCH_CHOICES:
            self.is_exhausted = False
            return
        added = [*chosen, self.buffers[index]]
        if self._fits(added):
            self._descend(index + 1, added, heat + self.heat[index])
        self._descend(index + 1, chosen, heat)

    def _fits(self, chosen: Sequence[Buffer]) -> bool:
        if _stacked(chosen) <= self.capacity:
            return True
        if _least(chosen, self.overlaps) > self.capacity:
            return False
        self.plans += 1
        if self.plans > SEARCH_PLANS:
            self.is_exhausted = False
            return False
        plan = _planned(chosen, self.overlaps)
        self.is_exhausted &= plan.is_optimal or plan.arena_bytes <= self.capacity
        return plan.arena_bytes <= self.capacity


def _stacked(buffers: Sequence[Buffer]) -> int:
    """The height of a plan that is made at once: largest first, each as low as it goes, nothing overlapping."""
    placed: list[tuple[Buffer, int]] = []
    height = 0
    for buffer in sorted(buffers, key=lambda b: (-b.padded_bytes, b.first, b.name)):
        at = 0
        for other, start in sorted(placed, key=lambda pair: pair[1]):
            if buffer.meets(other) and at < start + other.padded_bytes:
                if at + buffer.padded_bytes <= start:
                    break
                at = start + other.padded_bytes
        placed.append((buffer, at))
        height = max(height, at + buffer.padded_bytes)
    return height


def _least(buffers: Sequence[Buffer], overlaps: Sequence[Overlap]) -> int:
    """No plan is smaller: the most bytes alive at a step, the smaller of two that may overlap not counted."""
    size = {b.name: b for b in buffers}
    most = 0
    for step in {b.first for b in buffers}:
        alive = {b.name: b.padded_bytes for b in buffers if b.first <= step <= b.last}
        total = sum(alive.values())
        for overlap in overlaps:
            if (
                overlap.input in alive
                and overlap.output in alive
                and step == size[overlap.output].first
            ):
                total -= min(alive[overlap.input], alive[overlap.output])
        most = max(most, total)
    return most
