"""A ReLU whose negative side has a slope that is a tensor. Rule E20 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/prelu.h, prelu_common.cc.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers, Multiplier, requantize_tflm
from tinygen.ir import Call, Range
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.checks import expect_int32, input_range, multiplier, multiplier_of_int8
from tinygen.ops.mul import LARGEST_PRODUCT


@dataclass(frozen=True, kw_only=True)
class Prelu(BinaryOperator):
    """y = x where x >= 0, else x * slope. Inputs: x, slope of shapes that broadcast as in numpy."""

    def function(self, a: NDArray, b: NDArray) -> NDArray:
        return np.where(a >= 0, a, a * b)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        self.multipliers(call)

    def multipliers(self, call: Call) -> tuple[Multiplier, Multiplier]:
        """Multipliers of the side of 0 and above, and of the products on the negative side."""
        x, slope = (t.quantization.scale for t in call.inputs)
        y = call.output.quantization.scale
        below = multiplier(call, x * slope / y)
        expect_int32(call, Range.full(1, -LARGEST_PRODUCT, LARGEST_PRODUCT), below.shift)
        return multiplier_of_int8(call, x / y), below

    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        low, high = self.activation.integer_bounds(call.output.quantization)
        zero_x, zero_slope = (t.zero_point for t in call.inputs)
        above, below = self.multipliers(call)
        v = a.astype(np.int64) - zero_x
        product = v * (b.astype(np.int64) - zero_slope)
        scaled = np.where(
            v >= 0,
            requantize_tflm(v, above.value, above.shift),
            requantize_tflm(product, below.value, below.shift),
        )
        return np.clip(scaled + call.output.zero_point, low, high)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        """Both sides of 0 are monotone by themselves."""
        channels = call.output.channels
        x, slope = (input_range(t, r, channels) for t, r in zip(call.inputs, inputs, strict=True))
        zero = call.inputs[0].zero_point
        ends = (x.low, x.high, *(np.clip(v, x.low, x.high) for v in (zero - 1, zero)))
        corners = [self.combine(call, p, q) for p in ends for q in (slope.low, slope.high)]
        return (Range(low=np.min(corners, axis=0), high=np.max(corners, axis=0)),)
