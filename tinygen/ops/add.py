"""Elementwise sum with broadcasting. Rules E1 and E2 of ARITHMETIC.md.

Source of the TFLM arithmetic: TFLite Micro, reference/integer_ops/add.h, add_common.cc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import (
    Arithmetic,
    Integers,
    Multiplier,
    quantize_multiplier,
    requantize_tflm,
    round_half_away,
)
from tinygen.ir import Call
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.checks import multiplier
from tinygen.ops.unary import ALL_INT8

LEFT_SHIFT = 20
"""Bits that TFLite Micro adds to the inputs before it scales them."""

MAX_NATIVE_SHIFT = 24


@dataclass(frozen=True, kw_only=True)
class AddMultipliers:
    """Rule E1: y = rq(rq((qa - za) << 20, a) + rq((qb - zb) << 20, b), out) + z_out."""

    a: Multiplier
    b: Multiplier
    out: Multiplier


@dataclass(frozen=True, kw_only=True)
class AddNativeConstants:
    """Rule E2: y = (a * qa + b * qb + bias) >> shift. All of it fits in int32."""

    a: int
    b: int
    bias: int
    shift: int


@dataclass(frozen=True, kw_only=True)
class Add(BinaryOperator):
    """y = a + b. Inputs: a, b of shapes that broadcast as in numpy; one of them may be constant."""

    def function(self, a: NDArray, b: NDArray) -> NDArray:
        return a + b

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        if call.arithmetic is Arithmetic.TFLM:
            self.tflm_constants(call)
        else:
            self.native_constants(call)

    def tflm_constants(self, call: Call) -> AddMultipliers:
        """The multipliers of rule E1; none shifts to the left."""
        a, b = (t.quantization.scale for t in call.inputs)
        twice_larger = 2.0 * max(a, b)
        out = multiplier(call, twice_larger / (2.0**LEFT_SHIFT * call.output.quantization.scale))
        if out.shift > 0:
            raise call.unsupported(
                f"input scales {a:.3g} and {b:.3g}, output {call.output.quantization.scale:.3g}",
                "an output scale above 2**-19 of the larger input scale",
            )
        return AddMultipliers(
            a=quantize_multiplier(a / twice_larger),
            b=quantize_multiplier(b / twice_larger),
            out=out,
        )

    def native_constants(self, call: Call) -> AddNativeConstants:
        """The constants of rule E2, with the most fraction bits for which no sum leaves int32."""
        return native_sum(call, 1)

    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        low, high = self.activation.integer_bounds(call.output.quantization)
        if call.arithmetic is Arithmetic.NATIVE:
            n = self.native_constants(call)
            total = n.a * a.astype(np.int64) + n.b * b.astype(np.int64)
            return np.clip((total + n.bias) >> n.shift, low, high)
        m = self.tflm_constants(call)
        zero_a, zero_b = (t.zero_point for t in call.inputs)
        total = scaled_operand(a, zero_a, m.a) + scaled_operand(b, zero_b, m.b)
        y = requantize_tflm(total, m.out.value, m.out.shift) + call.output.zero_point
        return np.clip(y, low, high)


def scaled_operand(q: NDArray, zero_point: int, m: Multiplier) -> Integers:
    """An operand in the scale of the sum: computed once for every int8 value, then looked up."""
    table = requantize_tflm((ALL_INT8 - zero_point) << LEFT_SHIFT, m.value, m.shift)
    return table[q.astype(np.int16) + 128]


def native_sum(call: Call, sign: int) -> AddNativeConstants:
    """The constants of rule E2 for the sum of a and b, or, with `sign` -1, of a and -b."""
    a, b = (t.quantization for t in call.inputs)
    out = call.output.quantization
    factor_a, factor_b = a.scale / out.scale, sign * (b.scale / out.scale)
    offset = out.zero_point - a.zero_point * factor_a - b.zero_point * factor_b
    for shift in range(MAX_NATIVE_SHIFT, -1, -1):
        m_a, m_b, bias = (
            int(round_half_away(v * 2.0**shift)) for v in (factor_a, factor_b, offset)
        )
        bias += (1 << shift) // 2
        if 128 * (m_a + abs(m_b)) + abs(bias) < 2**31:
            return AddNativeConstants(a=m_a, b=m_b, bias=bias, shift=shift)
    raise call.unsupported(
        f"input scales {a.scale:.3g} and {b.scale:.3g}, output {out.scale:.3g}",
        "an output scale above 2**-23 of the sum of the input scales",
    )
