"""Proofs for the exact-integer Winograd convolution F(4x4, 3x3): 36 products in place of 144, and the same bytes.

Four outputs y = w * x of a row of three weights from six inputs are

    24 * y = A (G w . B x)        . is the product of elements; A [4, 6], G [6, 3] and B [6, 6] are integers

and in two dimensions, with the transforms applied to rows and columns, 576 * y. All of this is linear, so it holds
modulo 2**32, whatever wraps on the way. What must hold is proved here, channel by channel:

- G w G' fits in int16: the rows of G have absolute sums of at most 12, and 144 * 128 < 2**15.
- B x B' fits in int16: the rows of B have absolute sums of at most 10, and 100 * 128 < 2**15. Sums inside of the
  transforms may wrap, as long as the results fit.
- 576 * acc fits in int32, for the exact bounds of the accumulator.

The factor 576 is never divided out. It goes into the multiplier of the requantization

    t = 576 * acc        y = clamp((floor(t * multiplier / 2**32) + offset + (acc < 0 ? sign : 0)) >> shift, -128, 127)

which is equal to the textbook if it is equal on both sides of each of the textbook's at most 255 steps: both are
monotone in the accumulator on either side of 0. Every such point bounds the offset from below or from above; an
offset between the bounds is the proof. The sign term is for the kink of double rounding (rule A6) at 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Integers
from tinygen.proofs.channels import Channels

TILE = 4
"""Outputs of a tile along each axis; it reads TILE + 2 inputs."""

WEIGHT_TRANSFORM = np.array([[3, 0, 0], [4, 4, 4], [4, -4, 4], [1, 2, 4], [1, -2, 4], [0, 0, 3]])
"""G, with rows scaled such that A has powers of two only."""

INPUT_TRANSFORM = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
"""B."""

OUTPUT_TRANSFORM = np.array(
    [[2, -1, -1, 1, 1, 0], [0, -1, 1, 2, -2, 0], [0, -1, -1, 4, 4, 0], [0, -1, 1, 8, -8, 8]]
)
"""A."""

SCALE = 24 * 24
"""What the transforms multiply every accumulator by."""

SHIFT = 16
"""Of the requantization of most layers: an immediate in the code."""

MOST_SHIFT = 21
"""Where every channel has a shift of its own; so 127 << shift leaves room for the product."""

MULTIPLIER_CHANGES = tuple(sorted(range(-64, 65), key=abs))
"""What is added to a multiplier that does not fit; the first that is proved is taken."""

LARGEST_MULTIPLIER = INT32_MAX - max(MULTIPLIER_CHANGES)

FAR = np.int64(2**62)
"""A bound that does not bind."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaled:
    """A proved requantization of 576 * acc; int64 arrays of shape [channels]."""

    shifts: Integers
    multipliers: Integers
    offsets: Integers
    signs: Integers

    @property
    def has_usual_shift(self) -> bool:
        return bool((self.shifts == SHIFT).all())

    @property
    def has_signs(self) -> bool:
        return bool(self.signs.any())

    @property
    def statement(self) -> str:
        """What was proved, in words."""
        sign = ", a sign term" if self.has_signs else ""
        shift = f"shift {SHIFT}" if self.has_usual_shift else "a shift for each channel"
        return (
            f"Winograd F(4x4, 3x3) in integers: {SCALE} times every accumulator fits in int32, and its requantization "
            f"by one product ({shift}{sign}) is equal to the textbook on both sides of every step of "
            f"{len(self.multipliers)} channels"
        )

    def apply(self, channels: Channels, acc: Integers) -> Integers:
        """What the form gives for accumulators [..., channels]: the model of the C, for tests."""
        high = SCALE * acc * self.multipliers >> 32
        shifted = high + self.offsets + np.where(acc < 0, self.signs, 0) >> self.shifts
        return np.clip(np.clip(shifted, -128, 127), channels.out_min, channels.out_max)


def transformed_weights(weights: NDArray[np.int8]) -> Integers:
    """G w G' [..., 6, 6] of 3x3 weights [..., 3, 3]; all of them fit in int16."""
    g = WEIGHT_TRANSFORM
    result = g @ weights.astype(np.int64) @ g.T
    assert result.size == 0 or np.abs(result).max() < 2**15
    return result


