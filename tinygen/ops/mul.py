"""Elementwise product with broadcasting. Rules E11 and E12 of ARITHMETIC.md.

Source of the TFLM arithmetic: TFLite Micro, reference/integer_ops/mul.h, mul_common.cc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, Integers, Multiplier, requantize_tflm, round_half_away
from tinygen.ir import Call, Range
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.checks import expect_int32, multiplier

LARGEST_PRODUCT = 255 * 255
"""Of two differences of an int8 value and a zero point."""

MAX_NATIVE_SHIFT = 24


@dataclass(frozen=True, kw_only=True)
class MulNativeConstants:
    """Rule E12: y = ((qa - za) * (qb - zb) * factor + bias) >> shift. All of it fits in int32."""

    factor: int
    bias: int
    shift: int


@dataclass(frozen=True, kw_only=True)
class Mul(BinaryOperator):
    """y = a * b. Inputs: a, b of shapes that broadcast as in numpy; one of them may be constant."""

    def function(self, a: NDArray, b: NDArray) -> NDArray:
        return a * b

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        if call.arithmetic is Arithmetic.TFLM:
            self.tflm_multiplier(call)
        else:
            self.native_constants(call)

    def real_factor(self, call: Call) -> float:
        """Output steps per unit of the product of differences; f64, left to right."""
        a, b = (t.quantization.scale for t in call.inputs)
        return a * b / call.output.quantization.scale

    def tflm_multiplier(self, call: Call) -> Multiplier:
        """The multiplier of rule E11; no product leaves int32 when it is scaled."""
        m = multiplier(call, self.real_factor(call))
        expect_int32(call, Range.full(1, -LARGEST_PRODUCT, LARGEST_PRODUCT), m.shift)
        return m

    def native_constants(self, call: Call) -> MulNativeConstants:
        """The constants of rule E12, with the most fraction bits for which nothing leaves int32."""
        real = self.real_factor(call)
        for shift in range(MAX_NATIVE_SHIFT, -1, -1):
            factor = int(round_half_away(real * 2.0**shift))
            bias = call.output.zero_point * (1 << shift) + (1 << shift) // 2
            if LARGEST_PRODUCT * factor + abs(bias) < 2**31:
                return MulNativeConstants(factor=factor, bias=bias, shift=shift)
        a, b = (t.quantization.scale for t in call.inputs)
        raise call.unsupported(
            f"input scales {a:.3g} and {b:.3g}, output {call.output.quantization.scale:.3g}",
            "an output scale above 2**-15 of the product of the input scales",
        )

    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        low, high = self.activation.integer_bounds(call.output.quantization)
        zero_a, zero_b = (t.zero_point for t in call.inputs)
        product = (a.astype(np.int64) - zero_a) * (b.astype(np.int64) - zero_b)
        if call.arithmetic is Arithmetic.NATIVE:
            n = self.native_constants(call)
            return np.clip((product * n.factor + n.bias) >> n.shift, low, high)
        m = self.tflm_multiplier(call)
        y = requantize_tflm(product, m.value, m.shift) + call.output.zero_point
        return np.clip(y, low, high)
