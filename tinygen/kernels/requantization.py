"""Requantization in the fast form where it is exact for a layer (`runtime_c/include/tg_requantize.h`).

Write P = 4 * acc * M, h = floor(P / 2**32), e = -shift >= 0, S = e + 1.

- Rule A7 is floor((P + 2**32 * 2**e) / 2**(32+S)) = (h + 2**e) >> S: integers may be added to a floor.
- Rule A6 first rounds to t = floor((P + 2**32) / 2**33) = (h + 1) >> 1, and for e >= 1 gives
  floor((t + 2**(e-1) - [t < 0]) / 2**e). Nested floors combine: (h + 1 + 2**e - 2 * [t < 0]) >> S.
- [acc < 0] may stand for [t < 0]. They differ only for acc < 0 and t = 0, where the last division of rule A6 has the
  numerator 2**(e-1) or 2**(e-1) - 1: its floor is 0 either way.
- The correction for the sign may be left out where no accumulator is negative, and where the activation's lower
  bound is the zero point or above it: results without it are at most 0 for t < 0, as those with it are.
- The output's zero point z adds z * 2**S to what is shifted, a whole number of steps: K = (2 * z + 1) * 2**e + one,
  with one = 1 under rule A6 and 0 under rule A7.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Arithmetic
from tinygen.ir import Call, Range
from tinygen.kernels.kernel import Struct, int8, int32
from tinygen.ops.scaled import WeightedOperator

LARGEST_RIGHT = 30
"""Larger shifts of the accumulator would need more than 32 bits for the rounding."""


class Form(enum.IntEnum):
    """`enum tg_form`."""

    FAST = 0
    TFLM_TEXTBOOK = 1
    NATIVE_TEXTBOOK = 2


@dataclass(frozen=True, kw_only=True)
class _Channels:
    """What decides about forms: per channel multipliers, right shifts e, bounds of the accumulators."""

    multipliers: NDArray[np.int64]
    right: NDArray[np.int64]
    acc: Range
    zero_point: int
    out_min: int


def requantization_struct(call: Call) -> Struct:
    """`struct tg_requantization`: parameters per channel, or one set where all are equal."""
    op: WeightedOperator = call.op
    channels = _channels(call)
    form = _form(call.arithmetic, channels)
    shifts = channels.right + 1 if form is Form.FAST else -channels.right
    low, high = op.activation.integer_bounds(call.output.quantization)
    uniform = bool(np.ptp(channels.multipliers) == 0 and np.ptp(shifts) == 0)
    count = 1 if uniform else len(shifts)
    return Struct(
        tag="tg_requantization",
        fields={
            "multipliers": int32("multipliers", channels.multipliers[:count]),
            "shifts": int8("shifts", shifts[:count]),
            "channel_step": 0 if uniform else 1,
            "form": int(form),
            "one": 1 if call.arithmetic is Arithmetic.TFLM else 0,
            "sign": _sign(call.arithmetic, channels),
            "out_zero_point": call.output.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )


def _channels(call: Call) -> _Channels:
    op: WeightedOperator = call.op
    m = op.channel_multipliers(call)
    return _Channels(
        multipliers=m.values,
        right=np.where(m.values == 0, 1, -m.shifts),  # 0 * 2**anything
        acc=op.accumulator_range(call, Range.full(call.inputs[0].channels)),
        zero_point=call.output.zero_point,
        out_min=op.activation.integer_bounds(call.output.quantization)[0],
    )


def _form(arithmetic: Arithmetic, channels: _Channels) -> Form:
    if arithmetic is Arithmetic.NATIVE:
        return Form.FAST if _fast_fits(channels, least_right=0) else Form.NATIVE_TEXTBOOK
    return Form.FAST if _fast_fits(channels, least_right=1) else Form.TFLM_TEXTBOOK


def _fast_fits(channels: _Channels, least_right: int) -> bool:
    """Whether the formula holds and nothing in it can leave int32."""
    right = channels.right
    if right.min() < least_right or right.max() > LARGEST_RIGHT:
        return False
    scaled = 4 * np.maximum(np.abs(channels.acc.low), np.abs(channels.acc.high))
    offset = abs(2 * channels.zero_point + 1) << right
    sums = (scaled * channels.multipliers >> 32) + offset + 4
    return bool(max(scaled.max(), sums.max()) <= INT32_MAX)


def _sign(arithmetic: Arithmetic, channels: _Channels) -> int:
    is_moot = (channels.acc.low >= 0).all() or channels.out_min >= channels.zero_point
    return 0 if arithmetic is Arithmetic.NATIVE or is_moot else -2
