"""Requantization by one floor, or one rounding and one floor: exact by algebra, if no step can leave int32.

With e = right, the shift to the right, z the output's zero point, P = 4 * acc * M and h = floor(P / 2**32):

- Rule A7 is floor((P + 2**32 * 2**e) / 2**(33 + e)) = (h + 2**e) >> e + 1: integers may be added to a floor.
- Rule A6 first rounds to r = floor((P + 2**32) / 2**33) = (h + 1) >> 1. For e = 0 that is all. For e >= 1 it gives
  floor((r + 2**(e-1) - [r < 0]) / 2**e), and nested floors combine: (h + 1 + 2**e - 2 * [r < 0]) >> e + 1.
- [acc < 0] may stand for [r < 0]. They differ only for acc < 0 and r = 0, where the last division of rule A6 has the
  numerator 2**(e-1) or 2**(e-1) - 1: its floor is 0 either way.
- The correction for the sign may be left out of a channel where no accumulator is negative, and where the
  activation's lower bound is the zero point or above it: results without it are at most 0 for r < 0, as those with it.
- The zero point adds z * 2**(e+1) to what is shifted: a whole number of steps.

`one_floor` has h. `two_roundings` has r itself, which takes one bit less and an instruction that rounds.
"""

from dataclasses import dataclass

import numpy as np

from tinygen.fixedpoint import INT32_MAX, Arithmetic, Integers
from tinygen.proofs.channels import Channels

LARGEST_RIGHT = 30
"""Larger shifts of the accumulator would need more than 32 bits for the rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Floors:
    """y = clamp((h + (acc < 0 ? sign : 0) + offset) >> shift), h = floor(((acc << prescale) * M + half) / 2**32).

    `multipliers` M, `offsets` and `shifts` are int64 arrays of shape [channels]; `half` is 0 or 2**31.
    """

    prescale: int
    half: int
    multipliers: Integers
    offsets: Integers
    shifts: Integers
    sign: int

    @property
    def statement(self) -> str:
        """What was proved, in words."""
        name = "one rounding and one floor" if self.half else "one floor"
        return (
            f"requantization by {name}: equal by algebra, and no step can leave int32 for any input"
        )

    def apply(self, channels: Channels, acc: Integers) -> Integers:
        """What the form gives for accumulators [..., channels]: the model of the C, for tests."""
        high = (acc << self.prescale) * self.multipliers + self.half >> 32
        high = high + np.where(acc < 0, self.sign, 0) + self.offsets
        saturated = np.clip(high >> self.shifts, -128, 127)
        return np.clip(saturated, channels.out_min, channels.out_max)


def one_floor(channels: Channels) -> Floors | None:
    """The form with one floor and, where it is needed, a correction for the sign; None if a step may leave int32."""
    right = channels.right
    if right.min() < 0 or right.max() > LARGEST_RIGHT:
        return None
    is_double = channels.arithmetic is Arithmetic.TFLM
    sign = -2 if is_double and not _sign_is_moot(channels) else 0
    if sign and right.min() < 1:
        return None
    ones = (right > 0) & is_double
    return _checked(
        channels,
        Floors(
            prescale=2,
            half=0,
            multipliers=channels.multipliers,
            offsets=((2 * channels.zero_point + 1) << right) + ones,
            shifts=right + 1,
            sign=sign,
        ),
    )


def two_roundings(channels: Channels) -> Floors | None:
    """Rule A6 with its first rounding as it stands; None for rule A7, or if a step may leave int32."""
    right = channels.right
    is_double = channels.arithmetic is Arithmetic.TFLM
    if not is_double or right.min() < 1 or right.max() > LARGEST_RIGHT:
        return None
    return _checked(
        channels,
        Floors(
            prescale=1,
            half=2**31,
            multipliers=channels.multipliers,
            offsets=(2 * channels.zero_point + 1) << (right - 1),
            shifts=right,
            sign=-1,
        ),
    )


def _sign_is_moot(channels: Channels) -> bool:
    moot = (channels.right == 0) | (channels.acc.low >= 0)
    return bool((moot | (channels.out_min >= channels.zero_point)).all())


def _checked(channels: Channels, floors: Floors) -> Floors | None:
    """The form, if nothing in it can leave int32."""
    largest = np.maximum(np.abs(channels.acc.low), np.abs(channels.acc.high)) << floors.prescale
    sums = (largest * floors.multipliers >> 32) + np.abs(floors.offsets) + 4
    return floors if max(largest.max(), sums.max()) <= INT32_MAX else None
