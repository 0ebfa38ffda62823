"""Decisions between two classes each, from sums for each class. Rule R7 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class PairDecisions(ClassicalOperator):
    """y[pair of i and j] = bias[pair] + sums[i, j - 1] + sums[j, i], for all classes i < j in order

    Inputs: sums [1, C * (C - 1)], int32; bias [C * (C - 1) / 2], int32.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 2)
        expect_constants(self, inputs, 1)
        sums, bias = inputs
        classes = classes_of_pairs(bias.size)
        if len(bias.shape) != 1 or classes * (classes - 1) != sums.channels:
            raise unsupported(
                self, inputs, f"{bias.size} pairs", "the pairs of two or more classes"
            )
        return ((1, bias.size),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        sums, bias = (a.astype(np.int64) for a in inputs)
        first, second = sources(classes_of_pairs(bias.size))
        return (sums[:, first] + sums[:, second] + bias).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        bias = call.inputs[1].data.astype(np.int64)
        first, second = sources(classes_of_pairs(bias.size))
        low = inputs[0].low[first] + inputs[0].low[second] + bias
        high = inputs[0].high[first] + inputs[0].high[second] + bias
        if low.min() < INT32_MIN or high.max() > INT32_MAX:
            raise call.unsupported("decisions can leave int32", "sums of a coarser scale")
        return (Range(low=low, high=high),)


def classes_of_pairs(pairs: int) -> int:
    """How many classes have so many pairs; the next number where none has."""
    classes = 2
    while classes * (classes - 1) // 2 < pairs:
        classes += 1
    return classes


def sources(classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the two sums of every pair are."""
    i, j = np.triu_indices(classes, 1)
    return i * (classes - 1) + j - 1, j * (classes - 1) + i
