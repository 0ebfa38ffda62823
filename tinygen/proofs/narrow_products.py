"""Requantization with 32-bit products only, for cores without a longer multiplication; proved channel by channel.

With s the sum that a kernel has (of products of raw inputs, plus what the kernel leaves in it, `start`):

    t = s - cut
    y = out_min where t < 0,    out_max where t >= limit,    else out_min + min(v >> shift, out_max - out_min) with
    v = floor(t * multiplier / 2**16) + offset
    v = v + (v < 0 ? sign : 0) + zero                                  only for layers that need the sign term

The cut is where the output first exceeds out_min, the limit (one for the layer) where all are out_max; so v only has
to be right, and to fit, in between. The product takes three multiplications of 32 bits; what is added up counts modulo
2**32. With t = 2**16 * a + b, 0 <= b < 2**16, and the multiplier 2**16 * m + n, 0 <= n < 2**16:

    floor(t * multiplier / 2**16) = t * m + a * n + (b * n >> 16)      b * n < 2**32, unsigned

Nothing else about this is exact by construction. Textbook and form are both monotone in the accumulator, so they are
equal everywhere if they are equal on both sides of each of the at most 255 steps of the textbook, and at the ends.
Each such point bounds the offset from below or from above; an offset between the bounds is the proof. The double
rounding of rule A6 has a kink where the accumulator changes its sign; the sign term stands for it. There the offset
also has to give v the sign of the accumulator.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN, Integers, wrap_int32
from tinygen.proofs.channels import Channels

SHIFTS = range(24, 13, -1)
"""Fraction bits of v, the finest first."""

PRODUCT_BITS = 16
"""What the product is shifted by."""

UINT32_MAX = 2**32 - 1

FAR = np.int64(2**62)
"""A bound that does not bind."""

MULTIPLIER_CHANGES = (
    0,
    *(sign * size for size in (*range(1, 9), 12, 16, 32, 64) for sign in (1, -1)),
)
"""What is added to a multiplier that does not fit; the first that is proved is taken."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Narrow:
    """A proved form; int64 arrays of shape [channels].

    `offsets` are wrapped to int32. `signs` and `zero` are 0 without a sign term.
    """

    multipliers: Integers
    offsets: Integers
    cuts: Integers
    signs: Integers
    limit: int
    shift: int
    zero: int
    has_signs: bool

    @property
    def statement(self) -> str:
        """What was proved, in words."""
        sign = ", a sign term" if self.has_signs else ""
        return (
            f"requantization with 32-bit products (shift {self.shift}{sign}): equal to the textbook on both sides "
            f"of every step of {len(self.multipliers)} channels"
        )

    def apply(self, channels: Channels, start: Integers | int, acc: Integers) -> Integers:
        """What the form gives for accumulators [..., channels]: the model of the C, for tests."""
        t = wrap_int32(wrap_int32(acc - channels.bias + start) - self.cuts)
        v = self._scaled(t)
        if self.has_signs:
            v = v + np.where(v < 0, self.signs, 0) + self.zero
        most = channels.out_max - channels.out_min
        steps = np.minimum((v & 0xFFFFFFFF) >> self.shift, most)
        steps = np.where(t < 0, 0, np.where(t >= self.limit, most, steps))
        return channels.out_min + steps

    def _scaled(self, t: Integers) -> Integers:
        a, b = t >> 16, t & 0xFFFF
        m, n = self.multipliers >> 16, self.multipliers & 0xFFFF
        return wrap_int32(wrap_int32(t * m) + wrap_int32(a * n) + (b * n >> 16) + self.offsets)


def prove(channels: Channels, start: Integers | int = 0) -> Narrow | None:
    """The form that is exact for every reachable accumulator of every channel, or None; without signs if possible."""
    if (channels.acc.high - channels.acc.low).max() >= 2**31:
        return None
    between = _between(channels)
    for solve in (_plain, _signed):
        for shift in SHIFTS:
            nearest = _nearest_multipliers(between, shift)
            found = None if nearest is None else solve(between, nearest, shift)
            if found is not None:
                cuts = between.first + start - channels.bias
                return dataclasses.replace(found, cuts=cuts, limit=between.limit)
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Between:
    """Accumulators first .. high [channels], whose outputs are not out_min, and below the limit; t = acc - first."""

    channels: Channels
    first: Integers
    high: Integers
    limit: int


def _between(channels: Channels) -> _Between:
    high = channels.acc.high
    first, last = (
        high + 1 if value > 127 else channels.steps[value + 127]
        for value in (channels.out_min + 1, max(channels.out_max, -127))
    )
    limit = max(int((last - first).max()) + 1, 1)
    return _Between(
        channels=channels, first=first, high=np.minimum(high, first + limit - 1), limit=limit
    )


