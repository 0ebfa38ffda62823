"""The weighted median of a row. Rule V3 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class WeightedMedian(ClassicalOperator):
    """y[0] = the least x[i] for which 2 * (sum of weights[j] with x[j] <= x[i]) >= sum of all weights

    Inputs: x [1, K], int32; weights [K], int32, none negative, below 2^30 together.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 2)
        expect_constants(self, inputs, 1)
        x, weights = inputs
        fits = weights.shape == (x.channels,) and weights.data.min() >= 0
        if not fits or not 0 < weights.data.sum(dtype=np.int64) < 2**30:
            raise unsupported(self, inputs, f"weights {weights.describe()}", "[K], sum below 2^30")
        return ((1, 1),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, weights = inputs
        order = np.argsort(x, axis=1, kind="stable")
        below = np.cumsum(weights.astype(np.int64)[order], axis=1)
        place = np.argmax(2 * below >= below[:, -1:], axis=1)[:, None]
        return np.take_along_axis(x, np.take_along_axis(order, place, axis=1), axis=1)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        x = inputs[0]
        return (Range(low=x.low.min(keepdims=True), high=x.high.max(keepdims=True)),)
