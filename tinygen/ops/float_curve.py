"""Functions that an int8 model computes in float32, one after the other. Rule E23 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, dequantize.h, reference/quantize.h.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT8_MAX, INT8_MIN, Integers, round_half_away
from tinygen.ir import Call
from tinygen.ops.real_functions import RealFunction
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class FloatCurve(UnaryOperator):
    """y = the last step of the one before ... of the first of x, in float32. Input: x of any shape."""

    steps: tuple[RealFunction, ...]

    def function(self, x: NDArray) -> NDArray:
        for step in self.steps:
            x = step.function(x)
        return x

    def tflm_values(self, call: Call, q: Integers) -> NDArray[np.float64]:
        x, y = call.inputs[0].quantization, call.output.quantization
        real = (q - x.zero_point).astype(np.float32) * np.float32(x.scale)
        with np.errstate(over="ignore"):
            steps = np.asarray(self.function(real), np.float32) / np.float32(y.scale)
        # far beyond int8 it saturates anyway
        bounded = np.clip(steps, 4 * INT8_MIN, 4 * INT8_MAX)
        return round_half_away(bounded) + y.zero_point
