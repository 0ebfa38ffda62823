"""Linear functions of a row of integers. Rule T4 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.stored_rows import LEAST_INT8
from tinygen.ops.scaled import interval_products


@dataclass(frozen=True, kw_only=True)
class LinearScores(ClassicalOperator):
    """y[c] = (bias[c] + sum over k of x[k] * weights[c, k]) >> shift

    Inputs: x [1, K], int8 or int16; weights [C, K], int16, or int8 if x is and `shift` is 0; bias [C], int32. With int8
    weights features below -127 count as -127. The sum is an int32 where the proof of T4 holds, and for `shift` > 0 an
    int64.
    """

    shift: int = 0

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 3)
        expect_constants(self, inputs, 1)
        x, weights, bias = inputs
        small = weights.dtype is DType.INT8 and x.dtype is DType.INT8 and not self.shift
        right = (weights.dtype is DType.INT16 or small) and bias.shape == weights.shape[:1]
        if not right or weights.shape[1:] != (x.channels,) or not 0 <= self.shift < 32:
            raise unsupported(
                self,
                inputs,
                f"weights {weights.describe()}, bias {bias.describe()}, shift {self.shift}",
                f"int16 weights [C, {x.channels}] (int8 of int8), a bias [C], shifts below 32",
            )
        return ((1, weights.shape[0]),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, weights, bias = (a.astype(np.int64) for a in inputs)
        if inputs[1].dtype == np.int8:
            x = np.maximum(x, LEAST_INT8)
        return ((x @ weights.T + bias) >> self.shift).astype(np.int32)

    def bounds(self, call: Call, x: Range) -> Range:
        """Exact bounds of the result for inputs in these."""
        weights, bias = (t.data.astype(np.int64) for t in call.inputs[1:])
        lowest = LEAST_INT8 if call.inputs[1].dtype is DType.INT8 else INT32_MIN
        ends = np.maximum(x.low, lowest), np.maximum(x.high, lowest)
        least, most = interval_products(weights, *ends)
        low, high = least.sum(1) + bias, most.sum(1) + bias
        return Range(low=low >> self.shift, high=high >> self.shift)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        found = self.bounds(call, inputs[0])
        if found.low.min() < INT32_MIN or found.high.max() > INT32_MAX:
            raise call.unsupported("scores can leave int32", "weights of a coarser scale")
        return (found,)
