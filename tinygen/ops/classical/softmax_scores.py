"""Probabilities of int32 scores. Rule T10 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

SEGMENTS = 256
MOST_BITS, MOST_CLASSES = 14, 4096


@dataclass(frozen=True, kw_only=True)
class SoftmaxScores(ClassicalOperator):
    """y[c] = (e[c] * 2^15 + sum / 2) / sum, at most 32767, e[c] = exponential of (largest score - x[c]) by a table

    Inputs: x [1, C], int32; table [257], int16: exponentials that fall from 32767. Of a single score the scores are 0
    and x[0]. The output, [1, max(C, 2)], has the scale 2^-15.
    """

    shift: int
    bits: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 2)
        expect_constants(self, inputs, 1)
        table, count = inputs[1], inputs[0].channels
        right = table.shape == (SEGMENTS + 1,) and table.dtype is DType.INT16
        falls = right and table.data[0] == 32767 and (np.diff(table.data) <= 0).all()
        if not (falls and table.data[-1] >= 0 and count <= MOST_CLASSES):
            raise unsupported(self, inputs, f"table {table.describe()}", "a table that falls to 0")
        if not (0 <= self.shift <= 31 and 0 <= self.bits <= MOST_BITS):
            raise unsupported(self, inputs, "shifts out of range", "see rule T10")
        return ((1, max(count, 2)),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x, table = (a.astype(np.int64) for a in inputs)
        if x.shape[1] == 1:
            x = np.concatenate([np.zeros_like(x), x], axis=1)
        distance = (x.max(axis=1, keepdims=True) - x) >> self.shift
        position = np.minimum(distance, (SEGMENTS << self.bits) - 1)
        index, fraction = position >> self.bits, position & ((1 << self.bits) - 1)
        e = table[index] + ((table[index + 1] - table[index]) * fraction >> self.bits)
        total = e.sum(axis=1, keepdims=True)
        return np.minimum((e * 32768 + total // 2) // total, 32767).astype(np.int16)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(call.output.channels, 0, 32767),)
