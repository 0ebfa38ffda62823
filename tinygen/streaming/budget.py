"""Fits a network into a budget of RAM: kernels with less scratch first, then rows."""

import heapq
import math
from dataclasses import dataclass, replace

from tinygen.planner import Layout
from tinygen.planner.packing import ROUNDS as PACKING_ROUNDS
from tinygen.streaming import cuts
from tinygen.streaming.cuts import Parts, Path
from tinygen.streaming.network import Item, Network
from tinygen.streaming.progress import Progress, report
from tinygen.streaming.segment import most_between_pushes

TRIES = 12
"""Paths that are tried where addresses need more than estimated, before the search takes longer steps; and then."""

NEAR, NEAR_OF_FEW_ROWS, FEW_ROWS = 1.2, 1.5, 100
"""What needs the least RAM is searched for, and compared, where it may be faster: where it may have the cycles of a way
that is estimated to need so many times the least. It takes long where layers have many rows."""

SQUEEZES = 5
"""Halvings of the interval in which the least RAM, or the least work between two rows, is searched."""

POINTS = 14
"""Budgets between the least and all that a table of points asks for."""


WORTH = 1.05
"""Where layers have many rows, so many times the cycles that the way with the least RAM may have are worth a search."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to run a network, and where everything lies."""

    network: Network
    items: tuple[Item, ...]
    layout: Layout

    @property
    def bytes(self) -> int:
        """Of the arena, and of what is kept between rows that arrive."""
        kept = sum(item.segment.state_bytes for item in self.items if item.segment)
        return self.layout.plan.arena_bytes + kept

    @property
    def cycles(self) -> float:
        """Predicted; unknown costs count as nothing."""
        return sum(item.cycles for item in self.items)

    @property
    def share_by_rows(self) -> float:
        """Of the multiply-accumulates."""
        macs = [c.call.op.macs(c.call) for c in self.network.candidates]
        by_rows = sum(sum(macs[i.first : i.last + 1]) for i in self.items if i.segment)
        return by_rows / max(sum(macs), 1)


def fitted(network: Network, budget: int | None, *, progress: Progress = report) -> Way:
    """The fastest way found to run the network within the budget; the one with the least RAM where none fits.

    No budget: layers run whole with the kernels that were chosen. Budget 0 asks for the least RAM without kernels that
    are slow.
    """
    whole = _whole(network)
    if budget is None and whole is None:
        budget = max(network.memory.tensor_bytes.values()) * 4
    if whole is not None and (budget is None or whole.bytes <= budget):
        return whole
    if budget == 0:
        return _minimum(network.brisk(), progress)
    parts = cuts.parts_of(network)
    way = _within(network, parts, budget)
    if way is not None and way.cycles <= _hoped_for(network, parts):
        return way
    found = [w for w in (way, _minimum(network.brisk(), progress)) if w and w.bytes <= budget]
    return min(found, key=_fastest_first) if found else _minimum(network, progress, budget)


def _hoped_for(network: Network, parts: Parts) -> float:
    """Cycles for which the way with the least RAM need not be searched: it may come to as many, or hardly less.

    It may come to less than estimated, as its rows are packed better.
    """
    rows = sum(c.call.output.shape[1] for c in network.candidates if len(c.call.output.shape) > 1)
    near, worth = (NEAR_OF_FEW_ROWS, 1.0) if rows <= FEW_ROWS else (NEAR, WORTH)
    search = _Descent(parts, int(near * cuts.least(network, parts)))
    for path in parts.descending:
        search.add(path, search.limit)
    path = search.next()
    return math.inf if path is None else worth * path.cycles


def _minimum(network: Network, progress: Progress, budget: int = 0) -> Way:
    """The least RAM that the searches find, or what they find in the budget, with kernels as fast as that allows."""
    parts = cuts.parts_of(network)
    least = _least(network, parts, progress)
    if least.bytes <= budget:
        return least
    return _hastened(network, parts, _squeezed(network.growing(), least))


def points(network: Network, *, progress: Progress = report) -> tuple[Way, ...]:
    """Ways from the least RAM to the fewest predicted cycles; each is better than its neighbours in one of both.

    A budget of the bytes of any of them is met.
    """
    parts = cuts.parts_of(network)
    whole = _whole(network)
    found = [] if whole is None else [whole]
    low = max(cuts.least(network, parts), 1)
    high = max(whole.bytes, low) if whole else 4 * low
    for index in range(POINTS):
        progress(index / POINTS)
        way = _within(network, parts, round(low * (high / low) ** (index / POINTS)))
        met = way and _within(network, parts, way.bytes)
        found += [met] if met else []
    found.append(fitted(network, 0, progress=progress))
    kept: list[Way] = []
    for way in sorted(found, key=_least_first):
        if not kept or way.cycles < kept[-1].cycles:
            kept.append(way)
    return tuple(kept)


