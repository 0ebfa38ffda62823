"""A function of int32 sums by a table and straight lines between its entries. Rule T7 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

SEGMENTS = 256
MOST_BITS = 14
"""Of a position within a segment: the product with a difference of two int16 fits in int32."""


@dataclass(frozen=True, kw_only=True)
class Interpolate(ClassicalOperator):
    """y[k] = table[i] + ((table[i + 1] - table[i]) * f >> bits), i = p >> bits, f = p mod 2^bits,
    p = clamp(x[k] >> shift, -2^(bits+7), 2^(bits+7) - 1) + 2^(bits+7)

    Inputs: x [1, K], int32; table [257], int16.
    """

    shift: int
    bits: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 2)
        expect_constants(self, inputs, 1)
        table = inputs[1]
        right = table.shape == (SEGMENTS + 1,) and table.dtype is DType.INT16
        if not right or not (0 <= self.shift <= 31 and 0 <= self.bits <= MOST_BITS):
            raise unsupported(
                self,
                inputs,
                f"table {table.describe()}, shift {self.shift}, {self.bits} bits",
                f"int16 [{SEGMENTS + 1}], shifts up to 31, up to {MOST_BITS} bits",
            )
        return (inputs[0].shape,)

    @property
    def reach(self) -> int:
        """Half of the positions that the table covers."""
        return 1 << (self.bits + 7)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x, table = (a.astype(np.int64) for a in inputs)
        position = np.clip(x >> self.shift, -self.reach, self.reach - 1) + self.reach
        index, fraction = position >> self.bits, position & ((1 << self.bits) - 1)
        rise = table[index + 1] - table[index]
        return (table[index] + (rise * fraction >> self.bits)).astype(np.int16)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        table = call.inputs[1].data
        return (Range.full(call.output.channels, int(table.min()), int(table.max())),)
