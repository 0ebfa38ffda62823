"""Least squares with numbers that are not negative. Rule U7 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

ONE_BITS = 30
"""2^30 stands for an overlap of 1."""

LARGEST_SUM = 2**61
"""So that 2^-30 of a sum is an int32."""


@dataclass(frozen=True, kw_only=True)
class NonNegativeSquares(ClassicalOperator):
    """y >= 0 with the least y . y / 2 + sum over k < l of overlaps[k, l] * y[k] * y[l] - x . y, about

    y begins as 0. Up to `sweeps` times, until a sweep changes nothing, for every k in order:

        y[k] = max(0, x[k] - ((sum over l of overlaps[k, l] * y[l] + 2^29) >> 30))

    Inputs: x [1, K], int32; overlaps [K, K], int32, from 0 to 2^30, 0 where k = l. So no y[k] is above x[k] or 0.
    """

    sweeps: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 2)
        expect_constants(self, inputs, 1)
        x, overlaps = inputs
        right = overlaps.shape == (x.channels, x.channels) and overlaps.dtype is DType.INT32
        if not right or overlaps.data.min() < 0 or overlaps.data.max() > 1 << ONE_BITS:
            raise unsupported(self, inputs, f"overlaps {overlaps.describe()}", "[K, K] up to 2^30")
        if np.diag(overlaps.data).any() or self.sweeps < 1:
            raise unsupported(self, inputs, "overlaps with itself, or no sweep", "see rule U7")
        return ((1, x.channels),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size * self.sweeps

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, overlaps = (a.astype(np.int64) for a in inputs)
        y = np.zeros_like(x)
        for _ in range(self.sweeps):
            before = y.copy()
            for k, row in enumerate(overlaps):
                taken = (y @ row + (1 << ONE_BITS >> 1)) >> ONE_BITS
                y[:, k] = np.maximum(x[:, k] - taken, 0)
            if (y == before).all():  # of all rows: those that rested before rest still
                break
        return y.astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        most = np.maximum(inputs[0].high, 0)
        sums = call.inputs[1].data.astype(object) @ most.astype(object) + (1 << ONE_BITS >> 1)
        if max(sums) >= LARGEST_SUM:
            raise call.unsupported("sums can leave int64", "smaller numbers")
        return (Range(low=np.zeros_like(most), high=most),)
