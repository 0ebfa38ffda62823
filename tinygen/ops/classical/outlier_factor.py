"""The local outlier factor, from the nearest rows. Rule R14 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.row_distances import roots

LARGEST = 2**20
"""Of a density; with 256 neighbours at distances below 2^24 the product of both sums is below 2^60."""

MOST_NEIGHBORS = 256


@dataclass(frozen=True, kw_only=True)
class OutlierFactor(ClassicalOperator):
    """y[0] = max(bias - ((sum of densities[row]) * (sum of max(distance, reaches[row])) >> shift), -2^31)

    Both sums go over the neighbours; a distance is floor(2^8 * sqrt(squared measure)).
    Inputs: neighbours [1, 2 * count] from NearestRows, int32; reaches and densities [N], int32; bias [1], int32.
    """

    shift: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 4)
        expect_constants(self, inputs, 1)
        neighbors, reaches, densities, bias = inputs
        same = reaches.shape == densities.shape and len(reaches.shape) == 1 and bias.shape == (1,)
        few = neighbors.channels % 2 == 0 and neighbors.channels <= 2 * MOST_NEIGHBORS
        if not same or not few or not 0 <= self.shift <= 62:
            raise unsupported(self, inputs, f"reaches {reaches.describe()}", "[N], up to 256 of 2N")
        inside = densities.data.min() >= 0 and densities.data.max() <= LARGEST
        if not inside or reaches.data.min() < 0 or reaches.data.max() >= 2**24:
            raise unsupported(self, inputs, "reaches or densities out of range", "see rule R14")
        if abs(int(bias.data[0])) > 2**30:
            raise unsupported(self, inputs, "a bias out of range", "up to 2^30")
        return ((1, 1),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        neighbors, reaches, densities, bias = (a.astype(np.int64) for a in inputs)
        measures, rows = np.split(neighbors, 2, axis=1)
        reach = np.maximum(roots(measures), reaches[rows]).sum(axis=1, keepdims=True)
        product = reach * densities[rows].sum(axis=1, keepdims=True)
        return np.maximum(bias - (product >> self.shift), INT32_MIN).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(1, INT32_MIN, int(call.inputs[3].data[0])),)
