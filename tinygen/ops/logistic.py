"""The logistic function. Rule E9 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/logistic.h, logistic_common.cc.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import (
    INT8_MAX,
    INT8_MIN,
    INT32_MAX,
    Integers,
    exp_of_nonpositive,
    one_over_one_plus,
    quantize_multiplier,
    requantize_tflm,
    rounding_divide_by_pot,
)
from tinygen.ir import Call, Quantization
from tinygen.ops.quantization_rules import FixedQuantization
from tinygen.ops.unary import UnaryOperator

INPUT_FRACTION_BITS = 27
"""Inputs are brought to Q4.27 before the exponential."""


def saturation_radius(scale: float) -> int:
    """Inputs with |q - zero_point| at or above this saturate: about 15 / scale (rule E9)."""
    shift = quantize_multiplier(_to_fixed_point(scale)).shift
    return math.floor(math.ldexp(15.0, INPUT_FRACTION_BITS - shift))


def to_q4_27(v: Integers, scale: float) -> Integers:
    """v * scale in Q4.27 for |v| below the saturation radius; 0, which is not used, for others."""
    m = quantize_multiplier(_to_fixed_point(scale))
    inside = np.abs(v) < saturation_radius(scale)
    return requantize_tflm(np.where(inside, v, 0), m.value, m.shift)


def _to_fixed_point(scale: float) -> float:
    # scales of 16 and above saturate everything; the bound keeps the multiplier representable
    return min(scale * 2.0**INPUT_FRACTION_BITS, 2.0**31 - 1.0)


@dataclass(frozen=True, kw_only=True)
class Logistic(FixedQuantization, UnaryOperator):
    """y = 1 / (1 + exp(-x)). Input: x of any shape. Output scale 1/256, zero point -128."""

    output_quantization: ClassVar[Quantization] = Quantization.per_tensor(1 / 256, -128)

    def function(self, x: NDArray) -> NDArray:
        e = np.exp(-np.abs(x))  # at most 1: no overflow on either side
        return np.where(x >= 0, 1, e) / (1 + e)

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        x = call.inputs[0].quantization
        v, radius = q - x.zero_point, saturation_radius(x.scale)
        a = to_q4_27(v, x.scale)
        of_positive = one_over_one_plus(exp_of_nonpositive(-np.abs(a), 4))
        result = np.where(a > 0, of_positive, INT32_MAX - of_positive)
        result = np.where(a == 0, 1 << 30, result)
        y = rounding_divide_by_pot(result, 23) - 128
        return np.where(v <= -radius, INT8_MIN, np.where(v >= radius, INT8_MAX, y))
