"""A line whose negative side bends to a constant. Rule E16 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, elu.cc.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import Integers, round_half_away
from tinygen.ir import Call
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class Elu(UnaryOperator):
    """y = x where x >= 0, else alpha * (e**x - 1). Input: x of any shape. TFLite knows an `alpha` of 1 only."""

    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.alpha):
            raise UnsupportedError(
                what=f"Elu: alpha {self.alpha}",
                where="attribute alpha",
                next_step="supported: finite numbers",
            )

    def function(self, x: NDArray) -> NDArray:
        return np.where(x >= 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        """All of it in float32, as TFLite Micro makes its table."""
        x, y = call.inputs[0].quantization, call.output.quantization
        real = np.float32(x.scale) * (q - x.zero_point).astype(np.float32)
        power = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32)
        bent = np.float32(self.alpha) * (power - np.float32(1))
        steps = np.where(real < 0, bent, real) * (np.float32(1) / np.float32(y.scale))
        return round_half_away(steps) + y.zero_point
