"""The latent mean of a Gaussian process, the smaller the less is known. Rule R17 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX
from tinygen.ir import Call, DType, Range
from tinygen.ops.checks import unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.wide_kernel_sums import whole_root

ONE_BITS = 26
"""2^26 stands for 1 in quotients of a mean and a root that are in units of 2^(shift / 2)."""

LARGEST_ONE = 2**61


@dataclass(frozen=True, kw_only=True)
class ShrunkMean(ClassicalOperator):
    """y[0] = clamp(trunc(2^26 * x[0] / floor(sqrt(n))), int32), n = max(one - sum over k > 0 of (x[k]^2 >> shift), 1)

    Input: x [1, 1 + R], int32: a mean, and columns whose squares say what is known.
    """

    one: int
    shift: int

    def infer_shapes(self, inputs: Sequence) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 1)
        if not 1 <= self.one < LARGEST_ONE or not 0 <= self.shift <= 62:
            raise unsupported(self, inputs, "a shift or `one` out of range", "see rule R17")
        return ((1, 1),)

    def macs(self, call: Call) -> int:
        return call.inputs[0].channels

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x = inputs[0].astype(np.int64)
        rest = np.full(len(x), self.one)
        for column in x.T[1:]:
            rest = np.maximum(rest - (column * column >> self.shift), 1)
        mean = x[:, 0]
        quotient = np.sign(mean) * ((np.abs(mean) << ONE_BITS) // whole_root(rest))
        return np.clip(quotient, -INT32_MAX, INT32_MAX).astype(np.int32)[:, None]

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(1, -INT32_MAX, INT32_MAX),)
