"""The stored rows nearest to a row. Rules R2 and R3 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.stored_rows import (
    Measure,
    expect_rows,
    measure_bounds,
    measured,
)


@dataclass(frozen=True, kw_only=True)
class NearestRows(ClassicalOperator):
    """y = the `count` least measures of x and a stored row, least first, and then the indices of these rows

    Inputs: x [1, K], int8 or int16; rows [N, K] of the same type. Output: [1, 2 * count], int32. Of rows that are
    equally near the first comes first.
    """

    count: int
    measure: Measure = Measure.SQUARED

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 2)
        expect_constants(self, inputs, 1)
        expect_rows(self, inputs)
        if not 1 <= self.count <= inputs[1].shape[0]:
            raise unsupported(self, inputs, f"{self.count} neighbours", "1 to all stored rows")
        return ((1, 2 * self.count),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        distances = measured(self.measure, *inputs)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : self.count]
        least = np.take_along_axis(distances, nearest, axis=1)
        return np.concatenate([least, nearest], axis=1).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        low, high = measure_bounds(call, self.measure, inputs[0])
        last = call.inputs[1].shape[0] - 1
        n = self.count
        return (Range(low=np.repeat([low, 0], n), high=np.repeat([high, last], n)),)
