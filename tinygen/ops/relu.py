"""A clamp of real values that stands alone. Rules E6 and E7 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, activations_common.cc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, Integers, requantize_tflm
from tinygen.ir import Call
from tinygen.ops.activation import Activation
from tinygen.ops.checks import multiplier_of_int8
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class Relu(UnaryOperator):
    """y = clamp(x, bounds). Input: x of any shape."""

    bounds: Activation = Activation.RELU

    def function(self, x: NDArray) -> NDArray:
        return self.bounds.apply_float(x)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        rescales = call.inputs[0].quantization != call.output.quantization
        if rescales and self._keeps_scale and call.arithmetic is Arithmetic.TFLM:
            raise call.unsupported(
                f"{self.bounds.name} between two quantizations",
                "one quantization for input and output, or --arithmetic native",
            )

    @property
    def _keeps_scale(self) -> bool:
        """TFLite Micro rescales in RELU, but not in the others."""
        return self.bounds is not Activation.RELU

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        x, y = call.inputs[0].quantization, call.output.quantization
        if self._keeps_scale:
            return np.clip(q, *self.bounds.integer_bounds(x))
        m = multiplier_of_int8(call, float(np.float32(x.scale) / np.float32(y.scale)))
        scaled = requantize_tflm(q - x.zero_point, m.value, m.shift)
        return np.maximum(scaled + y.zero_point, y.zero_point)
