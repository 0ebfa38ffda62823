"""Squared lengths of groups of numbers. Rule T11 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

REACH, LIMIT = 32767, 2**30
LEAST_SHIFT, MOST_SHIFT = -15, 30


@dataclass(frozen=True, kw_only=True)
class SquareSums(ClassicalOperator):
    """y[c] = bias[c] - (min(sum over r of t[c, r]^2, 2^30) >> shift), t = clamp(round(z / 2^shifts), -32767, 32767)

    Inputs: z [1, C * R], int32, the R numbers of an output together; shifts [C * R], int8, negative ones to the left;
    bias [C], int32 from -2^30.
    """

    shift: int = 0

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 3)
        expect_constants(self, inputs, 1)
        z, shifts, bias = inputs
        right = shifts.shape == (z.channels,) and shifts.dtype is DType.INT8
        if not right or len(bias.shape) != 1 or z.channels % bias.size:
            raise unsupported(self, inputs, f"shifts {shifts.describe()}", f"int8 [{z.channels}]")
        inside = shifts.data.min() >= LEAST_SHIFT and shifts.data.max() <= MOST_SHIFT
        if not inside or not 0 <= self.shift <= 30 or bias.data.min() < -(2**30):
            raise unsupported(self, inputs, "shifts or a bias out of range", "see rule T11")
        return ((1, bias.size),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        z, shifts, bias = (a.astype(np.int64) for a in inputs)
        right, left = np.maximum(shifts, 0), np.maximum(-shifts, 0)
        half = (1 << right) >> 1
        rounded = (np.minimum(z, INT32_MAX - half) + half) >> right
        t = np.clip(np.clip(rounded, -REACH - 1, REACH + 1) << left, -REACH, REACH)
        sums = (t * t).reshape(len(z), len(bias), -1).sum(axis=2)
        return (bias - (np.minimum(sums, LIMIT) >> self.shift)).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        bias = call.inputs[2].data.astype(np.int64)
        return (Range(low=bias - (LIMIT >> self.shift), high=bias),)
