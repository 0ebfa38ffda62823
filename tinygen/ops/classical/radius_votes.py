"""Votes of the stored rows within a radius. Rule R12 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.stored_rows import Measure, expect_rows, measure_bounds, measured


@dataclass(frozen=True, kw_only=True)
class RadiusVotes(ClassicalOperator):
    """y[c] = the number of stored rows of class c whose measure is at most `limit`; of none, y[outlier] = 1

    Inputs: x [1, K], int8 or int16; rows [N, K] of the same type; the class of every row [N], int16.
    """

    limit: int
    classes: int
    outlier: int
    measure: Measure = Measure.SQUARED

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 3)
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
        near = measured(self.measure, x, rows) <= self.limit
        votes = near.astype(np.int64) @ (labels[:, None] == np.arange(self.classes))
        votes[~near.any(axis=1), self.outlier] = 1
        return votes.astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        measure_bounds(call, self.measure, inputs[0])
        return (Range.full(self.classes, 0, call.inputs[1].shape[0]),)
