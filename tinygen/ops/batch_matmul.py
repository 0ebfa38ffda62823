"""The product of two matrices that are computed at run time. Rules B1 and B2 of ARITHMETIC.md.

Source of the TFLM arithmetic: TFLite Micro, reference/batch_matmul.h, batch_matmul_common.cc.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT8_MAX, INT8_MIN, Multiplier, requantize
from tinygen.ir import Call, Operator, Range, Tensor
from tinygen.ops.checks import expect_inputs, expect_int32, multiplier, unsupported
from tinygen.ops.mul import LARGEST_PRODUCT

MAX_DEPTH = 2**15
"""So many products of differences fit in int32."""


@dataclass(frozen=True, kw_only=True)
class BatchMatmul(Operator):
    """y[..., i, j] = sum over k of a[..., i, k] * b[..., k, j]. Inputs: a, b of one rank, 2 and above.

    With `turn_a` or `turn_b` the last two axes of that input stand in the other order. The axes before them are equal.
    """

    turn_a: bool = False
    turn_b: bool = False

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 2, 2)
        a, b = (t.shape for t in inputs)
        if (
            min(len(a), len(b)) < 2
            or a[:-2] != b[:-2]
            or self.depths(a, b)[0] != self.depths(a, b)[1]
        ):
            raise unsupported(
                self,
                inputs,
                f"the shapes {list(a)} and {list(b)}",
                "matrices that can be multiplied, with the same axes before them",
            )
        rows, columns = a[-1 if self.turn_a else -2], b[-2 if self.turn_b else -1]
        return ((*a[:-2], rows, columns),)

    def depths(self, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, int]:
        """The lengths of what is summed over, which must be equal."""
        return a[-2 if self.turn_a else -1], b[-1 if self.turn_b else -2]

    def depth(self, call: Call) -> int:
        """Products that make one output."""
        return call.inputs[0].shape[-2 if self.turn_a else -1]

    def macs(self, call: Call) -> int:
        return call.output.size * self.depth(call)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        for tensor in call.inputs:  # constants too
            call.expect_int8(tensor)
        if self.depth(call) >= MAX_DEPTH:
            raise call.unsupported(f"sums of {self.depth(call)} products", f"below {MAX_DEPTH}")
        most = LARGEST_PRODUCT * self.depth(call)
        expect_int32(call, Range.full(1, -most, most), self.multiplier(call).shift)

    def multiplier(self, call: Call) -> Multiplier:
        """From sums of products of differences to the output's scale; the product of scales in float32."""
        a, b = (np.float32(t.quantization.scale) for t in call.inputs)
        return multiplier(call, float(a * b) / call.output.quantization.scale)

    def _product(self, a: NDArray, b: NDArray) -> NDArray:
        a = a.swapaxes(-1, -2) if self.turn_a else a
        return a @ (b.swapaxes(-1, -2) if self.turn_b else b)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._product(*self._matrices(call, inputs, np.float32)).reshape(self._shape(call))

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        zeros = (t.zero_point for t in call.inputs)
        # float64 products are exact below 2**53, and fast
        a, b = (x - z for x, z in zip(self._matrices(call, inputs, np.float64), zeros, strict=True))
        acc = self._product(a, b).astype(np.int64)
        m = self.multiplier(call)
        y = requantize(acc, m.value, m.shift, call.arithmetic) + call.output.zero_point
        return np.clip(y, INT8_MIN, INT8_MAX).astype(np.int8).reshape(self._shape(call))

    @staticmethod
    def _matrices(call: Call, inputs: Sequence[NDArray], dtype: type) -> list[NDArray]:
        """The batch of the data as an axis of its own, also for matrices, whose first axis are rows."""
        pairs = zip(inputs, call.inputs, strict=True)
        return [x.reshape((-1, *t.shape)).astype(dtype) for x, t in pairs]

    @staticmethod
    def _shape(call: Call) -> tuple[int, ...]:
        return (-1, *call.output.shape[1:])
