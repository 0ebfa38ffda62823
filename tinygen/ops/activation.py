"""Activations that are fused into the operator before them: a clamp of its result."""

import enum
import math

import numpy as np

from tinygen.fixedpoint import INT8_MAX, INT8_MIN, round_half_away
from tinygen.ir import Quantization


class Activation(enum.Enum):
    """The value is the real interval that results are clamped to."""

    NONE = (-math.inf, math.inf)
    RELU = (0.0, math.inf)
    RELU6 = (0.0, 6.0)
    RELU_N1_TO_1 = (-1.0, 1.0)

    def apply_float(self, x: np.ndarray) -> np.ndarray:
        low, high = self.value
        return np.clip(x, np.float32(low), np.float32(high)) if self is not Activation.NONE else x

    def integer_bounds(self, output: Quantization) -> tuple[int, int]:
        """Clamp bounds in the output's int8 units (rule Q4)."""
        low, high = (self._quantize(bound, output) for bound in self.value)
        return max(INT8_MIN, low), min(INT8_MAX, high)

    @staticmethod
    def _quantize(bound: float, output: Quantization) -> int:
        if math.isinf(bound):
            return INT8_MIN if bound < 0 else INT8_MAX
        steps = round_half_away(np.float32(bound) / np.float32(output.scale))
        return int(steps) + output.zero_point
