"""Votes of the stored rows within a radius. Rule R12 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.neighbor_weights import WEIGHT_BITS, Weights, weights_within
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.stored_rows import Measure, expect_rows, measure_bounds, measured


@dataclass(frozen=True, kw_only=True)
class RadiusVotes(ClassicalOperator):
    """y[c] = the weights of the stored rows of class c whose measure is at most `limit`; of none, y[outlier] = 1

    `weights` are those of neighbours, of which the nearest row is the first: uniform ones are 1.
    Inputs: x [1, K], int8, int16 or int32; rows [N, K] of the same type; the class of every row [N], int16.
    """

    limit: int
    classes: int
    outlier: int
    measure: Measure = Measure.SQUARED
    weights: Weights = Weights.UNIFORM

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16, DType.INT32), 3)
        expect_constants(self, inputs, 1)
        expect_rows(self, inputs)
        labels = inputs[2]
        right = labels.shape == inputs[1].shape[:1] and labels.data.min() >= 0
        few = 1 <= self.classes <= 256 and 0 <= self.outlier < self.classes
        if not right or not few or labels.data.max() >= self.classes:
            raise unsupported(self, inputs, "labels of other classes", "labels below `classes`")
        if self.measure in (Measure.PRODUCT, Measure.HAMMING):
            raise unsupported(
                self, inputs, f"{self.measure.value} measures", "squared, manhattan, chebyshev"
            )
        return ((1, self.classes),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, rows, labels = inputs
        measures = measured(self.measure, x, rows)
        near = measures <= self.limit
        votes = weights_within(self.weights, measures, near) @ (
            labels[:, None] == np.arange(self.classes)
        )
        votes[~near.any(axis=1), self.outlier] = 1
        return votes.astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        measure_bounds(call, self.measure, inputs[0])
        most = 1 if self.weights is Weights.UNIFORM else 1 << WEIGHT_BITS
        return (Range.full(self.classes, 0, most * call.inputs[1].shape[0]),)
