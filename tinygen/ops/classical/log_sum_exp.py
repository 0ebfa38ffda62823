"""The logarithm of a sum of exponentials. Rule T12 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

SEGMENTS = 256
MOST_BITS, MOST_SCORES, MOST_FACTOR = 14, 4096, 8191
LARGEST = 2**30
"""What the largest score is clamped to: the logarithm adds less than that, so the sum fits in int32."""


@dataclass(frozen=True, kw_only=True)
class LogSumExp(ClassicalOperator):
    """y[0] = clamp(largest x, -2^30, 2^30) + log(sum over c of exp(x[c] - largest x)), by tables

    Inputs: x [1, C], int32; exponentials [257], int16, that fall from 32767; logarithms [257], int16: of 1 + i / 256 to
    the base 2, times 2^14. `factor` / 2^`factor_shift` is what 2^-14 of such a logarithm counts.
    """

    shift: int
    bits: int
    factor: int
    factor_shift: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 3)
        expect_constants(self, inputs, 1)
        x, exponentials, logarithms = inputs
        for table in (exponentials, logarithms):
            if table.shape != (SEGMENTS + 1,) or table.dtype is not DType.INT16:
                raise unsupported(self, inputs, f"table {table.describe()}", "int16 [257]")
        falls = exponentials.data[0] == 32767 and (np.diff(exponentials.data) <= 0).all()
        rises = logarithms.data[0] == 0 and logarithms.data[-1] == 2**14
        rises = rises and (np.diff(logarithms.data) >= 0).all()
        if not (falls and exponentials.data[-1] >= 0 and rises and x.channels <= MOST_SCORES):
            raise unsupported(self, inputs, "tables of other functions", "see rule T12")
        shifts = 0 <= self.shift <= 31 and 0 <= self.bits <= MOST_BITS
        factors = 0 <= self.factor <= MOST_FACTOR and 1 <= self.factor_shift <= 30
        if not (shifts and factors):
            raise unsupported(self, inputs, "shifts or a factor out of range", "see rule T12")
        return ((1, 1),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, exponentials, logarithms = (a.astype(np.int64) for a in inputs)
        largest = x.max(axis=1, keepdims=True)
        p = np.minimum((largest - x) >> self.shift, (SEGMENTS << self.bits) - 1)
        i, f = p >> self.bits, p & ((1 << self.bits) - 1)
        e = exponentials[i] + ((exponentials[i + 1] - exponentials[i]) * f >> self.bits)
        log = self._log(e.sum(axis=1, keepdims=True), logarithms)
        half, largest = (1 << self.factor_shift) >> 1, np.clip(largest, -LARGEST, LARGEST)
        return (largest + ((log * self.factor + half) >> self.factor_shift)).astype(np.int32)

    def _log(self, total: NDArray[np.int64], table: NDArray[np.int64]) -> NDArray[np.int64]:
        """2^14 * log2(total / 2^15) of a total of 32767 and above."""
        digits = np.floor(np.log2(total)).astype(np.int64)  # exact: totals are below 2^27
        mantissa = total << (30 - digits)
        i, f = (mantissa >> 22) & 255, (mantissa >> 8) & (2**14 - 1)
        return ((digits - 15) << 14) + table[i] + ((table[i + 1] - table[i]) * f >> 14)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        count = call.inputs[0].channels
        most = (count.bit_length() + 1 << 14) * self.factor >> self.factor_shift
        ends = np.clip([inputs[0].low.max(), inputs[0].high.max()], -LARGEST, LARGEST)
        return (Range.full(1, int(ends[0]) - self.factor, int(ends[1]) + most + 1),)
