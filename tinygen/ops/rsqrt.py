"""The reciprocal of the square root. Rule E22 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, elementwise.cc, and GetInvSqrtQuantizedMultiplierExp of internal/common.h.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import (
    INT8_MAX,
    INT32_MAX,
    Integers,
    Multiplier,
    doubling_high_multiply,
    quantize_multiplier,
    requantize_tflm,
    rounding_divide_by_pot,
    saturating_multiply_by_pot,
)
from tinygen.ir import Call
from tinygen.ops.checks import MAX_FACTOR
from tinygen.ops.unary import UnaryOperator

FRACTION_BITS = 20
"""Of the root's reciprocal, before it is scaled."""

LEAST = np.float32(2.0**-126)
"""Instead of 0, so that nothing is infinite."""

_THREE_HALVES, _HALF_ROOT_OF_2 = 402653184, 1518500250
"""1.5 in Q3.28, and sqrt(2) / 2 in Q0.31."""


@dataclass(frozen=True, kw_only=True)
class Rsqrt(UnaryOperator):
    """y = 1 / sqrt(max(x, 2**-126)). Input: x of any shape."""

    def function(self, x: NDArray) -> NDArray:
        return 1 / np.sqrt(np.maximum(x, LEAST))

    def output_multiplier(self, call: Call) -> Multiplier:
        """From 1 / sqrt(x - zero_in) in Q11.20 to the output's scale; its root and product are in float32."""
        x, y = (np.float32(t.quantization.scale) for t in (call.inputs[0], call.output))
        factor = 1.0 / float(np.sqrt(x) * y)
        m = quantize_multiplier(min(factor, MAX_FACTOR))
        if factor >= MAX_FACTOR or m.shift > FRACTION_BITS:
            raise call.unsupported(
                f"the scales demand a factor of {factor:.3g}", "factors up to 2**20"
            )
        return m

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        v = q - call.inputs[0].zero_point
        m = self.output_multiplier(call)
        y = requantize_tflm(_roots()[np.maximum(v, 0)], m.value, m.shift - FRACTION_BITS)
        return np.where(v <= 0, INT8_MAX, y + call.output.zero_point)


@functools.cache
def _roots() -> Integers:
    """1 / sqrt(v) in Q11.20 for v in 1..255, and anything for 0."""
    inverses = [inverse_root(max(v, 1)) for v in range(256)]
    return np.array(
        [int(requantize_tflm(1, m.value, m.shift + FRACTION_BITS)) for m in inverses], np.int64
    )


def inverse_root(v: int) -> Multiplier:
    """1 / sqrt(v) for v >= 1, by five Newton steps on a number in Q3.28."""
    if v <= 1:
        return Multiplier(value=INT32_MAX, shift=0)
    shift = 11
    while v >= 2**29:
        v, shift = v // 4, shift + 1
    pairs = (32 - v.bit_length() - 1) // 2 - 1
    shift -= pairs
    half = rounding_divide_by_pot(v << 2 * pairs >> 1, 1)
    x = np.int64(2**28)
    for _ in range(5):
        cube = doubling_high_multiply(doubling_high_multiply(x, x), x)
        cube = saturating_multiply_by_pot(cube, 6)
        step = doubling_high_multiply(_THREE_HALVES, x) - doubling_high_multiply(half, cube)
        x = saturating_multiply_by_pot(step, 3)
    value = int(doubling_high_multiply(x, _HALF_ROOT_OF_2))
    return Multiplier(value=value << max(-shift, 0), shift=-max(shift, 0))
