"""Requantization in the cheapest form that is exact for a layer (`runtime_c/include/tg_requantize.h`).

Both fast forms are y = clamp((floor(t * M / 2**32) + K - [t < 0] * correction) >> S), t = (sum << prescale) + T.

ONE_SHIFT: one S for all channels, and K = 0; T[c] holds bias, rounding and zero point together. Nothing about it is
exact by construction. But both the textbook and the form are monotone in the accumulator, so they are equal wherever
they step from v - 1 to v at the same accumulator, for every int8 value v that the channel can have. These at most
255 thresholds bound T[c] from both sides; a T[c] between the bounds is a proof, and without one the form is not used.

FAST: with P = 4 * acc * M, h = floor(P / 2**32), e = -shift >= 0, S = e + 1, and t = 4 * acc:

- Rule A7 is floor((P + 2**32 * 2**e) / 2**(32+S)) = (h + 2**e) >> S: integers may be added to a floor.
- Rule A6 first rounds to r = floor((P + 2**32) / 2**33) = (h + 1) >> 1, and for e >= 1 gives
  floor((r + 2**(e-1) - [r < 0]) / 2**e). Nested floors combine: (h + 1 + 2**e - 2 * [r < 0]) >> S.
- [t < 0] may stand for [r < 0]. They differ only for t < 0 and r = 0, where the last division of rule A6 has the
  numerator 2**(e-1) or 2**(e-1) - 1: its floor is 0 either way.
- The correction for the sign may be left out where no accumulator is negative, and where the activation's lower
  bound is the zero point or above it: results without it are at most 0 for r < 0, as those with it are.
- The output's zero point z adds z * 2**S to what is shifted, a whole number of steps: K = (2 * z + 1) * 2**e + one,
  with one = 1 under rule A6 and 0 under rule A7.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Arithmetic, Integers, wrap_int32
from tinygen.ir import Call
from tinygen.kernels.kernel import Struct, int8, int32
from tinygen.proofs.channels import Channels, channels_of

LARGEST_RIGHT = 30
"""Larger shifts of the accumulator would need more than 32 bits for the rounding."""

LARGEST_PRESCALE = 16
"""More bits would make no T[c] fit that does not fit with these."""

MULTIPLIER_CHANGES = (0, 1, -1, 2, -2, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64)
"""What is added to a multiplier of ONE_SHIFT that does not fit; the first that is proved is taken."""

LEAST_MULTIPLIER_BITS = 11
"""ONE_SHIFT shortens the multipliers of channels with a small scale, but not below this."""


class Form(enum.IntEnum):
    """`enum tg_form`."""

    ONE_SHIFT = 0
    FAST = 1
    TFLM_TEXTBOOK = 2
    NATIVE_TEXTBOOK = 3


STATEMENTS = {
    Form.ONE_SHIFT: "requantization by one product and one shift: equal to the textbook at every step",
    Form.FAST: "requantization by nested floors: no step can leave int32 for any input",
    Form.TFLM_TEXTBOOK: "requantization as the textbook has it, in 64 bits",
    Form.NATIVE_TEXTBOOK: "requantization as the textbook has it, in 64 bits",
}
"""What is proved of a form, in words."""


def statement_of(struct: Struct) -> str:
    """The same of a `struct tg_requantization`."""
    return STATEMENTS[Form(struct.fields["form"])]


@dataclass(frozen=True, kw_only=True, eq=False)
class Requantization:
    """The fields of `struct tg_requantization` that depend on the form."""

    form: Form
    biases: Integers
    multipliers: Integers
    shifts: Integers
    prescale: int = 0
    one: int = 0
    sign: int = 0


def requantization_struct(call: Call, weight_sums: NDArray) -> Struct:
    """`struct tg_requantization`; `weight_sums` [channels] are the sums of the channels' weights."""
    channels = channels_of(call, weight_sums)
    chosen = choose(channels)
    uniform = bool(np.ptp(chosen.multipliers) == 0 and np.ptp(chosen.shifts) == 0)
    count = 1 if uniform else len(chosen.multipliers)
    shift_count = 1 if chosen.form is Form.ONE_SHIFT else count
    return Struct(
        tag="tg_requantization",
        fields={
            "biases": int32("biases", chosen.biases),
            "multipliers": int32("multipliers", chosen.multipliers[:count]),
            "shifts": int8("shifts", chosen.shifts[:shift_count]),
            "channel_step": 0 if uniform else 1,
            "form": int(chosen.form),
            "prescale": chosen.prescale,
            "one": chosen.one,
            "sign": chosen.sign,
            "out_zero_point": channels.zero_point,
            "out_min": channels.out_min,
            "out_max": channels.out_max,
        },
    )


def choose(channels: Channels) -> Requantization:
    """The first form that is exact."""
    return one_shift(channels) or fast(channels) or textbook(channels)


def textbook(channels: Channels) -> Requantization:
    native = channels.arithmetic is Arithmetic.NATIVE
    return Requantization(
        form=Form.NATIVE_TEXTBOOK if native else Form.TFLM_TEXTBOOK,
        biases=channels.bias,
        multipliers=channels.multipliers,
        shifts=-channels.right,
    )


