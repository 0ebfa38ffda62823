"""The square of a difference, with broadcasting. Rule E18 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, squared_difference.cc.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers, quantize_multiplier, requantize_tflm
from tinygen.ir import Call, Range
from tinygen.ops.add import AddMultipliers
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.checks import expect_int32, multiplier

LEFT_SHIFT = 7
"""Bits that TFLite Micro adds to the inputs before it scales them."""

LARGEST_DIFFERENCE = 255 << LEFT_SHIFT
"""Of two operands that are scaled by 1/2 at most."""


@dataclass(frozen=True, kw_only=True)
class SquaredDifference(BinaryOperator):
    """y = (a - b)**2. Inputs: a, b of shapes that broadcast as in numpy; one of them may be constant."""

    def function(self, a: NDArray, b: NDArray) -> NDArray:
        return np.square(a - b)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        self.multipliers(call)

    def multipliers(self, call: Call) -> AddMultipliers:
        """Those of rule E18; no square leaves int32 when it is scaled."""
        a, b = (t.quantization.scale for t in call.inputs)
        twice_larger = 2.0 * max(a, b)
        unit = float(
            np.float32(2.0 ** (2 * LEFT_SHIFT)) * np.float32(call.output.quantization.scale)
        )
        out = multiplier(call, twice_larger * twice_larger / unit)
        expect_int32(call, Range.full(1, 0, LARGEST_DIFFERENCE**2), out.shift)
        return AddMultipliers(
            a=quantize_multiplier(a / twice_larger),
            b=quantize_multiplier(b / twice_larger),
            out=out,
        )

    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        low, high = self.activation.integer_bounds(call.output.quantization)
        m = self.multipliers(call)
        scaled = (
            requantize_tflm((q.astype(np.int64) - t.zero_point) << LEFT_SHIFT, by.value, by.shift)
            for q, t, by in zip((a, b), call.inputs, (m.a, m.b), strict=True)
        )
        difference = np.subtract(*scaled)
        y = requantize_tflm(difference * difference, m.out.value, m.out.shift)
        return np.clip(y + call.output.zero_point, low, high)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        """The largest is where both are at an end; no square is below 0."""
        (found,) = super().output_ranges(call, inputs)
        low, high = self.activation.integer_bounds(call.output.quantization)
        zero = np.full_like(found.low, np.clip(call.output.zero_point, low, high))
        return (Range(low=zero, high=found.high),)
