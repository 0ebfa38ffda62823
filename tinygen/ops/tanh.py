"""The hyperbolic tangent. Rule E10 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/tanh.h, tanh_common.cc.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import (
    INT8_MAX,
    INT8_MIN,
    Integers,
    exp_of_nonpositive,
    one_minus_over_one_plus,
    rounding_divide_by_pot,
)
from tinygen.ir import Call, Quantization
from tinygen.ops.logistic import saturation_radius, to_q4_27
from tinygen.ops.quantization_rules import FixedQuantization
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class Tanh(FixedQuantization, UnaryOperator):
    """y = tanh(x). Input: x of any shape. Output scale 1/128, zero point 0."""

    output_quantization: ClassVar[Quantization] = Quantization.per_tensor(1 / 128, 0)

    def function(self, x: NDArray) -> NDArray:
        return np.tanh(x)

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        x = call.inputs[0].quantization
        v, radius = q - x.zero_point, saturation_radius(x.scale)
        a = to_q4_27(v, x.scale)
        # tanh(a) = (1 - exp(-2a)) / (1 + exp(-2a)); the bits of Q4.27 a read as Q5.26 are 2a
        of_positive = one_minus_over_one_plus(exp_of_nonpositive(-np.abs(a), 5))
        y = rounding_divide_by_pot(np.sign(a) * of_positive, 24)
        return np.where(v <= -radius, INT8_MIN, np.where(v >= radius, INT8_MAX, y))
