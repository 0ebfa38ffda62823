"""A ReLU whose negative side has a slope. Rule E8 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/leaky_relu.h, leaky_relu_common.cc.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import Integers, Multiplier, requantize_tflm
from tinygen.ir import Call
from tinygen.ops.checks import multiplier_of_int8
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class LeakyRelu(UnaryOperator):
    """y = x where x >= 0, else alpha * x. Input: x of any shape. `alpha` is a float32 value."""

    alpha: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.alpha) or self.alpha < 0.0:
            raise UnsupportedError(
                what=f"LeakyRelu: slope {self.alpha} of the negative side",
                where="attribute alpha",
                next_step="supported: finite slopes of 0 and above",
            )
        object.__setattr__(self, "alpha", float(np.float32(self.alpha)))

    def function(self, x: NDArray) -> NDArray:
        return np.where(x >= 0, x, x * x.dtype.type(self.alpha))

    def tflm_multipliers(self, call: Call) -> tuple[Multiplier, Multiplier]:
        """Multipliers of the side of 0 and above, and of the negative side; factors in float32."""
        x, y = (np.float32(t.quantization.scale) for t in (call.inputs[0], call.output))
        slope = x * np.float32(self.alpha) / y
        return multiplier_of_int8(call, float(x / y)), multiplier_of_int8(call, float(slope))

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        above, below = self.tflm_multipliers(call)
        v = q - call.inputs[0].zero_point
        scaled = np.where(
            v >= 0,
            requantize_tflm(v, above.value, above.shift),
            requantize_tflm(v, below.value, below.shift),
        )
        return scaled + call.output.zero_point
