"""Linear functions of a row of integers with weights of 32 bits. Rule T13 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

LARGEST_SUM = 2**62


@dataclass(frozen=True, kw_only=True)
class WideScores(ClassicalOperator):
    """y[c] = clamp((bias[c] * 2^bias_shift + half + sum over k of x[k] * weights[c, k]) >> shift, -reach, reach)

    half = 2^(shift - 1), of shift 0: 0. Inputs: x [1, K], int8, int16 or int32; weights [C, K] and bias [C], int32.
    Sums are int64.
    """

    shift: int
    bias_shift: int
    reach: int = 2**31 - 1

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16, DType.INT32), 3)
        expect_constants(self, inputs, 1)
        x, weights, bias = inputs
        right = weights.shape == (bias.size, x.channels) and bias.shape == weights.shape[:1]
        if not right or weights.dtype is not DType.INT32 or bias.dtype is not DType.INT32:
            raise unsupported(self, inputs, f"weights {weights.describe()}", "int32 [C, K]")
        shifts = 0 <= self.shift <= 62 and 0 <= self.bias_shift <= 31
        if not shifts or not 1 <= self.reach < 2**31:
            raise unsupported(self, inputs, "shifts or a reach out of range", "see rule T13")
        return ((1, weights.shape[0]),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    @property
    def half(self) -> int:
        return (1 << self.shift) >> 1

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, weights, bias = (a.astype(np.int64) for a in inputs)
        sums = x @ weights.T + (bias << self.bias_shift) + self.half
        return np.clip(sums >> self.shift, -self.reach, self.reach).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        weights, bias = (t.data.astype(object) for t in call.inputs[1:])
        largest = np.maximum(np.abs(inputs[0].low), np.abs(inputs[0].high)).astype(object)
        sums = (abs(weights) * largest).sum(axis=1) + abs(bias) * 2**self.bias_shift + self.half
        if max(sums) >= LARGEST_SUM:
            raise call.unsupported("sums can leave int64", "smaller weights")
        return (Range.full(len(bias), -self.reach, self.reach),)
