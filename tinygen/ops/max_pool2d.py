"""Maximum pooling. Rule P2 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/pooling.h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT8_MIN
from tinygen.ir import Call
from tinygen.ops.pool import PoolOperator


@dataclass(frozen=True, kw_only=True)
class MaxPool2D(PoolOperator):
    """y[n,oy,ox,c] = max of the x[n, oy*sh + ky - top, ox*sw + kx - left, c] in the image."""

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        y = self.reduce(self.window.pad(inputs[0], -np.inf), np.maximum)
        return self.activation.apply_float(y).astype(np.float32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        y = self.reduce(self.window.pad(inputs[0], INT8_MIN), np.maximum)
        return np.clip(y, *self.activation.integer_bounds(call.output.quantization)).astype(np.int8)
