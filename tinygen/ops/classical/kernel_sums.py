"""Sums of a function of the distance to stored rows. Rules R2, R6 and R7 of ARITHMETIC.md."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.pairs import pairs_of, sources
from tinygen.ops.classical.stored_rows import (
    Measure,
    expect_rows,
    measure_bounds,
    measured,
)


@dataclass(frozen=True, kw_only=True)
class KernelSums(ClassicalOperator):
    """y = sums + bias, or for several groups y[pair i, j] = sums[i, j - 1] + sums[j, i] + bias[pair]

    sums[g, m] = sum over fours of rows of group g of
                 (sum over rows n of the four of coefficients[n, m] * kernel(measure of x and row n)) >> sum_shift

    Inputs: x [1, K], int8 or int16; rows [N, K] of the same type; coefficients [N, M], int16; groups [G + 1], int32:
    group g is the rows from groups[g] to groups[g + 1]; bias, int32, [M] or for G = M + 1 groups [G * M / 2]; table
    [T], int16. The kernel is the table, interpolated:

        t = clamp(measure - first, 0, ((T - 1) << shift) - 1); i = t >> shift; f = t - (i << shift)
        kernel = table[i] + ((table[i + 1] - table[i]) * f >> shift)
    """

    first: int
    shift: int
    sum_shift: int = 0
    measure: Measure = Measure.SQUARED

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 6)
        expect_constants(self, inputs, 1)
        expect_rows(self, inputs)
        _, rows, coefficients, groups, bias, table = inputs
        right = len(coefficients.shape) == 2 and coefficients.shape[0] == rows.shape[0]
        if not right or coefficients.dtype is not DType.INT16:
            raise unsupported(self, inputs, f"coefficients {coefficients.describe()}", "[N, M]")
        edges = groups.data.astype(np.int64)
        if not 0 <= self.shift < 31 or not 0 <= self.sum_shift < 31:
            raise unsupported(self, inputs, f"shifts {self.shift}, {self.sum_shift}", "0 to 30")
        if edges[0] != 0 or edges[-1] != rows.shape[0] or (np.diff(edges) < 0).any():
            raise unsupported(self, inputs, "groups that are not all rows", "rising from 0 to N")
        if table.dtype is not DType.INT16 or table.size < 2:
            raise unsupported(
                self, inputs, f"a table {table.describe()}", "int16, 2 values or more"
            )
        outputs, parts = coefficients.shape[1], groups.size - 1
        wanted = outputs if parts == 1 else pairs_of(parts)
        if bias.shape != (wanted,) or (parts > 1 and parts != outputs + 1):
            raise unsupported(self, inputs, f"a bias {bias.describe()}", f"[{wanted}]")
        return ((1, wanted),)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        if not self.measure.is_quadratic:
            raise call.unsupported(f"kernels of {self.measure.value} distances", "squared, product")

    def _expect_table(self, call: Call, least: int, most: int) -> None:
        """Raise UnsupportedError unless the way from a measure to a place in the table fits in int32."""
        table = call.inputs[5].data.astype(np.int64)
        steps = np.abs(np.diff(table)).max() << self.shift
        reach = (table.size - 1) << self.shift
        gap = max(abs(least - self.first), abs(most - self.first))
        if max(steps, reach, gap, abs(self.first)) >= 2**31:
            raise call.unsupported("the table can leave int32", "a table of smaller steps")

    def macs(self, call: Call) -> int:
        return call.inputs[1].size + call.inputs[2].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, rows, coefficients, groups, bias, table = inputs
        kernels = self.kernel(measured(self.measure, x, rows), table.astype(np.int64))
        weights = coefficients.astype(np.int64)
        sums = [self._sums(kernels[:, i:j], weights[i:j]) for i, j in itertools.pairwise(groups)]
        return (self._combined(np.concatenate(sums, axis=1), len(sums)) + bias).astype(np.int32)

    def _sums(self, kernels: NDArray[np.int64], weights: NDArray[np.int64]) -> NDArray[np.int64]:
        """[batch, rows], [rows, M] -> [batch, M]"""
        fours = [kernels[:, i : i + 4] @ weights[i : i + 4] for i in range(0, len(weights), 4)]
        none = np.zeros((len(kernels), weights.shape[1]), np.int64)
        return sum((four >> self.sum_shift for four in fours), none)

    def _combined(self, sums: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
        """[batch, G * M] -> [batch, outputs]"""
        if groups == 1:
            return sums
        first, second = sources(groups)
        return sums[:, first] + sums[:, second]

    def kernel(self, measures: NDArray[np.int64], table: NDArray[np.int64]) -> NDArray[np.int64]:
        """The interpolated table."""
        t = np.clip(measures - self.first, 0, ((len(table) - 1) << self.shift) - 1)
        i = t >> self.shift
        return table[i] + ((table[i + 1] - table[i]) * (t - (i << self.shift)) >> self.shift)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        self._expect_table(call, *measure_bounds(call, self.measure, inputs[0]))
        coefficients, groups, bias, table = (t.data.astype(np.int64) for t in call.inputs[2:])
        largest = np.abs(table).max()
        sums = []
        for i, j in itertools.pairwise(groups):
            fours = [np.abs(coefficients[k : min(k + 4, j)]).sum(0) for k in range(i, j, 4)]
            most = np.array(fours).reshape(-1, coefficients.shape[1]) * largest
            if most.size and most.max() >= 2**31:
                raise call.unsupported("sums of four kernels leave int32", "smaller coefficients")
            sums.append(-((-most >> self.sum_shift).sum(0)))
        most = self._combined(np.concatenate(sums)[None], len(sums))[0]
        if (most + np.abs(bias)).max() >= 2**31:
            raise call.unsupported("sums of kernels can leave int32", "smaller coefficients")
        return (Range(low=bias - most, high=bias + most),)
