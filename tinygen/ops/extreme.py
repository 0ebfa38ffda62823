"""The larger and the smaller of two tensors, with broadcasting. Rule E19 of ARITHMETIC.md.

Source: TFLite Micro, maximum_minimum.cc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class Maximum(SameQuantization, BinaryOperator):
    """y = max(a, b). Inputs: a, b of shapes that broadcast as in numpy; one of them may be constant."""

    def function(self, a: NDArray, b: NDArray) -> NDArray:
        return np.maximum(a, b)

    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        low, high = self.activation.integer_bounds(call.output.quantization)
        return np.clip(np.maximum(a.astype(np.int64), b.astype(np.int64)), low, high)


@dataclass(frozen=True, kw_only=True)
class Minimum(SameQuantization, BinaryOperator):
    """y = min(a, b). Inputs: a, b of shapes that broadcast as in numpy; one of them may be constant."""

    def function(self, a: NDArray, b: NDArray) -> NDArray:
        return np.minimum(a, b)

    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        low, high = self.activation.integer_bounds(call.output.quantization)
        return np.clip(np.minimum(a.astype(np.int64), b.astype(np.int64)), low, high)
