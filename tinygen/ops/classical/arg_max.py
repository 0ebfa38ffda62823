"""The class with the largest score. Rule T3 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class ArgMax(ClassicalOperator):
    """y[0] = the first index of the largest x[c]; of a single score: 1 if it is above `threshold`, else 0

    Input: x [1, C], int32.
    """

    threshold: int = 0

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 1)
        return ((1, 1),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        (scores,) = inputs
        if scores.shape[1] == 1:
            return (scores > self.threshold).astype(np.int32)
        return scores.argmax(axis=1, keepdims=True).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(1, 0, max(call.inputs[0].channels - 1, 1)),)
