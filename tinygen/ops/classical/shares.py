"""Numbers as shares of their sum. Rule V5 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import unsupported
from tinygen.ops.classical.operator import ClassicalOperator

MOST_COLUMNS = 4096


@dataclass(frozen=True, kw_only=True)
class Shares(ClassicalOperator):
    """y[c] = (max(x[c], 0) * 2^15 + sum / 2) / sum, at most 32767, sum of all max(x, 0); of a sum of 0: 2^15 / C

    Input: x [1, C], int16. The output has the scale 2^-15.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT16,), 1)
        if inputs[0].channels > MOST_COLUMNS:
            raise unsupported(
                self, inputs, f"{inputs[0].channels} columns", f"up to {MOST_COLUMNS}"
            )
        return (inputs[0].shape,)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x = np.maximum(inputs[0].astype(np.int64), 0)
        total = x.sum(axis=1, keepdims=True)
        shares = (x * 2**15 + total // 2) // np.maximum(total, 1)
        shares = np.where(total == 0, 2**15 // x.shape[1], shares)
        return np.minimum(shares, 32767).astype(np.int16)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(call.output.channels, 0, 32767),)
