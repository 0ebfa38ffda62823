"""Votes of decisions between two classes each. Rules R7 and R8 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.pairs import classes_of


@dataclass(frozen=True, kw_only=True)
class PairVotes(ClassicalOperator):
    """y[c] = the number of pairs that class c wins: i where a decision is above 0, else j

    Input: decisions [1, C * (C - 1) / 2], int32, in the order of R7.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 1)
        pairs = inputs[0].channels
        classes = classes_of(pairs)
        if classes is None:
            raise unsupported(self, inputs, f"{pairs} pairs", "the pairs of two or more classes")
        return ((1, classes),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        (decisions,) = inputs
        classes = call.output.channels
        i, j = np.triu_indices(classes, 1)
        winners = np.where(decisions > 0, i, j)
        return (winners[:, :, None] == np.arange(classes)).sum(axis=1).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(call.output.channels, 0, call.output.channels - 1),)
