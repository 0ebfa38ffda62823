"""Average pooling. Rule P1 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/pooling.h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import truncating_divide
from tinygen.ir import Call
from tinygen.ops.pool import PoolOperator


@dataclass(frozen=True, kw_only=True)
class AveragePool2D(PoolOperator):
    """y[n,oy,ox,c] = mean of the x[n, oy*sh + ky - top, ox*sw + kx - left, c] in the image."""

    def cell_counts(self, height: int, width: int) -> NDArray[np.int64]:
        """Number of cells inside of the image for every window: [1, OH, OW, 1]."""
        return self.reduce(self.window.pad(np.ones((1, height, width, 1), np.int64), 0), np.add)

    def _sums_and_counts(self, x: NDArray) -> tuple[NDArray, NDArray[np.int64]]:
        return self.reduce(self.window.pad(x, 0), np.add), self.cell_counts(*x.shape[1:3])

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        sums, counts = self._sums_and_counts(inputs[0].astype(np.float64))
        return self.activation.apply_float(sums / counts).astype(np.float32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        sums, counts = self._sums_and_counts(inputs[0].astype(np.int32))
        half = np.where(sums > 0, counts // 2, -(counts // 2))
        y = truncating_divide(sums + half, counts)
        return np.clip(y, *self.activation.integer_bounds(call.output.quantization)).astype(np.int8)
