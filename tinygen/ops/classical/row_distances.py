"""Euclidean distances to stored rows. Rule R11 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants
from tinygen.ops.classical.neighbor_weights import floor_root
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.stored_rows import Measure, expect_rows, measure_bounds, measured

ROOT_BITS = 8
"""Binary digits of a root behind the point."""


@dataclass(frozen=True, kw_only=True)
class RowDistances(ClassicalOperator):
    """y[n] = floor(2^8 * sqrt(squared distance of x and row n))

    Inputs: x [1, K], int8 or int16; rows [N, K] of the same type. Output: int32.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 2)
        expect_constants(self, inputs, 1)
        expect_rows(self, inputs)
        return ((1, inputs[1].shape[0]),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, rows = inputs
        return roots(measured(Measure.SQUARED, x, rows)).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        _, most = measure_bounds(call, Measure.SQUARED, inputs[0])
        return (Range.full(call.output.channels, 0, int(roots(np.array([most]))[0])),)


def roots(squares: NDArray[np.int64]) -> NDArray[np.int64]:
    """floor(2^8 * sqrt(s)) of squares below 2^31, exact."""
    return floor_root(squares.astype(np.int64) << (2 * ROOT_BITS))
