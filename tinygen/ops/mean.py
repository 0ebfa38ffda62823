"""Mean over axes. Rules M1 and M2 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/reduce.h (QuantizedMeanOrSum), reduce_common.cc.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import (
    INT8_MAX,
    INT8_MIN,
    Arithmetic,
    Integers,
    Multiplier,
    requantize,
)
from tinygen.ir import Call, Operator, Range, Tensor
from tinygen.ops.checks import expect_inputs, expect_int32, multiplier, unsupported

MAX_COUNT = 2**23
"""Elements per mean: 2**23 differences of at most 255 fit in int32."""


@dataclass(frozen=True, kw_only=True)
class Mean(Operator):
    """y = mean of x over `axes`, which are positive: never the batch (0). Input: x of any shape."""

    axes: tuple[int, ...]
    keep_dims: bool = False

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        return (reduced_shape(self, inputs, self.axes, keep_dims=self.keep_dims),)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        n = self.count(call)
        if n >= MAX_COUNT:
            raise call.unsupported(f"a mean of {n} values", f"below {MAX_COUNT}")
        expect_int32(call, Range.full(1, -255 * n, 255 * n), self.multiplier(call).shift)

    def count(self, call: Call) -> int:
        """Elements that make one output."""
        return math.prod(call.inputs[0].shape[axis] for axis in self.axes)

    def multiplier(self, call: Call) -> Multiplier:
        """From sums of `x - zero_in` to the output's scale (rule M1 or M2)."""
        n = self.count(call)
        ratio = call.inputs[0].quantization.scale / call.output.quantization.scale
        if call.arithmetic is Arithmetic.NATIVE:
            return multiplier(call, ratio / n)
        m = multiplier(call, ratio)
        # TFLite Micro divides the mantissa by n, keeping as many bits as it can
        shift = min(n.bit_length() - 1, 31 + m.shift)
        return Multiplier(value=(m.value << shift) // n, shift=m.shift - shift)

    def finish(self, call: Call, acc: Integers) -> Integers:
        """From sums of `x - zero_in` to int8 values."""
        m = self.multiplier(call)
        scaled = requantize(acc, m.value, m.shift, call.arithmetic)
        return np.clip(scaled + call.output.zero_point, INT8_MIN, INT8_MAX)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        y = inputs[0].mean(axis=self.axes, keepdims=self.keep_dims, dtype=np.float64)
        return y.astype(np.float32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        sums = inputs[0].sum(axis=self.axes, keepdims=self.keep_dims, dtype=np.int64)
        return self.finish(call, sums - self.count(call) * call.inputs[0].zero_point).astype(
            np.int8
        )

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        x, n = inputs[0], self.count(call)
        low, high = x.low, x.high
        if len(call.inputs[0].shape) - 1 in self.axes:  # channels are averaged too
            low = np.full(call.output.channels, low.sum())
            high = np.full(call.output.channels, high.sum())
            n //= x.channels
        offset = self.count(call) * call.inputs[0].zero_point
        acc = Range(low=n * low - offset, high=n * high - offset)
        # the requantization is monotone, so the ends map to the ends
        return (Range(low=self.finish(call, acc.low), high=self.finish(call, acc.high)),)


def reduced_shape(
    op: Operator, inputs: Sequence[Tensor], axes: tuple[int, ...], *, keep_dims: bool
) -> tuple[int, ...]:
    """The shape that is left of the only input; UnsupportedError for axes that it does not have, and for the batch."""
    expect_inputs(op, inputs, 1, 1)
    shape, reduced = inputs[0].shape, set(axes)
    if not reduced or len(reduced) != len(axes) or min(reduced) < 1 or max(reduced) >= len(shape):
        raise unsupported(
            op,
            inputs,
            f"axes {list(axes)} of the shape {list(shape)}",
            f"distinct axes from 1 to {len(shape) - 1}",
        )
    if keep_dims:
        return tuple(1 if i in reduced else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in reduced)
