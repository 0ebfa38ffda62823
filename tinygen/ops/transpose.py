"""Axes in another order. Rule D7 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, unsupported
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class Transpose(SameQuantization):
    """y = x, whose axis `permutation[i]` is axis i of y; the first axis stays. Input: x of any shape."""

    permutation: tuple[int, ...]

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        shape = inputs[0].shape
        is_whole = sorted(self.permutation) == list(range(len(shape)))
        if not is_whole or self.permutation[0] != 0:
            raise unsupported(
                self,
                inputs,
                f"permutation {list(self.permutation)} of the shape {list(shape)}",
                "every axis once, the first one in its place",
            )
        return (tuple(shape[axis] for axis in self.permutation),)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return inputs[0].transpose(self.permutation)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return inputs[0].transpose(self.permutation)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        x, channels = inputs[0], call.output.channels
        if self.permutation[-1] == len(self.permutation) - 1:
            return (x,)
        low, high = np.full(channels, x.low.min()), np.full(channels, x.high.max())
        return (Range(low=low, high=high),)
