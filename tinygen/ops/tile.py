"""A tensor several times along its axes. Rule D9 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, unsupported
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class Tile(SameQuantization):
    """y = x, times[i] times along axis i; once along the first. Input: x of any shape."""

    times: tuple[int, ...]

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        shape = inputs[0].shape
        if len(self.times) != len(shape) or min(self.times) < 1 or self.times[0] != 1:
            raise unsupported(
                self,
                inputs,
                f"the shape {list(shape)} {list(self.times)} times",
                "one number of 1 and above for each axis, 1 for the first",
            )
        return (tuple(d * n for d, n in zip(shape, self.times, strict=True)),)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return np.tile(inputs[0], self.times)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return np.tile(inputs[0], self.times)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        times = self.times[-1]
        return (Range(low=np.tile(inputs[0].low, times), high=np.tile(inputs[0].high, times)),)
