"""A row and its squares. Rule T8 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class Squares(ClassicalOperator):
    """y = (c[0], ..., c[K-1], s[0], ..., s[K-1]), c[k] = clamp(x[k], low, high) - centers[k],
    s[k] = min(c[k]^2 >> shift, 32767)

    Inputs: x [1, K], int8 or int16; centers [K], int16. No c[k] may leave int16.
    """

    low: int
    high: int
    shift: int = 0

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 2)
        expect_constants(self, inputs, 1)
        centers = inputs[1].data.astype(np.int64)
        ends = (self.low - centers.max(), self.high - centers.min())
        if self.low > self.high or ends[0] < -32768 or ends[1] > 32767:
            raise unsupported(self, inputs, f"differences in {ends}", "differences in int16")
        return ((1, 2 * inputs[0].channels),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x = np.clip(inputs[0].astype(np.int64), self.low, self.high) - inputs[1]
        squares = np.minimum(x * x >> self.shift, 32767)
        return np.concatenate([x, squares], axis=-1).astype(np.int16)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        low, high = (
            np.clip(b, self.low, self.high) - call.inputs[1].data
            for b in (inputs[0].low, inputs[0].high)
        )
        most = np.minimum(np.maximum(low * low, high * high) >> self.shift, 32767)
        return (
            Range(
                low=np.concatenate([low, np.zeros_like(most)]), high=np.concatenate([high, most])
            ),
        )
