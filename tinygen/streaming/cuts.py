"""What runs whole and what runs by rows: the fewest predicted cycles within a budget of RAM.

A cut is a place between two layers where one computed tensor is alive, or none. Between two cuts layers run whole, or
all of them by rows as one segment (parts.py). The choice is the cheapest path over the cuts whose every part fits in
the budget.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from tinygen.errors import UsageError
from tinygen.streaming.network import Item, Network
from tinygen.streaming.parts import Found, Part, RowsPart, WholePart
from tinygen.streaming.segment import plan_segment, with_faster_kernels

Progress = Callable[[float], None]


class Parts(dict[tuple[int, int], list[Part]]):
    """Ways between two cuts."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    @cached_property
    def descending(self) -> "tuple[Path, ...]":
        """The cheapest path of every budget, from the largest budget to the least."""
        found: list[Path] = []
        limit, smallest = MOST_BYTES, least(self.network, self)
        while limit >= smallest:
            found.append(cheapest(self.network, self, limit))
            limit = found[-1].bytes - 1
        return tuple(found)


MOST_BYTES = 2**40
"""More than any path needs."""


def parts_of(network: Network) -> Parts:
    """Every way between two cuts."""
    cuts = network.cuts
    parts = Parts(network)
    for i, start in enumerate(cuts[:-1]):
        if start or network.memory.pushed is None:
            end = cuts[i + 1]
            parts[start, end] = [WholePart(network=network, start=start, end=end)]
    for i, start in enumerate(cuts[:-1]):
        for j, end in enumerate(cuts[i + 1 :], i + 1):
            if not all(network.has_rows(index) for index in range(start, end)):
                break
            inside = pairwise(cuts[i : j + 1])
            whole = tuple(
                w for pair in inside for w in parts.get(pair, ())[:1] if isinstance(w, WholePart)
            )
            part = RowsPart.of(network, start, end, whole if len(whole) == j - i else ())
            if part is not None:
                parts.setdefault((start, end), []).append(part)
    return parts


@dataclass(frozen=True, kw_only=True)
class Path:
    """Parts from the first cut to the last, each in one way; `bytes` are those of the part that needs the most."""

    founds: tuple[Found, ...] = ()
    bytes: int = 0
    cycles: float = 0.0

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for found in self.founds for item in found.items)

    def followed_by(self, found: Found) -> "Path":
        return Path(
            founds=(*self.founds, found),
            bytes=max(self.bytes, found.bytes),
            cycles=self.cycles + found.cycles,
        )


def cheapest(network: Network, parts: Parts, budget: int) -> Path:
    """The path with the fewest predicted cycles of which no part needs more than `budget` bytes.

    There is one for budgets from least() on. Of paths with equal cycles it is one with the fewest bytes.
    """
    best: dict[int, Path] = {0: Path()}
    for end in network.cuts[1:]:
        paths = [
            best[start].followed_by(found)
            for (start, stop), ways in parts.items()
            if stop == end and start in best
            for way in ways
            if (found := way.within(budget)) is not None
        ]
        if paths:
            best[end] = min(paths, key=lambda path: (path.cycles, path.bytes))
    return best[network.cuts[-1]]


def refined(path: Path, parts: Parts, budget: int) -> Path | None:
    """The same cuts, with the numbers of rows a step that are fastest within the budget; None where nothing fits."""
    found = Path()
    for step in path.founds:
        first, last = step.items[0].first, step.items[-1].last
        if step.items[0].segment is not None:
            (rows,) = (p for p in parts[first, last + 1] if isinstance(p, RowsPart))
            step = rows.refined(budget)
        if step is None or step.bytes > budget:
            return None
        found = found.followed_by(step)
    return found


def least(network: Network, parts: Parts) -> int:
    """The smallest budget with which there is a path."""
    best: dict[int, int] = {0: 0}
    for end in network.cuts[1:]:
        ways = [
            max(best[start], way.least_bytes)
            for (start, stop), found in parts.items()
            if stop == end and start in best
            for way in found
        ]
        if ways:
            best[end] = min(ways)
    if network.cuts[-1] not in best:
        raise UsageError(
            what="the input cannot arrive row by row: the first layer needs all of it, or is the only one",
            where=f"layer '{network.candidates[0].call.node.name}'",
            next_step="leave --input at its default",
        )
    return best[network.cuts[-1]]


def faster(items: Sequence[Item]) -> tuple[Item, ...]:
    """Planned segments with the fastest kernels for which there is room in the same bytes."""
    return tuple(
        item
        if item.segment is None
        else replace(item, segment=with_faster_kernels(item.segment, item.options))
        for item in items
    )


def smallest(items: Sequence[Item]) -> tuple[Item, ...]:
    """Segments with the kernels that have the least scratch; not planned yet."""
    found = []
    for item in items:
        if item.segment is not None and item.options:
            rows = replace(item.segment.rows, runs=tuple(ways[-1] for ways in item.options))
            item = replace(item, segment=replace(item.segment, rows=rows))
        found.append(item)
    return tuple(found)


def planned(
    items: Sequence[Item],
    *,
    thorough: bool = False,
    rounds: int | None = None,
    other: Sequence[Item] = (),
    progress: Progress = lambda share: None,
) -> tuple[Item, ...]:
    """The items with the orders and addresses of their rows; after a thorough search with the kernels that have the
    least scratch. Segments that cannot be smaller than those of the same layers in `other` are not searched for."""
    blocks = {(i.first, i.last): i.segment.block_bytes for i in other if i.segment}
    found = []
    for item in smallest(items) if thorough else items:
        if item.segment is not None:
            segment = plan_segment(
                item.segment.rows,
                item.segment.schedule,
                thorough=thorough,
                proved_bytes=item.segment.proved_bytes,
                rounds=rounds,
                below=blocks.get((item.first, item.last)),
                progress=progress,
            )
            item = replace(item, segment=segment)
        found.append(item)
    return tuple(found)
