"""Fits a network into a budget of RAM: kernels with less scratch first, then rows."""

from collections.abc import Callable

from tinygen.planner import Layout
from tinygen.streaming import cuts
from tinygen.streaming.cuts import Item, Network

Progress = Callable[[float], None]

SCRATCH_CAPS = (None, 6144, 3072, 1536, 768, 384, 0)
"""Bytes of scratch that the kernels of a network may use, in the order in which they are tried."""

TIGHTENINGS = (1.0, 0.97, 0.93, 0.88, 0.8)
"""Shares of the budget that are asked of single parts: together they may need somewhat more."""


def fitted(
    network: Network, budget: int | None, *, progress: Progress = lambda share: None
) -> tuple[Network, tuple[Item, ...], Layout]:
    """The fastest way found to run the network within the budget; the one with the least RAM where none fits.

    No budget: layers run whole with the kernels that were chosen. Budget 0 asks for the least RAM.
    """
    whole = _all_whole(network)
    if budget is None or whole[2].plan.arena_bytes <= budget:
        return whole
    found = [whole]
    for count, cap in enumerate(SCRATCH_CAPS):
        progress(count / len(SCRATCH_CAPS))
        capped = network if cap is None else network.with_scratch(cap)
        found.append(_all_whole(capped))
        found += _by_rows(capped, budget)
    fitting = [f for f in found if f[2].plan.arena_bytes <= budget]
    if fitting:
        return min(fitting, key=lambda f: f[0].cycles_of(f[1]))
    best = min(found, key=lambda f: (f[2].plan.arena_bytes, f[0].cycles_of(f[1])))
    return _thorough(best, progress) if budget == 0 else best


def least_bytes(network: Network) -> int:
    """The smallest arena that is found for the network."""
    return fitted(network, 0)[2].plan.arena_bytes


def _all_whole(network: Network) -> tuple[Network, tuple[Item, ...], Layout]:
    items = network.whole_items(0, len(network.candidates) - 1)
    return network, items, network.lay_out(items)


def _by_rows(network: Network, budget: int) -> list[tuple[Network, tuple[Item, ...], Layout]]:
    """Ways with segments: within the budget, or the least that is possible."""
    parts = cuts.parts_of(network)
    least = cuts.least(network, parts)
    found = []
    for share in TIGHTENINGS:
        path = cuts.cheapest(network, parts, max(int(budget * share), least))
        items = cuts.planned(path)
        layout = network.lay_out(items)
        found.append((network, items, layout))
        if layout.plan.arena_bytes <= budget or budget * share <= least:
            break
    return found


def _thorough(
    best: tuple[Network, tuple[Item, ...], Layout], progress: Progress
) -> tuple[Network, tuple[Item, ...], Layout]:
    """The same segments with the best order of rows and the best packing that the searches find."""
    network, items, layout = best
    searched = cuts.planned(items, thorough=True, progress=progress)
    again = network.lay_out(searched)
    better = again.plan.arena_bytes < layout.plan.arena_bytes
    return (network, searched, again) if better else (network, items, layout)
