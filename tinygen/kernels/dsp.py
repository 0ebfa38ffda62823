"""What the kernels for the Arm DSP extension share: requantization forms, packed words.

A form is chosen for a layer only where it gives the same bytes for every accumulator that the layer
can have (`runtime_c/include/tg_dsp.h` writes the forms down). The proof, with e = -shift and
t = floor((acc * M + 2**30) / 2**31):

- Rule A6 for e >= 1 gives floor((t + 2**(e-1) - [t < 0]) / 2**e), and t for e = 0. Nested floors
  combine, so for t >= 0 both roundings are one:
  floor((4 * acc * M + 2**32 * (2**e + 1)) / 2**(33 + e)), which is TG_DSP_SINGLE with
  K = 2**e + 1 (K = 1 for e = 0) and S = e + 1. For t < 0 that may be one more than A6, but both are
  at most 0: the activation hides the difference when its lower bound is the output's zero point.
- Rule A7 is floor((4 * acc * M + 2**32 * 2**e) / 2**(33 + e)): TG_DSP_SINGLE with K = 2**e.
- TG_DSP_DOUBLE with K = 2**(e-1), S = e >= 1 takes off [acc < 0] in place of [t < 0]. They differ
  only when acc < 0 and t = 0; then floor((2**(e-1) - 1) / 2**e) = 0 = floor(2**(e-1) / 2**e).
- The output's zero point z adds z * 2**S to K: a whole number of steps before the shift.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Arithmetic
from tinygen.ir import Call, Range
from tinygen.kernels.kernel import Struct, int32
from tinygen.ops.scaled import WeightedOperator

DSP = frozenset({"dsp"})
"""Features that these kernels need."""


class Form(enum.IntEnum):
    """How accumulators become int8; the values are those of `enum tg_dsp_form`."""

    SINGLE = 0
    DOUBLE = 1
    TEXTBOOK = 2

    @property
    def prescale(self) -> int:
        """The power of two by which the form wants its accumulators scaled."""
        return 2 - self.value


@dataclass(frozen=True, kw_only=True, eq=False)
class Requantization:
    """A form and its words M, K, S for every output channel: int64 arrays of shape [channels]."""

    form: Form
    multipliers: NDArray[np.int64]
    offsets: NDArray[np.int64]
    shifts: NDArray[np.int64]

    @property
    def statement(self) -> str:
        """What is exact, in words."""
        if self.form is Form.TEXTBOOK:
            return "requantization as the textbook has it, in 64 bits"
        name = self.form.name.lower()
        return f"requantization by nested floors ({name} rounding): no step can leave int32 for any input"


def accumulator_range(call: Call) -> Range:
    """Bounds of the accumulators for any int8 input."""
    op: WeightedOperator = call.op
    return op.accumulator_range(call, Range.full(call.inputs[0].channels))


def find_requantization(call: Call) -> Requantization | None:
    """The cheapest form that is exact for this layer; None when there is none."""
    candidates = (_single(call), _double(call), _textbook(call))
    return next((r for r in candidates if r is not None), None)


def requantization(call: Call) -> Requantization:
    """The same for a layer that has a form: the kernels' conditions have asked."""
    chosen = find_requantization(call)
    if chosen is None:
        raise ValueError(f"layer '{call.node.name}' has no exact form")
    return chosen


def has_requantization(call: Call) -> str | None:
    """The condition that some form is exact."""
    return "no form of the requantization is exact" if find_requantization(call) is None else None


def _exponents(call: Call) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Multipliers, and shifts to the right; the shift of a multiplier 0 does not matter."""
    op: WeightedOperator = call.op
    m = op.channel_multipliers(call)
    return m.values, np.where(m.values == 0, 1, -m.shifts)


def _single(call: Call) -> Requantization | None:
    values, right = _exponents(call)
    acc = accumulator_range(call)
    if right.min() < 0 or right.max() > 28:
        return None
    if call.arithmetic is Arithmetic.TFLM:
        low, _ = call.op.activation.integer_bounds(call.output.quantization)
        sign_is_moot = (right == 0) | (acc.low >= 0) | (low >= call.output.zero_point)
        if not sign_is_moot.all():
            return None
        rounding = np.where(right > 0, (1 << right) + 1, 1)
    else:
        rounding = 1 << right
    return _checked(call, Form.SINGLE, values, rounding, right + 1)


def _double(call: Call) -> Requantization | None:
    values, right = _exponents(call)
    if call.arithmetic is not Arithmetic.TFLM or right.min() < 1 or right.max() > 28:
        return None
    return _checked(call, Form.DOUBLE, values, 1 << (right - 1), right)


def _checked(
    call: Call,
    form: Form,
    values: NDArray[np.int64],
    rounding: NDArray[np.int64],
    shifts: NDArray[np.int64],
) -> Requantization | None:
    """The form, if nothing in it can leave int32."""
    acc = accumulator_range(call)
    offsets = rounding + call.output.zero_point * (1 << shifts)
    for end in (acc.low, acc.high):
        scaled = end * (1 << form.prescale)
        product = scaled * values >> 32
        if max(abs(scaled).max(), (abs(product) + abs(offsets)).max() + 2) > INT32_MAX:
            return None
    return Requantization(form=form, multipliers=values, offsets=offsets, shifts=shifts)


def _textbook(call: Call) -> Requantization | None:
    if call.arithmetic is not Arithmetic.TFLM:
        return None
    op: WeightedOperator = call.op
    m = op.channel_multipliers(call)
    offsets = np.full_like(m.values, call.output.zero_point)
    return Requantization(
        form=Form.TEXTBOOK, multipliers=m.values, offsets=offsets, shifts=m.shifts
    )


def output_struct(call: Call, starts: NDArray[np.int64], chosen: Requantization) -> Struct:
    """`struct tg_dsp_output`; `starts` [channels] are the first words of the channels."""
    low, high = call.op.activation.integer_bounds(call.output.quantization)
    words = np.stack([starts, chosen.multipliers, chosen.offsets, chosen.shifts], axis=1)
    return Struct(
        tag="tg_dsp_output",
        fields={
            "channels": int32("channels", words),
            "form": int(chosen.form),
            "out_min": low,
            "out_max": high,
        },
    )


def pairs(halves: NDArray[np.int64]) -> NDArray[np.int64]:
    """[..., 2 n] values of int16 -> [..., n] words as int32, the first value in the low half."""
    low = halves[..., 0::2] & 0xFFFF
    return low + halves[..., 1::2] * 0x10000


def padded(values: NDArray[np.int64], axis: int, multiple: int) -> NDArray[np.int64]:
    """Zeros added at the end of an axis, up to a multiple of its length."""
    extra = -values.shape[axis] % multiple
    widths = [(0, extra if i == axis else 0) for i in range(values.ndim)]
    return np.pad(values, widths)
