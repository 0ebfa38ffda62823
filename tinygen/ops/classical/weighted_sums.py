"""Sums of a few weighted columns. Rule V2 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

MOST_SHIFT = 15


@dataclass(frozen=True, kw_only=True)
class WeightedSums(ClassicalOperator):
    """y[c] = bias[c] + sum over the entries of c of ((x[column] * weight) >> 16) >> shift

    Inputs: x [1, K], int32; columns, weights and shifts [E], int16; counts [C], int16: how many entries belong to each
    output, one after the other; bias [C], int32.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 6)
        expect_constants(self, inputs, 1)
        x, columns, weights, shifts, counts, bias = inputs
        if len({columns.shape, weights.shape, shifts.shape}) != 1 or counts.shape != bias.shape:
            raise unsupported(self, inputs, "constants of other lengths", "[E] and [C]")
        if counts.data.min() < 0 or counts.data.sum(dtype=np.int64) > columns.size:
            raise unsupported(self, inputs, "counts of other entries", f"{columns.size} entries")
        known = columns.data.min() >= 0 and columns.data.max() < x.channels
        if not known or shifts.data.min() < 0 or shifts.data.max() > MOST_SHIFT:
            raise unsupported(self, inputs, "columns or shifts out of range", "see rule V2")
        return ((1, bias.size),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, columns, weights, shifts, counts, bias = (a.astype(np.int64) for a in inputs)
        terms = ((x[:, columns] * weights) >> 16) >> shifts
        return (self._summed(terms, counts) + bias).astype(np.int32)

    def _summed(self, terms: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """[batch, E] -> [batch, C]"""
        ends = np.cumsum([0, *counts])
        before = np.concatenate([np.zeros((len(terms), 1), np.int64), terms.cumsum(axis=1)], axis=1)
        return before[:, ends[1:]] - before[:, ends[:-1]]

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        columns, weights, shifts, counts, bias = (t.data.astype(np.int64) for t in call.inputs[1:])
        ends = np.stack([inputs[0].low[columns] * weights, inputs[0].high[columns] * weights])
        ends = (ends >> 16) >> shifts
        largest = self._summed(np.abs(ends).max(axis=0)[None], counts)[0] + np.abs(bias)
        if largest.max() >= 2**31:
            raise call.unsupported("weighted sums can leave int32", "smaller weights")
        low, high = (self._summed(e[None], counts)[0] + bias for e in (ends.min(0), ends.max(0)))
        return (Range(low=low, high=high),)