def reason_against(channels: Channels) -> str | None:
    """Why the accumulators of a layer cannot be computed times 576; None if they can."""
    if SCALE * channels.largest_acc > INT32_MAX:
        return f"{SCALE} times an accumulator may leave int32"
    return None


def prove(channels: Channels) -> Scaled | None:
    """The requantization that is exact for every reachable accumulator of every channel; None where there is none."""
    if reason_against(channels) is not None:
        return None
    usual = np.full_like(channels.multipliers, SHIFT)
    for shifts, signs in ((usual, False), (usual, True), (_largest_shifts(channels), True)):
        found = _prove_with(channels, shifts, signs)
        if found is not None:
            return found
    return None


def _largest_shifts(channels: Channels) -> Integers:
    """Those that leave multipliers below 2**31."""
    shifts = np.arange(MOST_SHIFT + 1)[:, None]
    fits = _nearest_multipliers(channels, shifts) <= LARGEST_MULTIPLIER
    return np.where(fits, shifts, 0).max(0)


def _nearest_multipliers(channels: Channels, shifts: Integers) -> Integers:
    """m * 2**(shift + 1 - right) / 576, rounded; more than 31 bits where it cannot be held in them."""
    right = np.clip(channels.right, 0, 40)
    divisor = np.int64(SCALE) << right
    nearest = ((channels.multipliers << (shifts + 1)) + (divisor >> 1)) // divisor
    return np.where(channels.right >= 0, nearest, FAR)


def _prove_with(channels: Channels, shifts: Integers, signs: bool) -> Scaled | None:
    nearest = _nearest_multipliers(channels, shifts)
    if nearest.max() > LARGEST_MULTIPLIER:
        return None
    multipliers, offsets, sign_terms = (np.zeros_like(nearest) for _ in range(3))
    proved = np.zeros(nearest.shape, bool)
    for change in MULTIPLIER_CHANGES:
        candidates = np.maximum(nearest + change, 0)
        found, offset, sign = _solve(channels, shifts, candidates, signs)
        here = found & ~proved
        multipliers = np.where(here, candidates, multipliers)
        offsets = np.where(here, offset, offsets)
        sign_terms = np.where(here, sign, sign_terms)
        proved |= here
        if proved.all():
            return Scaled(shifts=shifts, multipliers=multipliers, offsets=offsets, signs=sign_terms)
    return None


def _solve(
    channels: Channels, shifts: Integers, multipliers: Integers, signs: bool
) -> tuple[NDArray[np.bool_], Integers, Integers]:
    """(whether there is one, offset, sign term) of every channel."""
    low, high = channels.acc.low, channels.acc.high
    if not signs:
        least, most = _offset_bounds(channels, shifts, multipliers, low, high)
        return least <= most, _between(least, most), np.zeros_like(multipliers)
    least, most = _offset_bounds(channels, shifts, multipliers, np.maximum(low, 0), high)
    least_below, most_below = _offset_bounds(
        channels, shifts, multipliers, low, np.minimum(high, -1)
    )
    offset, offset_below = _between(least, most), _between(least_below, most_below)
    return (least <= most) & (least_below <= most_below), offset, offset_below - offset


def _between(least: Integers, most: Integers) -> Integers:
    return (least + most) >> 1


def _offset_bounds(
    channels: Channels, shifts: Integers, multipliers: Integers, low: Integers, high: Integers
) -> tuple[Integers, Integers]:
    """Least and largest offset that is right for accumulators low .. high (none where low > high)."""
    value = np.arange(-127, 128, dtype=np.int64)[:, None]
    is_seen = (value > channels.out_min) & (value <= channels.out_max) & (low <= high)
    first = np.clip(channels.steps, low, np.maximum(high + 1, low))  # that gives `value` or more
    needed = (value << shifts) - (SCALE * np.minimum(first, high) * multipliers >> 32)
    allowed = (value << shifts) - 1 - (SCALE * np.maximum(first - 1, low) * multipliers >> 32)
    least = np.where(is_seen & (first <= high), needed, -FAR).max(0)
    most = np.where(is_seen & (first - 1 >= low), allowed, FAR).min(0)
    # the product is below 2**30, so half of the range is left for the offset and the sign term together
    return np.maximum(least, -(2**29)), np.minimum(most, 2**29)