def least_work(network: Network, budget: int) -> float | None:
    """The fewest multiply-accumulates between two rows of the input that were found to fit in a budget of RAM, where
    the network's are too few; None where no number fits."""
    way = _with_work(network, None, budget)
    if way is None:
        return None
    low = network.memory.most_work
    best = most_between_pushes(way.items[0].segment).macs
    for _ in range(SQUEEZES):
        if (way := _with_work(network, (low + best) / 2, budget)) is None:
            low = (low + best) / 2
        else:
            best = most_between_pushes(way.items[0].segment).macs
    return best


def _with_work(network: Network, most_work: float | None, budget: int) -> Way | None:
    other = replace(network, memory=replace(network.memory, most_work=most_work))
    parts = cuts.parts_of(other)
    return _within(other, parts, budget) if cuts.least(other, parts) <= budget else None


def _least_first(way: Way) -> tuple[float, float]:
    return way.bytes, way.cycles


def _fastest_first(way: Way) -> tuple[float, float]:
    return way.cycles, way.bytes


def _way(network: Network, items: tuple[Item, ...]) -> Way:
    return Way(network=network.choosing(items), items=items, layout=network.lay_out(items))


def _whole(network: Network) -> Way | None:
    """With the kernels that were chosen; None where the input is never whole."""
    if network.memory.pushed is not None:
        return None
    return _way(network, network.whole_items(0, len(network.candidates) - 1))


def _within(network: Network, parts: Parts, budget: int, *, tries: int = TRIES) -> Way | None:
    """The fastest way whose addresses fit, of so many; then a fast one.

    Ways are tried in the order of their cycles, and with a larger budget the same ones, beside others. So more memory
    does not make a network slower.
    """
    search = _Descent(parts, budget)
    for path in parts.descending:
        if path.bytes <= budget:
            search.add(path, budget)
    failed = 0
    while (path := search.next()) is not None:
        way = _way(network, cuts.planned(path.items))
        if way.bytes <= budget:
            return way
        failed += 1
        beyond = way.bytes - budget if failed > tries else 0
        if failed == tries + TRIES:
            break
        search.limit -= beyond // 2
    return None


class _Descent:
    """Paths in the order of their cycles: the fastest of every way to cut the network first, then those with less
    bytes."""

    def __init__(self, parts: Parts, budget: int) -> None:
        self.parts = parts
        self.limit = budget
        self.heap: list[tuple[float, int, int, Path, Path]] = []
        self.seen: set[tuple[float, int]] = set()

    def add(self, base: Path, budget: int) -> None:
        """The fastest path with the cuts of `base` within the budget."""
        path = cuts.refined(base, self.parts, min(budget, self.limit))
        if path is not None and (path.cycles, path.bytes) not in self.seen:
            self.seen.add((path.cycles, path.bytes))
            heapq.heappush(self.heap, (path.cycles, path.bytes, len(self.seen), path, base))

    def next(self) -> Path | None:
        """The fastest that is left within the limit."""
        while self.heap:
            *_, path, base = heapq.heappop(self.heap)
            self.add(base, path.bytes - 1)
            if path.bytes <= self.limit:
                return path
        return None


def _squeezed(network: Network, known: Way) -> Way:
    """The way with the least RAM for which addresses are found, by bisection; the known one where none is better."""
    parts = cuts.parts_of(network)
    low, best = cuts.least(network, parts), known
    for _ in range(SQUEEZES):
        way = _within(network, parts, (low + best.bytes) // 2, tries=0)
        if way is not None:
            best = min(way, best, key=_least_first)
        else:
            low = (low + best.bytes) // 2
    return best


def _least(network: Network, parts: Parts, progress: Progress) -> Way:
    """The path with the least RAM, with the best order of rows and the best packing that the searches find."""
    path = cuts.cheapest(network, parts, cuts.least(network, parts))
    searched = _way(network, cuts.planned(path.items, thorough=True, progress=progress))
    usual = (
        _way(network, cuts.planned(items, rounds=PACKING_ROUNDS, other=searched.items))
        for items in (path.items, cuts.smallest(path.items))
    )
    return min(searched, *usual, key=lambda way: way.bytes)


def _hastened(network: Network, parts: Parts, way: Way) -> Way:
    """The fastest way found that needs no more RAM."""
    usual = _within(network, parts, way.bytes)
    found = [_way(network, cuts.faster(w.items)) for w in (way, usual) if w is not None]
    return min((way, *(w for w in found if w.bytes <= way.bytes)), key=_fastest_first)
