"""The cheapest form of requantization that is exact for a layer (`runtime_c/include/tg_requantize_s8.h`).

With t = floor((acc * M + 2**30) / 2**31) and e = -shift:

- Rule A6 for e >= 1 is floor((t + 2**(e-1) - [t < 0]) / 2**e). Nested floors combine, so for t >= 0 both roundings
  are one: floor((4 * acc * M + 2**32 * (2**e + 1)) / 2**(33 + e)), SINGLE with S = e + 1. For t < 0 that can be one
  more than rule A6, but neither is above 0: where the activation's lower bound is the zero point or above it, both
  are clamped to that bound.
- Rule A7 for e >= 0 is floor((4 * acc * M + 2**32 * 2**e) / 2**(33 + e)): SINGLE with S = e + 1.
- DOUBLE with S = e subtracts [acc < 0] where rule A6 subtracts [t < 0]. They differ only for acc < 0 and t = 0,
  where floor((2**(e-1) - 1) / 2**e) = 0 = floor(2**(e-1) / 2**e).
- The output's zero point adds zero * 2**S to what is shifted, a whole number of steps. With the rounding that makes
  (2 * zero + 1) * 2**(S-1), plus one for SINGLE under rule A6.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Arithmetic
from tinygen.ir import Call, Range
from tinygen.kernels.kernel import Struct, int8, int32
from tinygen.ops.scaled import WeightedOperator

LARGEST_SHIFT = 28
"""With a larger shift the offset K of an int8 zero point does not fit in int32."""


class Form(enum.IntEnum):
    """`enum tg_form`."""

    SINGLE = 0
    DOUBLE = 1
    TFLM_TEXTBOOK = 2
    NATIVE_TEXTBOOK = 3


@dataclass(frozen=True, kw_only=True)
class _Channels:
    """What decides about forms: per channel multipliers, right shifts e, and bounds of the accumulators."""

    multipliers: NDArray[np.int64]
    right: NDArray[np.int64]
    acc: Range
    zero_point: int
    out_min: int


def requantization_struct(call: Call) -> Struct:
    """`struct tg_requantization`: parameters per channel, or one set where all are equal."""
    op: WeightedOperator = call.op
    channels = _channels(call)
    form, one = _form(call.arithmetic, channels)
    shifts = _shifts(form, channels.right)
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
            "one": one,
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


def _form(arithmetic: Arithmetic, channels: _Channels) -> tuple[Form, int]:
    """The form, and its constant `one`."""
    if arithmetic is Arithmetic.NATIVE:
        fits = _fits(Form.SINGLE, channels)
        return (Form.SINGLE if fits else Form.NATIVE_TEXTBOOK), 0
    sign_is_moot = (channels.acc.low >= 0).all() or channels.out_min >= channels.zero_point
    if sign_is_moot and channels.right.min() >= 1 and _fits(Form.SINGLE, channels):
        return Form.SINGLE, 1
    if channels.right.min() >= 1 and _fits(Form.DOUBLE, channels):
        return Form.DOUBLE, 0
    return Form.TFLM_TEXTBOOK, 0


def _shifts(form: Form, right: NDArray[np.int64]) -> NDArray[np.int64]:
    """S as the form wants it: the textbook forms take the shift of the multiplier."""
    match form:
        case Form.SINGLE:
            return right + 1
        case Form.DOUBLE:
            return right
    return -right


def _fits(form: Form, channels: _Channels) -> bool:
    """Whether nothing in the form can leave int32."""
    shifts = _shifts(form, channels.right)
    if shifts.min() < 1 or shifts.max() > LARGEST_SHIFT:
        return False
    prescale = 4 if form is Form.SINGLE else 2
    largest = prescale * np.maximum(np.abs(channels.acc.low), np.abs(channels.acc.high))
    offset = abs(2 * channels.zero_point + 1) << (shifts - 1)
    sums = (largest * channels.multipliers >> 32) + offset + 2
    return bool(max(largest.max(), sums.max()) <= INT32_MAX)
