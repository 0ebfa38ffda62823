"""Every n-th cell along axes, also backwards. Rule D8 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, unsupported
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class StridedSlice(SameQuantization):
    """y = the cells starts[i] + k * strides[i], k = 0, 1, ..., lengths[i] - 1 of x along axis i + 1.

    Strides are not 0; the first axis stays. Input: x of any shape.
    """

    starts: tuple[int, ...]
    strides: tuple[int, ...]
    lengths: tuple[int, ...]

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        first, *others = inputs[0].shape
        counts = {len(others), len(self.starts), len(self.strides), len(self.lengths)}
        axes = zip(self.starts, self.strides, self.lengths, others, strict=False)
        inside = (0 <= s < d and 0 <= s + (n - 1) * step < d and n > 0 for s, step, n, d in axes)
        if len(counts) != 1 or 0 in self.strides or not all(inside):
            raise unsupported(
                self,
                inputs,
                f"{list(self.lengths)} cells from {list(self.starts)} in steps of "
                f"{list(self.strides)} of the shape {list(inputs[0].shape)}",
                "cells of the input, of all axes but the first",
            )
        return ((first, *self.lengths),)

    def _chosen(self, x: NDArray) -> NDArray:
        for axis, cells in enumerate(self._cells(), start=1):
            x = x.take(cells, axis)
        return x

    def _cells(self) -> list[NDArray[np.int64]]:
        axes = zip(self.starts, self.strides, self.lengths, strict=True)
        return [start + step * np.arange(length) for start, step, length in axes]

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._chosen(inputs[0])

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._chosen(inputs[0])

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        kept = self._cells()[-1] if self.lengths else np.arange(inputs[0].channels)
        return (Range(low=inputs[0].low[kept], high=inputs[0].high[kept]),)
