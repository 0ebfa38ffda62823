"""Packing of many short-lived pieces: addresses for every row of a row schedule.

First-fit in several orders, then a local search: a piece at the top of the pile is moved to an earlier place in the
order. The search is seeded and counted in rounds, so the same pieces give the same addresses on every machine.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 6_000
"""Orders that the local search tries."""

DOWNHILL = 0.02
"""Share of the worse orders that the search goes on with all the same, to leave a dead end."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """`bytes` of memory from event `first` to event `last`, inclusive. `bytes` is a multiple of the alignment."""

    bytes: int
    first: int
    last: int


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
    progress: Callable[[float], None] = lambda share: None,
) -> Packing:
    """The lowest packing found. `progress` is told which share of the rounds is done."""
    bound = most_alive(pieces)
    neighbours = _neighbours(pieces)
    tries = [(_first_fit(order, pieces, neighbours), order) for order in _orders(pieces)]
    (height, offsets), order = min(tries, key=lambda t: t[0][0])
    best_height, best_offsets, best_order = height, offsets, order
    choices = random.Random(len(pieces))
    for count in range(rounds):
        if best_height == bound:
            break
        if count % 100 == 0:
            progress(count / rounds)
        moved = _moved(order, offsets, height, pieces, neighbours, choices)
        if moved is None:
            height, offsets, order = best_height, best_offsets, best_order
            continue
        new_height, new_offsets = _first_fit(moved, pieces, neighbours)
        if new_height <= height or choices.random() < DOWNHILL:
            height, offsets, order = new_height, new_offsets, moved
        if new_height < best_height:
            best_height, best_offsets, best_order = new_height, new_offsets, moved
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


def _first_fit(
    order: Sequence[int], pieces: Sequence[Piece], neighbours: Sequence[frozenset[int]]
) -> tuple[int, list[int]]:
    offsets, height = [-1] * len(pieces), 0
    for index in order:
        size, offset = pieces[index].bytes, 0
        taken = sorted((offsets[j], pieces[j].bytes) for j in neighbours[index] if offsets[j] >= 0)
        for start, length in taken:
            if start - offset >= size:
                break
            offset = max(offset, start + length)
        offsets[index] = offset
        height = max(height, offset + size)
    return height, offsets


def _moved(
    order: list[int],
    offsets: Sequence[int],
    height: int,
    pieces: Sequence[Piece],
    neighbours: Sequence[frozenset[int]],
    choices: random.Random,
) -> list[int] | None:
    """The order with one of the highest pieces before one that is in its way; None where nothing is."""
    highest = [i for i, p in enumerate(pieces) if offsets[i] + p.bytes == height]
    index = choices.choice(highest)
    position = order.index(index)
    obstacles = [p for p in range(position) if order[p] in neighbours[index]]
    if not obstacles:
        return None
    before = choices.choice(obstacles)
    return [*order[:before], index, *order[before:position], *order[position + 1 :]]
