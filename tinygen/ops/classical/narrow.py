"""Int32 sums to int16 values, by a power of two. Rule T6 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class Narrow(ClassicalOperator):
    """y[k] = clamp((x[k] + half) >> shift, low, high), half = 2^(shift - 1), of shift 0: 0

    Input: x [1, K], int32. A `low` of 0 makes it a ReLU.
    """

    shift: int
    low: int
    high: int

    def __post_init__(self) -> None:
        if not (0 <= self.shift <= 30 and -32768 <= self.low <= self.high <= 32767):
            raise UnsupportedError(
                what=f"Narrow: shift {self.shift}, {self.low}..{self.high}",
                next_step="supported: shifts up to 30, bounds in int16",
            )
        reach = 1 << (31 - self.shift)
        if self.low >= reach or self.high < -reach:
            raise UnsupportedError(
                what=f"Narrow: no sum reaches {self.low}..{self.high}",
                next_step=f"with shift {self.shift} results are within {-reach}..{reach - 1}",
            )

    @property
    def half(self) -> int:
        return (1 << self.shift) >> 1

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 1)
        return (inputs[0].shape,)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x = inputs[0].astype(np.int64)
        # a sum beyond 2^31 - 1 - half is far above `high` with or without the rounding
        rounded = np.minimum(x, 2**31 - 1 - self.half) + self.half
        return np.clip(rounded >> self.shift, self.low, self.high).astype(np.int16)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        ends = [
            self.evaluate_integer(call, [bound]).astype(np.int64)
            for bound in (inputs[0].low, inputs[0].high)
        ]
        return (Range(low=ends[0], high=ends[1]),)
