"""Batch normalization at inference. Rule F1 of ARITHMETIC.md: it has no integer form."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.ir import Call, Operator, Tensor
from tinygen.ops.checks import expect_constants, expect_inputs, unsupported


@dataclass(frozen=True, kw_only=True)
class BatchNormalization(Operator):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, per channel of the last axis.

    Inputs: x of any shape, then gamma, beta, mean, variance [C], all constant. Float graphs only.
    """

    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        if not math.isfinite(self.epsilon) or self.epsilon < 0.0:
            raise UnsupportedError(
                what=f"BatchNormalization: epsilon {self.epsilon}",
                where="attribute epsilon",
                next_step="supported: finite values of 0 and above",
            )

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 5, 5)
        expect_constants(self, inputs, 1)
        channels = inputs[0].channels
        for tensor in inputs[1:]:
            if tensor.shape != (channels,):
                raise unsupported(
                    self, inputs, f"'{tensor.name}' is {list(tensor.shape)}", f"shape [{channels}]"
                )
        if (inputs[4].data + self.epsilon <= 0.0).any():
            raise unsupported(self, inputs, "a variance is not positive", "positive variances")
        return (inputs[0].shape,)

    def factor_and_offset(
        self, parameters: Sequence[NDArray]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(factor, offset) [C] with y = factor * x + offset, from gamma, beta, mean, variance."""
        gamma, beta, mean, variance = (p.astype(np.float64) for p in parameters)
        factor = gamma / np.sqrt(variance + self.epsilon)
        return factor, beta - mean * factor

    def check_integer(self, call: Call) -> None:
        raise self._must_be_folded(call)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        factor, offset = self.factor_and_offset(inputs[1:])
        return (inputs[0] * factor + offset).astype(np.float32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        raise self._must_be_folded(call)

    @staticmethod
    def _must_be_folded(call: Call) -> UnsupportedError:
        return call.unsupported(
            "has no integer form and must be folded into the layer before or after it",
            "batch normalization next to a convolution or a fully connected layer",
        )
