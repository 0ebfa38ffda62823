"""Packing of many short-lived pieces: addresses for every row of a row schedule.

First-fit in several orders, then a local search: a piece at the top of the pile is moved to an earlier place in the
order. The search is seeded and counted in rounds, so the same pieces give the same addresses on every machine.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 6_000
"""Orders that the local search tries."""

MOST_PLACEMENTS = 1_500_000
"""Places of pieces that it may look for, all rounds together: fewer rounds where there are very many pieces."""

PATIENCE = 2_000
"""Orders without a better one after which it stops."""

DOWNHILL = 0.02
"""Share of the worse orders that the search goes on with all the same, to leave a dead end."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """`bytes` of memory from event `first` to event `last`, inclusive, at `floor` or above. `bytes` and `floor` are
    multiples of the alignment."""

    bytes: int
    first: int
    last: int
    floor: int = 0


@dataclass(frozen=True, kw_only=True)
class Packing:
    """Offsets in the order of the pieces; no packing is lower than `lower_bound_bytes`."""

    offsets: tuple[int, ...]
    height: int
    lower_bound_bytes: int

    @property
    def is_optimal(self) -> bool:
        return self.height == self.lower_bound_bytes


def pack(
    pieces: Sequence[Piece],
    *,
    rounds: int = ROUNDS,
    enough: int = 0,
    below: int | None = None,
    like: Sequence[int] = (),
    progress: Callable[[float], None] = lambda share: None,
) -> Packing:
    """The lowest packing found, or the first of at most `enough` bytes. The search begins near the offsets `like`, if
    there are any; there is none where nothing can be `below` so many bytes. `progress` is told which share of the
    rounds is done."""
    bound = most_alive(pieces)
    rounds = min(rounds, MOST_PLACEMENTS // max(len(pieces), 1))
    rounds = 0 if below is not None and bound >= below else rounds
    enough = max(enough, bound)
    fit = _FirstFit(pieces)
    orders = [sorted(range(len(pieces)), key=lambda i: like[i])] if like else _orders(pieces)
    tries = [(fit.all_of(order), order) for order in orders]
    (height, offsets), order = min(tries, key=lambda t: t[0][0])
    best_height, best_offsets, best_order = height, offsets, order
    choices = random.Random(len(pieces))
    found_at = 0
    for count in range(rounds):
        if best_height <= enough or count > found_at + PATIENCE:
            break
        if count % 100 == 0:
            progress(count / rounds)
        move = _moved(order, offsets, height, fit, choices)
        if move is None:
            height, offsets, order = best_height, best_offsets, best_order
            continue
        moved, same = move
        most = None if choices.random() < DOWNHILL else height
        new = fit.from_place(moved, same, offsets, most)
        if new is None:
            continue
        height, offsets, order = *new, moved
        if height < best_height:
            best_height, best_offsets, best_order = height, offsets, order
            found_at = count
    return Packing(offsets=tuple(best_offsets), height=best_height, lower_bound_bytes=bound)


def most_alive(pieces: Sequence[Piece]) -> int:
    """The most bytes alive at one event."""
    changes: dict[int, int] = {}
    for piece in pieces:
        changes[piece.first] = changes.get(piece.first, 0) + piece.bytes
        changes[piece.last + 1] = changes.get(piece.last + 1, 0) - piece.bytes
    most = alive = 0
    for event in sorted(changes):
        alive += changes[event]
        most = max(most, alive)
    return most


def _neighbours(pieces: Sequence[Piece]) -> list[frozenset[int]]:
    """For every piece those that are alive at the same time."""
    return [
        frozenset(
            j for j, b in enumerate(pieces) if j != i and a.first <= b.last and b.first <= a.last
        )
        for i, a in enumerate(pieces)
    ]


def _orders(pieces: Sequence[Piece]) -> list[list[int]]:
    keys: tuple[Callable[[Piece], tuple[int, ...]], ...] = (
        lambda p: (p.first, -p.bytes),
        lambda p: (-p.bytes, p.first),
        lambda p: (p.first - p.last, -p.bytes),
        lambda p: ((p.first - p.last) * p.bytes,),
    )
    return [sorted(range(len(pieces)), key=lambda i, key=key: key(pieces[i])) for key in keys]


class _FirstFit:
    """Places pieces in an order, each as low as those before it allow."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.sizes = [p.bytes for p in pieces]
        self.floors = [p.floor for p in pieces]
        self.neighbours = _neighbours(pieces)

    def all_of(self, order: Sequence[int]) -> tuple[int, list[int]]:
        """Height and offsets."""
        found = self.from_place(order, 0, [-1] * len(order), None)
        assert found is not None, "there was no limit"
        return found

    def from_place(
        self, order: Sequence[int], same: int, known: Sequence[int], most: int | None
    ) -> tuple[int, list[int]] | None:
        """The same where the first `same` pieces of the order lie as in `known`; None above `most`."""
        sizes, offsets = self.sizes, [-1] * len(order)
        for index in order[:same]:
            offsets[index] = known[index]
        height = max((offsets[i] + sizes[i] for i in order[:same]), default=0)
        for index in order[same:]:
            size, offset = sizes[index], self.floors[index]
            placed = [(offsets[j], sizes[j]) for j in self.neighbours[index] if offsets[j] >= 0]
            placed.sort()
            for start, length in placed:
                if start - offset >= size:
                    break
                if start + length > offset:
                    offset = start + length
            offsets[index] = offset
            if offset + size > height:
                height = offset + size
                if most is not None and height > most:
                    return None
        return height, offsets


def _moved(
    order: list[int],
    offsets: Sequence[int],
    height: int,
    fit: _FirstFit,
    choices: random.Random,
) -> tuple[list[int], int] | None:
    """The order with one of the highest pieces before one that is in its way, and how many places are as before; None
    where nothing is in its way."""
    highest = [i for i, size in enumerate(fit.sizes) if offsets[i] + size == height]
    index = choices.choice(highest)
    position = order.index(index)
    neighbours = fit.neighbours[index]
    obstacles = [p for p in range(position) if order[p] in neighbours]
    if not obstacles:
        return None
    before = choices.choice(obstacles)
    moved = [*order[:before], index, *order[before:position], *order[position + 1 :]]
    return moved, before
