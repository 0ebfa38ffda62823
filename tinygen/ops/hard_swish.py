"""x times a clipped line: the piecewise form of x * logistic(x). Rule E13 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/hard_swish.h, hard_swish_common.cc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers, Multiplier, rounding_divide_by_pot, truncating_divide
from tinygen.ir import Call
from tinygen.ops.checks import multiplier
from tinygen.ops.unary import UnaryOperator

HIGH_BITS = 7
"""Inputs are multiplied by 2**7, so that they fill 16 bits."""

MAX_RIGHT_SHIFT = 15
"""TFLite Micro's shifts of int16 values are defined up to here."""


@dataclass(frozen=True, kw_only=True)
class HardSwishMultipliers:
    """Rule E13: from inputs times 2**7 to the output, and to the clipped line in units of 3 / 2**15."""

    out: Multiplier
    line: Multiplier


@dataclass(frozen=True, kw_only=True)
class HardSwish(UnaryOperator):
    """y = x * clamp(x + 3, 0, 6) / 6. Input: x of any shape."""

    def function(self, x: NDArray) -> NDArray:
        return x * np.clip(x + 3, 0, 6) / 6

    def tflm_multipliers(self, call: Call) -> HardSwishMultipliers:
        """The multipliers of rule E13, factors in float32; UnsupportedError for shifts beyond 16 bits."""
        x, y = (np.float32(t.quantization.scale) for t in (call.inputs[0], call.output))
        high = x / np.float32(1 << HIGH_BITS)
        out = multiplier(call, float(high / y))
        line = multiplier(call, float(high / (np.float32(3) / np.float32(1 << 15))))
        if not -MAX_RIGHT_SHIFT <= out.shift <= 0 or line.shift < -MAX_RIGHT_SHIFT:
            raise call.unsupported(
                f"input scale {x:.3g}, output scale {y:.3g}",
                "an input scale above 2**-22, an output scale between 2**-7 and 2**9 times it; "
                "or --arithmetic native",
            )
        return HardSwishMultipliers(out=out, line=line)

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        m = self.tflm_multipliers(call)
        v = (q - call.inputs[0].zero_point) << HIGH_BITS
        scaled = _doubling_high_multiply_16(v, m.out)
        line = (_line(v, m.line) + 2**15) >> 1
        product = truncating_divide(line * scaled, 2**15)
        return rounding_divide_by_pot(product, -m.out.shift) + call.output.zero_point


def _line(v: Integers, m: Multiplier) -> Integers:
    """v times the multiplier, saturated to int16: -2**15 is x = -3, 2**15 would be 3."""
    before, after = max(m.shift - 1, 0), min(m.shift, 1)
    r = _doubling_high_multiply_16(_saturate_16(v << before), m)
    return _saturate_16(r << 1) if after == 1 else rounding_divide_by_pot(r, -after)


def _doubling_high_multiply_16(x: Integers, m: Multiplier) -> Integers:
    """x times the multiplier's mantissa, which is rounded to 16 bits first."""
    mantissa = min((m.value + 2**15) >> 16, 2**15 - 1)
    return (x * mantissa + 2**14) >> 15


def _saturate_16(x: Integers) -> Integers:
    return np.clip(x, -(2**15), 2**15 - 1)
