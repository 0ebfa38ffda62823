"""Offsets: place buffers with known lifetimes into the smallest arena.

Two buffers that are alive together are apart, or they are the input and the output of a step whose kernel may write
over what it has read: then the input lies at least `lead` bytes above the output, or exactly so many.
"""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 8
"""Every buffer starts on a multiple of this many bytes."""

SEARCH_PLACEMENTS = 20_000
"""Placements that the exact search may try before the best plan found so far is taken."""

CLIMB_ROUNDS = 500
"""Orders that the local search tries from each of its starts."""

DOWNHILL = 0.02
"""Share of the worse orders that it goes on with all the same, to leave a dead end."""

SEARCH_BUFFERS = 200
"""Programs with more buffers than this are placed greedily."""


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """`bytes` of memory that are in use from step `first` to step `last`, inclusive."""

    name: str
    bytes: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.bytes < 1 or self.first > self.last:
            raise ValueError(f"buffer {self.name}: {self.bytes} bytes in {self.first}..{self.last}")

    @property
    def padded_bytes(self) -> int:
        return -(-self.bytes // ALIGNMENT) * ALIGNMENT

    def meets(self, other: "Buffer") -> bool:
        """True when both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The step that reads `input` for the last time writes `output` forward, never more than `lead` bytes ahead of
    what it still reads: both may share memory as long as the input starts `lead` bytes (0 or more) above the output,
    neither more nor less where it `is_exact`."""

    input: str
    output: str
    lead: int
    is_exact: bool = False

    def __post_init__(self) -> None:
        if self.lead < 0:
            raise ValueError(f"overlap of {self.output} with {self.input}: a lead of {self.lead}")
        if self.is_exact and self.lead % ALIGNMENT:
            raise ValueError(f"no buffer starts exactly {self.lead} bytes above another")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Offsets in bytes by buffer name. No plan can be smaller than `lower_bound_bytes`."""

    offsets: dict[str, int]
    arena_bytes: int
    lower_bound_bytes: int
    peak_step: int
    is_optimal: bool

    def summary(self) -> str:
        proof = "optimal (proved)" if self.is_optimal else "not proved optimal"
        return f"{self.arena_bytes} bytes, lower bound {self.lower_bound_bytes}, {proof}"


def place(buffers: Sequence[Buffer], overlaps: Sequence[Overlap] = ()) -> Plan:
    """Return the best plan found: greedy orders first, then a local search, then an exhaustive one within a limit."""
    leads = {(o.input, o.output): o.lead for o in overlaps}
    bound, peak_step = _lower_bound(buffers, leads)
    exact = frozenset((o.input, o.output) for o in overlaps if o.is_exact)
    gaps = _Gaps(buffers, leads, exact)
    orders = tuple(_orders(buffers))
    height, offsets = min((gaps.first_fit(order) for order in orders), key=lambda found: found[0])
    exhausted = False
    for order in orders:
        if height > bound and len(buffers) <= SEARCH_BUFFERS:
            height, offsets = min((height, offsets), _climbed(gaps, order, bound))
    if height > bound and len(buffers) <= SEARCH_BUFFERS:
        height, offsets, exhausted = _search(gaps, height, offsets, bound)
    return Plan(
        offsets={b.name: at for b, at in zip(buffers, offsets, strict=True)},
        arena_bytes=height,
        lower_bound_bytes=bound,
        peak_step=peak_step,
        # who must lie exactly above another may have to lie higher than the lowest place
        is_optimal=(exhausted and not exact) or height == bound,
    )


def lower_bound(buffers: Sequence[Buffer], overlaps: Sequence[Overlap] = ()) -> int:
    """No plan is smaller: the most bytes that one step needs at once."""
    return _lower_bound(buffers, {(o.input, o.output): o.lead for o in overlaps})[0]


Leads = Mapping[tuple[str, str], int]
"""Overlaps by (input, output)."""

Exact = Collection[tuple[str, str]]
"""(input, output) of those that must lie exactly so far above each other."""


def _lower_bound(buffers: Sequence[Buffer], leads: Leads) -> tuple[int, int]:
    """The most bytes that one step needs at once, and that step."""
    steps = sorted({b.first for b in buffers})
    live = {s: _needed([b for b in buffers if b.first <= s <= b.last], leads) for s in steps}
    peak = max(live, key=lambda s: (live[s], -s), default=0)
    return live.get(peak, 0), peak


def _needed(alive: Sequence[Buffer], leads: Leads) -> int:
    """Bytes that buffers alive together need at least: what may overlap counts once."""
    total = sum(b.padded_bytes for b in alive)
    size = {b.name: b.padded_bytes for b in alive}
    saved = [
        max(size[i] + size[o] - max(size[o], size[i] + _padded(lead)), 0)
        for (i, o), lead in leads.items()
        if i in size and o in size
    ]
    return total - sum(saved)


def _padded(lead: int) -> int:
    return -(-lead // ALIGNMENT) * ALIGNMENT


def _orders(buffers: Sequence[Buffer]) -> Iterator[list[int]]:
    keys: tuple[Callable[[Buffer], tuple], ...] = (
        lambda b: (-b.padded_bytes, b.first, b.name),
        lambda b: (-b.padded_bytes, -b.first, b.name),
        lambda b: (b.first, -b.padded_bytes, b.name),
        lambda b: (-b.padded_bytes * (b.last - b.first + 1), b.name),
        # backwards in time every input finds its output in place, and lies right above its start
        lambda b: (-b.last, -b.first, -b.padded_bytes, b.name),
    )
    for key in keys:
        yield sorted(range(len(buffers)), key=lambda i, key=key: key(buffers[i]))


class _Gaps:
    """Which offsets buffers forbid each other: all that is the same for every order of placement."""

    def __init__(self, buffers: Sequence[Buffer], leads: Leads, exact: Exact) -> None:
        self.sizes = [b.padded_bytes for b in buffers]
        # (other, up, down): beside another at offset a, offsets between a - up and a + down are forbidden
        self.of = [
            [
                (j, *distances)
                for j, o in enumerate(buffers)
                if j != i and b.meets(o)
                for distances in _distances(b, o, leads, exact)
            ]
            for i, b in enumerate(buffers)
        ]

    def lowest(self, index: int, offsets: Sequence[int]) -> int:
        """The lowest offset that no placed buffer forbids; offsets below 0 are of those not placed."""
        forbidden = sorted(
            (offsets[j] - up, offsets[j] + down)
            for j, up, down in self.of[index]
            if offsets[j] >= 0
        )
        offset = 0
        for above, below in forbidden:
            if offset <= above:
                break
            offset = max(offset, below)
        return offset

    def first_fit(self, order: Sequence[int]) -> tuple[int, list[int]]:
        """Height and offsets when buffers are placed in this order."""
        offsets, height = [-1] * len(self.sizes), 0
        for index in order:
            offsets[index] = self.lowest(index, offsets)
            height = max(height, offsets[index] + self.sizes[index])
        return height, offsets


def _distances(
    buffer: Buffer, other: Buffer, leads: Leads, exact: Exact
) -> Iterator[tuple[int, int]]:
    """How far below another's start the buffer must start at least, or how far above it; twice, where one place between
    is free."""
    up, down = buffer.padded_bytes, other.padded_bytes
    as_output = leads.get((other.name, buffer.name))
    as_input = leads.get((buffer.name, other.name))
    if (other.name, buffer.name) in exact and as_output < up:
        yield up, -as_output
        yield as_output, down
    elif (buffer.name, other.name) in exact and as_input < down:
        yield up, as_input
        yield -as_input, down
    elif as_output is not None:
        yield min(up, _padded(as_output)), down
    elif as_input is not None:
        yield up, min(down, _padded(as_input))
    else:
        yield up, down


def _climbed(
    gaps: _Gaps, order: list[int], bound: int, rounds: int = CLIMB_ROUNDS
) -> tuple[int, list[int]]:
    """Height and offsets after a seeded search over orders: one of the highest is placed before one in its way."""
    height, offsets = gaps.first_fit(order)
    best_height, best_offsets = height, offsets
    choices = random.Random(len(order))
    for _ in range(rounds):
        if best_height == bound:
            break
        highest = [i for i, size in enumerate(gaps.sizes) if offsets[i] + size == height]
        index = choices.choice(highest)
        position = order.index(index)
        neighbours = {j for j, _, _ in gaps.of[index]}
        obstacles = [p for p in range(position) if order[p] in neighbours]
        before = choices.choice(obstacles) if obstacles else choices.randrange(len(order))
        moved = [i for i in order if i != index]
        moved.insert(before, index)
        new_height, new_offsets = gaps.first_fit(moved)
        if new_height <= height or choices.random() < DOWNHILL:
            order, height, offsets = moved, new_height, new_offsets
        if new_height < best_height:
            best_height, best_offsets = new_height, new_offsets
    return best_height, best_offsets


def _search(
    gaps: _Gaps, height: int, offsets: Sequence[int], bound: int
) -> tuple[int, list[int], bool]:
    """Depth-first over the orders of first-fit placement, bottom up.

    Some order of lowest-gap placements gives an optimal plan, so an exhausted search is a proof. Returns the
    best height and offsets, and whether the search was exhausted.
    """
    count, tried = len(offsets), 0
    best_height, best = height, list(offsets)
    current = [-1] * count

    def descend(placed: int, height: int, floor: int) -> bool:
        nonlocal best, best_height, tried
        if placed == count:
            best, best_height = list(current), height
            return True
        for index in range(count):
            if current[index] >= 0:
                continue
            tried += 1
            if tried > SEARCH_PLACEMENTS:
                return False
            offset = gaps.lowest(index, current)
            top = max(height, offset + gaps.sizes[index])
            # placing bottom up loses no plan and visits each only once
            if offset < floor or top >= best_height:
                continue
            current[index] = offset
            finished = descend(placed + 1, top, offset)
            current[index] = -1
            if not finished:
                return False
            if best_height == bound:
                return True
        return True

    exhausted = descend(0, 0, 0)
    return best_height, best, exhausted