def fast(channels: Channels) -> Requantization | None:
    """FAST, if nothing in it can leave int32."""
    native = channels.arithmetic is Arithmetic.NATIVE
    right = channels.right
    if right.min() < (0 if native else 1) or right.max() > LARGEST_RIGHT:
        return None
    scaled = 4 * np.maximum(np.abs(channels.acc.low), np.abs(channels.acc.high))
    offset = abs(2 * channels.zero_point + 1) << right
    sums = (scaled * channels.multipliers >> 32) + offset + 4
    if max(scaled.max(), sums.max()) > INT32_MAX:
        return None
    is_moot = (channels.acc.low >= 0).all() or channels.out_min >= channels.zero_point
    return Requantization(
        form=Form.FAST,
        biases=wrap_int32(4 * channels.bias),
        multipliers=channels.multipliers,
        shifts=right + 1,
        prescale=2,
        one=0 if native else 1,
        sign=0 if native or is_moot else -2,
    )


def one_shift(channels: Channels) -> Requantization | None:
    """ONE_SHIFT with the largest prescale for which it is proved; None if there is none."""
    active = channels.multipliers > 0
    if not active.all() or channels.right.min() < 0 or channels.right.max() > LARGEST_RIGHT:
        return None
    thresholds = _thresholds(channels)
    if thresholds is None:
        return None
    largest = int(np.maximum(np.abs(channels.acc.low), np.abs(channels.acc.high)).max())
    room = min(31 - largest.bit_length(), LARGEST_PRESCALE, 32 - int(channels.right.min()))
    for prescale in range(room, max(room - 5, 0), -1):
        found = _one_shift_with(channels, thresholds, prescale)
        if found is not None:
            return found
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Thresholds:
    """Arrays [values, channels]: the form must give `value` or more from accumulator `first` on, and less below.

    The marks say where that needs no proof: where the range of the accumulators, or the clamp, ends.
    """

    value: Integers
    first: Integers
    is_reached: NDArray[np.bool_]
    has_lower: NDArray[np.bool_]


def _thresholds(channels: Channels) -> _Thresholds | None:
    """Where the textbook steps to every int8 value; None where the estimate of a step is not confirmed."""
    low, high = channels.acc.low, channels.acc.high
    least, most = channels.textbook(low), channels.textbook(high)
    value = np.arange(channels.out_min + 1, channels.out_max + 1, dtype=np.int64)[:, None]
    unit = (
        2.0 ** (31 + channels.right) / channels.multipliers
    )  # accumulators per step of the output
    estimate = np.floor((value - channels.zero_point - 0.5) * unit).astype(np.int64)
    first = np.clip(estimate - 3, low, high + 1)
    for _ in range(8):
        first = np.where((channels.textbook(first) < value) & (first <= high), first + 1, first)
    inside = (value > least) & (value <= most)
    steps = (channels.textbook(first) >= value) & (channels.textbook(first - 1) < value)
    if not (steps | ~inside).all():
        return None
    first = np.where(value <= least, low, np.where(value > most, high + 1, first))
    return _Thresholds(
        value=np.broadcast_to(value, first.shape),
        first=first,
        is_reached=value <= most,
        has_lower=value > least,
    )


def _one_shift_with(
    channels: Channels, thresholds: _Thresholds, prescale: int
) -> Requantization | None:
    lost_bits = channels.right - channels.right.min()
    shift = int(channels.right.min()) + prescale - 1
    if shift < 0 or lost_bits.max() > 31 - LEAST_MULTIPLIER_BITS:
        return None
    rounded = (channels.multipliers + ((1 << lost_bits) >> 1)) >> lost_bits
    multipliers, offsets = rounded.copy(), np.zeros_like(rounded)
    proved = np.zeros(rounded.shape, bool)
    for change in MULTIPLIER_CHANGES:
        candidates = np.minimum(rounded + change, INT32_MAX)
        lowest, highest = _offset_bounds(channels, thresholds, prescale, shift, candidates)
        here = (lowest <= highest) & ~proved
        multipliers = np.where(here, candidates, multipliers)
        offsets = np.where(here, (lowest + highest) >> 1, offsets)
        proved |= here
        if proved.all():
            return Requantization(
                form=Form.ONE_SHIFT,
                biases=wrap_int32((channels.bias << prescale) + offsets),
                multipliers=multipliers,
                shifts=np.full_like(multipliers, shift),
                prescale=prescale,
            )
    return None


def _offset_bounds(
    channels: Channels,
    thresholds: _Thresholds,
    prescale: int,
    shift: int,
    multipliers: Integers,
) -> tuple[Integers, Integers]:
    """What T[c] may be beyond the bias: least and largest values [channels]."""
    quotient = _ceil_quotients(thresholds.value, 32 + shift, multipliers)
    # `value` or more from accumulator `first` on; less than `value` just below it
    least = quotient - (thresholds.first << prescale)
    most = quotient - 1 - ((thresholds.first - 1) << prescale)
    # t must fit in int32
    t_least = -(2**31) - (channels.acc.low << prescale)
    t_most = 2**31 - 1 - (channels.acc.high << prescale)
    far = np.iinfo(np.int64).max
    lowest = np.where(thresholds.is_reached, least, -far).max(0, initial=-far)
    highest = np.where(thresholds.has_lower, most, far).min(0, initial=far)
    return np.maximum(lowest, t_least), np.minimum(highest, t_most)


def _ceil_quotients(value: Integers, exponent: int, divisor: Integers) -> Integers:
    """ceil(value * 2**exponent / divisor) for |value| < 2**8, divisors [channels] of 10 to 31 bits, exactly."""
    whole, rest = zip(*(divmod(2**exponent, int(d)) for d in divisor), strict=True)
    return value * np.array(whole, np.int64) - (-value * np.array(rest, np.int64) // divisor)
