"""Upsampling by repetition. Rule D4 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, expect_rank, unsupported
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class UpSampling2D(SameQuantization):
    """y[n,oy,ox,c] = x[n, oy / fh, ox / fw, c] with factor = (fh, fw), rounded down. Input: x [N, H, W, C]."""

    factor: tuple[int, int]

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        expect_rank(self, inputs, 0, 4)
        if min(self.factor) < 1:
            raise unsupported(self, inputs, f"the factors {self.factor}", "factors of 1 and above")
        n, height, width, channels = inputs[0].shape
        return ((n, height * self.factor[0], width * self.factor[1], channels),)

    def _repeat(self, x: NDArray) -> NDArray:
        return np.repeat(np.repeat(x, self.factor[0], axis=1), self.factor[1], axis=2)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._repeat(inputs[0])

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._repeat(inputs[0])

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (inputs[0],)
