"""The same elements in another shape. Rule D1 of ARITHMETIC.md."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, unsupported
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class Reshape(SameQuantization):
    """y = x in row-major order with the given full shape (batch included, no -1)."""

    shape: tuple[int, ...]

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        if not self.shape or min(self.shape) < 1 or math.prod(self.shape) != inputs[0].size:
            raise unsupported(
                self,
                inputs,
                f"from {list(inputs[0].shape)} to {list(self.shape)}",
                "positive dimensions with the same number of elements",
            )
        return (self.shape,)

    def _reshaped(self, x: NDArray) -> NDArray:
        # The first axis takes what is left: the batch of the data, or the dimension itself where
        # the model's first axis is no batch
        return x.reshape((-1, *self.shape[1:]))

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._reshaped(inputs[0])

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._reshaped(inputs[0])

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        x, channels = inputs[0], call.output.channels
        # Element i is in channel i % C before and i % C' after: they share i modulo gcd(C, C')
        common = math.gcd(x.channels, channels)
        low, high = x.low.reshape(-1, common).min(0), x.high.reshape(-1, common).max(0)
        repeats = channels // common
        return (Range(low=np.tile(low, repeats), high=np.tile(high, repeats)),)
