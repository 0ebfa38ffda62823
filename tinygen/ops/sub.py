"""Elementwise difference with broadcasting. Rules E17 and E2 of ARITHMETIC.md.

Source of the TFLM arithmetic: TFLite Micro, reference/sub.h, sub_common.cc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, Integers, requantize_tflm
from tinygen.ir import Call
from tinygen.ops.add import Add, AddMultipliers, AddNativeConstants, native_sum, scaled_operand
from tinygen.ops.binary import BinaryOperator


@dataclass(frozen=True, kw_only=True)
class Sub(BinaryOperator):
    """y = a - b. Inputs: a, b of shapes that broadcast as in numpy; one of them may be constant."""

    def function(self, a: NDArray, b: NDArray) -> NDArray:
        return a - b

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        if call.arithmetic is Arithmetic.TFLM:
            self.tflm_constants(call)
        else:
            self.native_constants(call)

    def tflm_constants(self, call: Call) -> AddMultipliers:
        """Those of the sum (rule E1)."""
        return Add().tflm_constants(call)

    def native_constants(self, call: Call) -> AddNativeConstants:
        """Those of the sum of a and -b (rule E2): a factor below 0 for b."""
        return native_sum(call, -1)

    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        low, high = self.activation.integer_bounds(call.output.quantization)
        if call.arithmetic is Arithmetic.NATIVE:
            n = self.native_constants(call)
            total = n.a * a.astype(np.int64) + n.b * b.astype(np.int64)
            return np.clip((total + n.bias) >> n.shift, low, high)
        m = self.tflm_constants(call)
        zero_a, zero_b = (t.zero_point for t in call.inputs)
        total = scaled_operand(a, zero_a, m.a) - scaled_operand(b, zero_b, m.b)
        y = requantize_tflm(total, m.out.value, m.out.shift) + call.output.zero_point
        return np.clip(y, low, high)
