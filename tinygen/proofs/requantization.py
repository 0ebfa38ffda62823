"""Requantization by one product and one shift that all channels share, proved channel by channel.

With s the sum of products of raw inputs, so that acc = s + bias:

    Place.SUM      t = (s << prescale) + offset   h = floor(t * multiplier / 2**32) + (t >= 0 ? sign : 0) + after
    Place.PRODUCT  t = (s + bias) << prescale     h = floor(t * multiplier / 2**32) + (t < 0 ? sign : 0) + offset
    y = clamp(h >> shift, -128, 127), and then the activation's bounds where those are narrower

Nothing about this is exact by construction. But textbook and form are both monotone in the accumulator on either
side of t = 0, so they are equal everywhere if they are equal on both sides of each of the at most 255 steps of the
textbook, and at the ends. Every such point bounds the offset from below or from above; an offset between the bounds
is the proof. Double rounding, rule A6, has a kink at 0: the steps below it lie closer to 0 than the same offset would
put them, by up to one unit of the first rounding. That is the sign term. It acts on the side that keeps the sign of t
right: with Place.SUM the rounding is in t already, so that t < 0 wherever the output is below the zero point.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tinygen.fixedpoint import INT32_MAX, INT32_MIN, Integers, wrap_int32
from tinygen.proofs.channels import Channels, channels_of

__all__ = ["Channels", "Place", "Scaled", "channels_of", "prove"]

SHIFT = 16
"""The shift of every layer unless a kernel asks for another: an immediate in code that layers share."""

FAR = np.int64(2**62)
"""A bound that does not bind."""

MULTIPLIER_CHANGES = (0, *(sign << bits for bits in (*range(7), 8, 10, 12) for sign in (1, -1)))
"""What is added to a multiplier that does not fit; the first that is proved is taken."""

PRESCALES_TRIED = 5
"""The largest prescale leaves the finest steps; a few below it leave more room for the offset."""


class Place(enum.Enum):
    """Where the offset, which carries rounding and zero point, is added."""

    SUM = "sum"
    PRODUCT = "product"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaled:
    """A proved form; int64 arrays of shape [channels].

    `offsets` carry the bias only with Place.SUM (wrapped to int32: the sum before it may wrap as well). `signs` are
    all 0 where no sign term is needed. `after` is 0 but for Place.SUM with signs, where it is the zero point << shift.
    """

    place: Place
    prescale: int
    shift: int
    multipliers: Integers
    offsets: Integers
    signs: Integers
    after: int

    @property
    def has_signs(self) -> bool:
        return bool(self.signs.any())

    @property
    def statement(self) -> str:
        """What was proved, in words."""
        sign = ", a sign term" if self.has_signs else ""
        return (
            f"requantization by one product (prescale {self.prescale}, shift {self.shift}{sign}): equal to the "
            f"textbook on both sides of every step of {len(self.multipliers)} channels"
        )

    def apply(self, channels: Channels, acc: Integers) -> Integers:
        """What the form gives for accumulators [..., channels]: the model of the C, for tests."""
        t = wrap_int32(acc << self.prescale)
        if self.place is Place.SUM:
            t = wrap_int32(((acc - channels.bias) << self.prescale) + self.offsets)
        is_signed = t >= 0 if self.place is Place.SUM else t < 0
        h = (t * self.multipliers >> 32) + np.where(is_signed, self.signs, 0) + self.after
        h = h + (self.offsets if self.place is Place.PRODUCT else 0)
        saturated = np.clip(h >> self.shift, -128, 127)
        return np.clip(saturated, channels.out_min, channels.out_max)


@lru_cache(maxsize=1024)
def prove(
    channels: Channels,
    *,
    place: Place,
    shift: int = SHIFT,
    signs: bool = True,
    least_prescale: int = 0,
    most_prescale: int = 31,
) -> Scaled | None:
    """The form that is exact for every reachable accumulator of every channel, or None.

    Without `signs` only forms without a sign term are given; with it they are still preferred.
    """
    room = min(31 - channels.largest_acc.bit_length(), most_prescale)
    prescales = range(room, max(room - PRESCALES_TRIED, least_prescale - 1), -1)
    for with_sign in (False, True)[: 1 + signs]:
        for prescale in prescales:
            found = _prove_with(channels, place, shift, prescale, with_sign)
            if found is not None:
                return found
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bounds:
    """lowest[c] <= offset <= highest[c]."""

    lowest: Integers
    highest: Integers

    @property
    def exist(self) -> np.ndarray:
        return self.lowest <= self.highest

    @property
    def middle(self) -> Integers:
        return (np.maximum(self.lowest, -FAR) + np.minimum(self.highest, FAR)) >> 1


def _prove_with(
    channels: Channels, place: Place, shift: int, prescale: int, with_sign: bool
) -> Scaled | None:
    exact = _nearest_multipliers(channels, shift, prescale)
    if exact is None:
        return None
    multipliers, offsets, signs = (np.zeros_like(exact) for _ in range(3))
    proved = np.zeros(exact.shape, bool)
    solve = {Place.SUM: _solve_sum, Place.PRODUCT: _solve_product}[place]
    for change in MULTIPLIER_CHANGES:
        candidates = np.clip(exact + change, 0, INT32_MAX)
        found, offset, sign = solve(channels, shift, prescale, candidates, with_sign)
        here = found & ~proved
        multipliers = np.where(here, candidates, multipliers)
        offsets = np.where(here, offset, offsets)
        signs = np.where(here, sign, signs)
        proved |= here
        if proved.all():
            break
    if not proved.all():
        return None
    is_sum = place is Place.SUM
    return Scaled(
        place=place,
        prescale=prescale,
        shift=shift,
        multipliers=multipliers,
        offsets=wrap_int32((channels.bias << prescale) + offsets) if is_sum else offsets,
        signs=signs,
        after=channels.zero_point << shift if is_sum and with_sign else 0,
    )


def _nearest_multipliers(channels: Channels, shift: int, prescale: int) -> Integers | None:
    """m * 2**(1 + shift - prescale - right), rounded; None where one does not fit in 31 bits."""
    drop = channels.right + prescale - 1 - shift
    up, down = np.maximum(-drop, 0), np.clip(drop, 0, 40)
    if (channels.multipliers.astype(float) * np.exp2(up) > INT32_MAX).any():
        return None
    return ((channels.multipliers << up) + ((np.int64(1) << down) >> 1)) >> down


def _points(
    channels: Channels, low: Integers, high: Integers
) -> Iterator[tuple[Integers, Integers, np.ndarray, bool]]:
    """(values, accumulators, where it matters, whether the output must be >= value rather than < value).

    All that must hold for accumulators low .. high of a channel (none where low > high).
    """
    value = np.arange(-127, 128, dtype=np.int64)[:, None]
    is_seen = (value > channels.out_min) & (value <= channels.out_max)
    first = np.clip(channels.steps, low, np.maximum(high + 1, low))
    yield value, first, is_seen & (first <= high), True
    yield value, first - 1, is_seen & (first - 1 >= low) & (low <= high), False


def _offset_after(
    channels: Channels,
    shift: int,
    prescale: int,
    multipliers: Integers,
    low: Integers,
    high: Integers,
    bias_in_t: Integers | int = 0,
) -> _Bounds:
    """Bounds of what is added to the high word, for accumulators low .. high."""
    lowest = np.full(multipliers.shape, -FAR)
    highest = np.full(multipliers.shape, FAR)
    for value, acc, matters, at_least in _points(channels, low, high):
        product = ((acc << prescale) + bias_in_t) * multipliers >> 32
        if at_least:
            need = np.where(matters, (value << shift) - product, -FAR)
            lowest = np.maximum(lowest, need.max(0))
        else:
            room = np.where(matters, (value << shift) - 1 - product, FAR)
            highest = np.minimum(highest, room.min(0))
    # h itself must fit in int32
    for acc in (low, high):
        product = ((acc << prescale) + bias_in_t) * multipliers >> 32
        reached = low <= high
        lowest = np.where(reached, np.maximum(lowest, INT32_MIN - product), lowest)
        highest = np.where(reached, np.minimum(highest, INT32_MAX - product), highest)
    return _Bounds(lowest=np.maximum(lowest, INT32_MIN), highest=np.minimum(highest, INT32_MAX))


def _solve_product(
    channels: Channels, shift: int, prescale: int, multipliers: Integers, with_sign: bool
) -> tuple[np.ndarray, Integers, Integers]:
    low, high = channels.acc.low, channels.acc.high
    if not with_sign:
        bounds = _offset_after(channels, shift, prescale, multipliers, low, high)
        return bounds.exist, bounds.middle, np.zeros_like(multipliers)
    below = _offset_after(channels, shift, prescale, multipliers, low, np.minimum(high, -1))
    above = _offset_after(channels, shift, prescale, multipliers, np.maximum(low, 0), high)
    found = below.exist & above.exist
    offset, sign = _common(above, below, found)
    return found, offset, sign


def _common(above: _Bounds, below: _Bounds, found: np.ndarray) -> tuple[Integers, Integers]:
    """Offsets and sign terms; one sign term for all channels where there is such a one."""
    least = np.where(found, below.lowest - above.highest, -FAR)
    most = np.where(found, below.highest - above.lowest, FAR)
    sign = (least.max(initial=-FAR) + most.min(initial=FAR)) >> 1
    signs = np.clip(np.full_like(least, sign), least, most)
    lowest = np.maximum(above.lowest, below.lowest - signs)
    highest = np.minimum(above.highest, below.highest - signs)
    return (lowest + highest) >> 1, signs


def _solve_sum(
    channels: Channels, shift: int, prescale: int, multipliers: Integers, with_sign: bool
) -> tuple[np.ndarray, Integers, Integers]:
    low, high = channels.acc.low, channels.acc.high
    if not with_sign:
        bounds = _offset_before(channels, shift, prescale, multipliers, low, high, 0)
        return bounds.exist, bounds.middle, np.zeros_like(multipliers)
    zero = channels.zero_point << shift
    # the offset is that of the negative side, where it makes t < 0 wherever the output is below its zero point
    last = np.where(low < 0, np.minimum(high, -1), high)
    bounds = _offset_before(channels, shift, prescale, multipliers, low, last, zero)
    offset = bounds.middle
    split = -(offset >> prescale)  # the first accumulator with t >= 0
    ends = (channels, shift, prescale, multipliers)
    above = _offset_after(*ends, np.maximum(low, split), high, offset)
    below = _offset_after(*ends, low, np.minimum(high, split - 1), offset)
    agrees = (below.lowest <= zero) & (zero <= below.highest)
    found = bounds.exist & agrees & above.exist
    return found, offset, np.clip(0, above.lowest - zero, above.highest - zero)


def _offset_before(
    channels: Channels,
    shift: int,
    prescale: int,
    multipliers: Integers,
    low: Integers,
    high: Integers,
    after: int,
) -> _Bounds:
    """Bounds of what is added to the scaled sum, for accumulators low .. high."""
    usable = multipliers > 0
    divisor = np.where(usable, multipliers, 1)
    lowest = np.maximum(INT32_MIN - (channels.acc.low << prescale), -FAR)
    highest = np.minimum(INT32_MAX - (channels.acc.high << prescale), FAR)
    for value, acc, matters, at_least in _points(channels, low, high):
        # floor(t * M / 2**32) >= n exactly when t >= ceil(n * 2**32 / M)
        quotient = _ceil_quotient((value << shift) - after, divisor)
        if at_least:
            need = np.where(matters, quotient - (acc << prescale), -FAR)
            lowest = np.maximum(lowest, need.max(0))
        else:
            room = np.where(matters, quotient - 1 - (acc << prescale), FAR)
            highest = np.minimum(highest, room.min(0))
    return _Bounds(lowest=np.where(usable, lowest, FAR), highest=np.where(usable, highest, -FAR))


def _ceil_quotient(n: Integers, divisor: Integers) -> Integers:
    """ceil(n * 2**32 / divisor) for |n| < 2**30, exactly: n * 2**32 has at most 62 bits."""
    return -((-n << 32) // divisor)
