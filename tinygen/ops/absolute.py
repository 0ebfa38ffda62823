"""The absolute value. Rule E21 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, elementwise.cc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers, Multiplier, requantize_tflm
from tinygen.ir import Call
from tinygen.ops.checks import multiplier_of_int8
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class Absolute(UnaryOperator):
    """y = |x|. Input: x of any shape."""

    def function(self, x: NDArray) -> NDArray:
        return np.abs(x)

    def tflm_multiplier(self, call: Call) -> Multiplier:
        """The factor in float32."""
        x, y = (np.float32(t.quantization.scale) for t in (call.inputs[0], call.output))
        return multiplier_of_int8(call, float(x / y))

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        x, y = call.inputs[0].quantization, call.output.quantization
        v = np.abs(q - x.zero_point)
        if x.scale != y.scale:
            m = self.tflm_multiplier(call)
            v = requantize_tflm(v, m.value, m.shift)
        return v + y.zero_point
