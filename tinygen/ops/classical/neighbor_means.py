"""Means of numbers that belong to the nearest rows. Rule R5 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.neighbor_weights import WEIGHT_BITS, Weights, neighbor_weights
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class NeighborMeans(ClassicalOperator):
    """y[m] = bias[m] + ((sum over neighbours of share * values[neighbour, m]) >> shift)

    Inputs: neighbours [1, 2 * count] from NearestRows, int32; values [N, M], int16; bias [M], int32. Every share is 1
    with uniform weights; else it is floor(2^15 * weight / sum of the weights).
    """

    weights: Weights = Weights.UNIFORM
    shift: int = 0

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 3)
        expect_constants(self, inputs, 1)
        values, bias = inputs[1:]
        if len(values.shape) != 2 or bias.shape != values.shape[1:]:
            raise unsupported(self, inputs, f"values {values.describe()}", "[N, M], a bias [M]")
        if not 0 <= self.shift < 31:
            raise unsupported(self, inputs, f"shift {self.shift}", "0 to 30")
        return ((1, values.shape[1]),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        neighbors, values, bias = inputs
        distances, rows = np.split(neighbors, 2, axis=1)
        shares = neighbor_weights(self.weights, distances)
        if self.weights is not Weights.UNIFORM:
            shares = (shares << WEIGHT_BITS) // shares.sum(axis=1, keepdims=True)
        sums = (shares[:, :, None] * values[rows].astype(np.int64)).sum(axis=1)
        return ((sums >> self.shift) + bias).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        values, bias = (t.data.astype(np.int64) for t in call.inputs[1:])
        uniform = self.weights is Weights.UNIFORM
        most = call.inputs[0].channels // 2 if uniform else 1 << WEIGHT_BITS
        low, high = np.minimum(values.min(0), 0), np.maximum(values.max(0), 0)
        low, high = low * most, high * most
        found = Range(low=bias + (low >> self.shift), high=bias + (high >> self.shift))
        if (
            min(low.min(), found.low.min()) < INT32_MIN
            or max(high.max(), found.high.max()) > INT32_MAX
        ):
            raise call.unsupported("means can leave int32", "values of a coarser scale")
        return (found,)
