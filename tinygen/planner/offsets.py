"""Offsets: place buffers with known lifetimes into the smallest arena.

Two buffers that are alive together are apart, or they are the input and the output of a step whose kernel may write
over what it has read: then the input lies at least `lead` bytes above the output.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 8
"""Every buffer starts on a multiple of this many bytes."""

SEARCH_PLACEMENTS = 20_000
"""Placements that the exact search may try before the best plan found so far is taken."""

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
    what it still reads: both may share memory as long as the input starts `lead` bytes (0 or more) above the output."""

    input: str
    output: str
    lead: int

    def __post_init__(self) -> None:
        if self.lead < 0:
            raise ValueError(f"overlap of {self.output} with {self.input}: a lead of {self.lead}")


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
    """Return the best plan found: greedy orders first, then an exhaustive search within a node limit."""
    leads = {(o.input, o.output): o.lead for o in overlaps}
    bound, peak_step = _lower_bound(buffers, leads)
    orders = _orders(buffers)
    offsets = min((_first_fit(order, leads) for order in orders), key=_height_of(buffers))
    exhausted = False
    if _height(buffers, offsets) > bound and len(buffers) <= SEARCH_BUFFERS:
        offsets, exhausted = _search(buffers, leads, offsets, bound)
    height = _height(buffers, offsets)
    return Plan(
        offsets=offsets,
        arena_bytes=height,
        lower_bound_bytes=bound,
        peak_step=peak_step,
        is_optimal=exhausted or height == bound,
    )


Leads = Mapping[tuple[str, str], int]
"""Overlaps by (input, output)."""


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


def _orders(buffers: Sequence[Buffer]) -> Iterable[list[Buffer]]:
    yield sorted(buffers, key=lambda b: (-b.padded_bytes, b.first, b.name))
    yield sorted(buffers, key=lambda b: (-b.padded_bytes, -b.first, b.name))
    yield sorted(buffers, key=lambda b: (b.first, -b.padded_bytes, b.name))
    yield sorted(buffers, key=lambda b: (-b.padded_bytes * (b.last - b.first + 1), b.name))


def _first_fit(order: Sequence[Buffer], leads: Leads) -> dict[str, int]:
    offsets: dict[str, int] = {}
    placed: list[Buffer] = []
    for buffer in order:
        offsets[buffer.name] = _lowest_gap(buffer, placed, offsets, leads)
        placed.append(buffer)
    return offsets


def _lowest_gap(
    buffer: Buffer, placed: Sequence[Buffer], offsets: dict[str, int], leads: Leads
) -> int:
    """The lowest offset that no placed buffer forbids."""
    forbidden = sorted(
        _forbidden(buffer, b, offsets[b.name], leads) for b in placed if b.meets(buffer)
    )
    offset = 0
    for above, below in forbidden:
        if offset <= above:
            break
        offset = max(offset, below)
    return offset


def _forbidden(buffer: Buffer, other: Buffer, at: int, leads: Leads) -> tuple[int, int]:
    """The buffer may start at the first offset or below it, and at the second or above it, but not between them."""
    as_output = leads.get((other.name, buffer.name))
    as_input = leads.get((buffer.name, other.name))
    above, below = at - buffer.padded_bytes, at + other.padded_bytes
    if as_output is not None:
        above = max(above, at - _padded(as_output))
    if as_input is not None:
        below = min(below, at + _padded(as_input))
    return above, below


def _height(buffers: Sequence[Buffer], offsets: dict[str, int]) -> int:
    return max((offsets[b.name] + b.padded_bytes for b in buffers), default=0)


def _height_of(buffers: Sequence[Buffer]):
    return lambda offsets: _height(buffers, offsets)


def _search(
    buffers: Sequence[Buffer], leads: Leads, start: dict[str, int], bound: int
) -> tuple[dict[str, int], bool]:
    """Depth-first over the orders of first-fit placement, bottom up.

    Some order of lowest-gap placements gives an optimal plan, so an exhausted search is a proof. Returns the
    best offsets and whether the search was exhausted.
    """
    best, best_height, tried = start, _height(buffers, start), 0

    def descend(placed: list[Buffer], offsets: dict[str, int], height: int, floor: int) -> bool:
        nonlocal best, best_height, tried
        if len(placed) == len(buffers):
            best, best_height = dict(offsets), height
            return True
        for buffer in buffers:
            if buffer.name in offsets:
                continue
            tried += 1
            if tried > SEARCH_PLACEMENTS:
                return False
            offset = _lowest_gap(buffer, placed, offsets, leads)
            top = max(height, offset + buffer.padded_bytes)
            # placing bottom up loses no plan and visits each only once
            if offset < floor or top >= best_height:
                continue
            offsets[buffer.name] = offset
            finished = descend([*placed, buffer], offsets, top, offset)
            del offsets[buffer.name]
            if not finished:
                return False
            if best_height == bound:
                return True
        return True

    exhausted = descend([], {}, 0, 0)
    return best, exhausted
