"""Fits a network into a budget of RAM: kernels with less scratch first, then rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinygen.planner import Layout
from tinygen.planner.packing import ROUNDS as PACKING_ROUNDS
from tinygen.streaming import cuts
from tinygen.streaming.cuts import Parts
from tinygen.streaming.network import Item, Network
from tinygen.streaming.parts import with_more_rows
from tinygen.streaming.progress import Progress, report
from tinygen.streaming.segment import most_between_pushes

TRIES = 12
"""Paths that are tried where addresses need more than estimated, before the search takes longer steps; and then."""

MORE_TRIES = 4
"""Budgets that are tried for more rows a step."""

SQUEEZES = 5
"""Halvings of the interval in which the least RAM, or the least work between two rows, is searched."""

POINTS = 14
"""Budgets between the least and all that a table of points asks for."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to run a network, and where everything lies."""

    network: Network
    items: tuple[Item, ...]
    layout: Layout

    @property
    def bytes(self) -> int:
        return self.layout.plan.arena_bytes

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
        network = network.brisk()
    parts = cuts.parts_of(network)
    way = _within(network, parts, budget) if budget else None
    if way is not None:
        return way
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

    The paths are tried in the order of their cycles, each with less estimated bytes than the one before: with a larger
    budget the same ones, and some faster ones first. So more memory does not make a network slower.
    """
    limit, least = budget, cuts.least(network, parts)
    for count in range(tries + TRIES):
        if limit < least:
            break
        path = cuts.cheapest(network, parts, limit)
        way = _way(network, cuts.planned(path.items))
        if way.bytes <= budget:
            return _with_more_rows(network, way, path.items, limit, budget)
        limit = path.bytes - 4
        if count >= tries:
            limit -= (way.bytes - budget) // 2
    return None


def _with_more_rows(
    network: Network, way: Way, items: Sequence[Item], limit: int, budget: int
) -> Way:
    """The way with more rows a step where there is room for them, as far as addresses can be found."""
    for _ in range(MORE_TRIES):
        more = tuple(with_more_rows(network, i, limit) if i.segment else i for i in items)
        if more == tuple(items):
            break
        faster = _way(network, cuts.planned(more))
        if faster.bytes <= budget:
            return min(way, faster, key=lambda w: w.cycles)
        limit -= faster.bytes - budget
    return way


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
        _way(network, cuts.planned(items, rounds=PACKING_ROUNDS))
        for items in (path.items, cuts.smallest(path.items))
    )
    return min(searched, *usual, key=lambda way: way.bytes)


def _hastened(network: Network, parts: Parts, way: Way) -> Way:
    """The fastest way found that needs no more RAM."""
    usual = _within(network, parts, way.bytes)
    found = [_way(network, cuts.faster(w.items)) for w in (way, usual) if w is not None]
    return min((way, *(w for w in found if w.bytes <= way.bytes)), key=_fastest_first)
