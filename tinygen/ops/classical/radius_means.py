"""Means of the stored rows within a radius. Rule R13 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.neighbor_weights import Weights, weights_within
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.stored_rows import Measure, expect_rows, measure_bounds, measured

BITS = 8
"""Binary digits of a mean of values behind the point."""


@dataclass(frozen=True, kw_only=True)
class RadiusMeans(ClassicalOperator):
    """y[m] = bias[m] + trunc(2^8 * (weighted sum of values of rows whose measure is at most `limit`) / their weights)

    Of no rows: y[m] = bias[m]. `weights` are those of neighbours; uniform ones are 1. Inputs: x [1, K], int8, int16 or
    int32; rows [N, K] of the same type; values [N, M], int16; bias [M], int32.
    """

    limit: int
    measure: Measure = Measure.SQUARED
    weights: Weights = Weights.UNIFORM

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16, DType.INT32), 4)
        expect_constants(self, inputs, 1)
        expect_rows(self, inputs)
        values, bias = inputs[2:]
        right = len(values.shape) == 2 and values.shape[0] == inputs[1].shape[0]
        if not right or bias.shape != values.shape[1:] or values.dtype is not DType.INT16:
            raise unsupported(self, inputs, f"values {values.describe()}", "int16 [N, M]")
        if self.measure in (Measure.PRODUCT, Measure.HAMMING):
            raise unsupported(
                self, inputs, f"{self.measure.value} measures", "squared, manhattan, chebyshev"
            )
        return ((1, values.shape[1]),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, rows, values, bias = inputs
        measures = measured(self.measure, x, rows)
        shares = weights_within(self.weights, measures, measures <= self.limit)
        sums, total = shares @ values.astype(np.int64), np.maximum(shares.sum(axis=1), 1)[:, None]
        means = np.sign(sums) * ((np.abs(sums) << BITS) // total)
        return (means + bias).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        measure_bounds(call, self.measure, inputs[0])
        values, bias = (t.data.astype(np.int64) for t in call.inputs[2:])
        reach = np.abs(values).max(axis=0) << BITS
        if (bias - reach).min() < INT32_MIN or (bias + reach).max() > INT32_MAX:
            raise call.unsupported("means can leave int32", "values of a coarser scale")
        return (Range(low=bias - reach, high=bias + reach),)