def _nearest_multipliers(between: _Between, shift: int) -> Integers | None:
    """multiplier * 2**(shift - 15 - right), rounded; None where products could leave 62 bits."""
    drop = between.channels.right + 15 - shift
    up, down = np.maximum(-drop, 0), np.clip(drop, 0, 40)
    exact = between.channels.multipliers * np.exp2(-drop.astype(float))
    if ((between.high - between.first) * exact >= 2.0**50).any() or (exact >= 2.0**46).any():
        return None
    return ((between.channels.multipliers << up) + ((np.int64(1) << down) >> 1)) >> down


def _plain(between: _Between, nearest: Integers, shift: int) -> Narrow | None:
    return _search(nearest, shift, lambda tried: _solve_plain(between, tried, shift))


def _signed(between: _Between, nearest: Integers, shift: int) -> Narrow | None:
    c = between.channels
    zero = ((c.zero_point - c.out_min) << shift) + (1 << shift - 1)
    found = _search(nearest, shift, lambda tried: _solve_signed(between, tried, shift, zero))
    return None if found is None else dataclasses.replace(found, zero=zero, has_signs=True)


Solution = tuple[NDArray[np.bool_], Integers, Integers]
"""Whether it is proved, the offset, and the sign term, by channel."""


def _search(nearest: Integers, shift: int, solve: Callable[[Integers], Solution]) -> Narrow | None:
    """The multipliers near these for which `solve` finds all else, without cuts yet."""
    multipliers, offsets, signs = (np.zeros_like(nearest) for _ in range(3))
    proved = np.zeros(nearest.shape, bool)
    for change in MULTIPLIER_CHANGES:
        tried = np.maximum(nearest + change, 0)
        found, offset, sign = solve(tried)
        here = found & ~proved
        multipliers = np.where(here, tried, multipliers)
        offsets = np.where(here, offset, offsets)
        signs = np.where(here, sign, signs)
        proved |= here
        if proved.all():
            return Narrow(
                multipliers=multipliers,
                offsets=wrap_int32(offsets),
                cuts=np.zeros_like(offsets),
                signs=signs,
                limit=0,
                shift=shift,
                zero=0,
                has_signs=False,
            )
    return None


def _solve_plain(between: _Between, multipliers: Integers, shift: int) -> Solution:
    lowest, highest = _bounds(
        between, multipliers, shift, 0, between.first, between.high, UINT32_MAX
    )
    return lowest <= highest, (lowest + highest) >> 1, np.zeros_like(lowest)


def _solve_signed(between: _Between, multipliers: Integers, shift: int, zero: int) -> Solution:
    low, high = between.first, between.high
    first, last = np.maximum(low, 0), np.minimum(high, -1)
    lowest, highest = _bounds(between, multipliers, shift, zero, first, high)
    # v must have the sign of the accumulator before signs are added
    at_first = _products(between, multipliers, first)
    at_last = _products(between, multipliers, last)
    lowest = np.where(first <= high, np.maximum(lowest, -at_first), lowest)
    highest = np.where(low <= last, np.minimum(highest, -1 - at_last), highest)
    # and fit in int32 before `zero` is added
    lowest = np.maximum(lowest, INT32_MIN - _products(between, multipliers, low))
    highest = np.minimum(highest, INT32_MAX - _products(between, multipliers, high))
    offset = (np.maximum(lowest, -FAR) + np.minimum(highest, FAR)) >> 1
    least, most = _bounds(between, multipliers, shift, zero + offset, low, last)
    least, most = np.maximum(least, INT32_MIN), np.minimum(most, INT32_MAX)
    return (lowest <= highest) & (least <= most), offset, np.clip(0, least, most)


def _products(between: _Between, multipliers: Integers, acc: Integers) -> Integers:
    return (acc - between.first) * multipliers >> PRODUCT_BITS


def _bounds(
    between: _Between,
    multipliers: Integers,
    shift: int,
    zero: Integers | int,
    low: Integers,
    high: Integers,
    greatest: int = INT32_MAX,
) -> tuple[Integers, Integers]:
    """Least and largest of what may be added to the product plus `zero`, for accumulators low .. high."""
    channels = between.channels
    value = np.arange(-127, 128, dtype=np.int64)[:, None]
    is_seen = (value > channels.out_min) & (value <= channels.out_max) & (low <= high)
    wanted = (value - channels.out_min << shift) - zero
    first = np.clip(channels.steps, low, np.maximum(high + 1, low))
    at_first = _products(between, multipliers, first)
    before = _products(between, multipliers, first - 1)
    lowest = np.where(is_seen & (first <= high), wanted - at_first, -FAR).max(0, initial=-FAR)
    highest = np.where(is_seen & (first > low), wanted - 1 - before, FAR).min(0, initial=FAR)
    # the result must not wrap
    at_low = _products(between, multipliers, low) + zero
    at_high = _products(between, multipliers, high) + zero
    least = 0 if greatest == UINT32_MAX else INT32_MIN
    lowest = np.where(low <= high, np.maximum(lowest, least - at_low), lowest)
    highest = np.where(low <= high, np.minimum(highest, greatest - at_high), highest)
    return lowest, highest
