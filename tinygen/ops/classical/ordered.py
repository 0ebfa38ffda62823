"""Float32 features as integers of the same order. Rule U8 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Tensor
from tinygen.ops.classical.operator import ClassicalOperator, float_order


@dataclass(frozen=True, kw_only=True)
class Ordered(ClassicalOperator):
    """y[k] = order(x[k]) of rule T1

    Input: x [1, K], float32; the output is int32. No number is rounded, and none saturates.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.FLOAT32,), 1)
        return (inputs[0].shape,)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        return float_order(inputs[0]).astype(np.int32)
