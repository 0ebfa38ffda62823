"""Fits a network into a budget of RAM: kernels with less scratch first, then rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tinygen.planner import Layout
from tinygen.streaming import cuts
from tinygen.streaming.cuts import Item, Network

Progress = Callable[[float], None]

SCRATCH_CAPS = (None, 6144, 3072, 1536, 768, 384, 0)
"""Bytes of scratch that the kernels of a network may use, in the order in which they are tried."""


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
        return self.network.cycles_of(self.items)

    @property
    def share_by_rows(self) -> float:
        """Of the multiply-accumulates."""
        macs = [c.call.op.macs(c.call) for c in self.network.candidates]
        by_rows = sum(sum(macs[i.first : i.last + 1]) for i in self.items if i.segment)
        return by_rows / max(sum(macs), 1)


def fitted(network: Network, budget: int | None, *, progress: Progress = lambda share: None) -> Way:
    """The fastest way found to run the network within the budget; the one with the least RAM where none fits.

    No budget: layers run whole with the kernels that were chosen. Budget 0 asks for the least RAM.
    """
    first = next(_all_whole(network), None) or next(_by_rows(network, 0))
    if budget is None or first.bytes <= budget:
        return first
    found = [first]
    for share, capped in _networks(network):
        progress(share)
        found += _all_whole(capped)
        for way in _by_rows(capped, budget):
            found.append(way)
            if way.bytes <= budget:
                break
    fitting = [way for way in found if way.bytes <= budget]
    if fitting:
        return min(fitting, key=lambda way: way.cycles)
    return _thorough(min(found, key=_least_first), progress)


def points(network: Network, *, progress: Progress = lambda share: None) -> tuple[Way, ...]:
    """Ways from the least RAM to the fewest predicted cycles; each is better than its neighbours in one of both.

    A budget of the bytes of any of them is met.
    """
    found = list(_all_whole(network))
    for share, capped in _networks(network):
        progress(share)
        found += [*_all_whole(capped), *_by_rows(capped, 0)]
    least = min(found, key=_least_first)
    found.append(_thorough(least, progress))
    kept: list[Way] = []
    for way in sorted(found, key=_least_first):
        if not kept or way.cycles < kept[-1].cycles:
            kept.append(way)
    return tuple(kept)


def _least_first(way: Way) -> tuple[float, float]:
    return way.bytes, way.cycles


def _networks(network: Network) -> Iterator[tuple[float, Network]]:
    """The network with less and less scratch, each choice of kernels once, and which share of them is done."""
    seen: list[Sequence[object]] = []
    for count, cap in enumerate(SCRATCH_CAPS):
        capped = network if cap is None else network.with_scratch(cap)
        if capped.candidates not in seen:
            seen.append(capped.candidates)
            yield count / len(SCRATCH_CAPS), capped


def _way(network: Network, items: tuple[Item, ...]) -> Way:
    return Way(network=network, items=items, layout=network.lay_out(items))


def _all_whole(network: Network) -> Iterator[Way]:
    """One way, but none where the input is never whole."""
    if network.memory.pushed is None:
        yield _way(network, network.whole_items(0, len(network.candidates) - 1))


def _by_rows(network: Network, budget: int) -> Iterator[Way]:
    """Ways with segments, with fewer and fewer bytes, from those that may fit in the budget on; always the least."""
    parts = cuts.parts_of(network)
    least = cuts.least(network, parts)
    limit = max(budget, least) if budget else None
    while limit is None or limit >= least:
        path = cuts.cheapest(network, parts, limit)
        yield _way(network, cuts.planned(path.items))
        limit = path.bytes - 1


def _thorough(way: Way, progress: Progress) -> Way:
    """The same segments with the best order of rows and the best packing that the searches find."""
    searched = cuts.planned(way.items, thorough=True, progress=progress)
    return min(_way(way.network, searched), way, key=_least_first)
