"""Softmax over the last axis. Rules S1 to S3 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/softmax.h, softmax_common.cc.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import (
    INT8_MAX,
    INT8_MIN,
    Integers,
    Multiplier,
    count_leading_zeros,
    doubling_high_multiply,
    exp_of_nonpositive,
    one_over_one_plus,
    quantize_multiplier,
    rounding_divide_by_pot,
)
from tinygen.ir import Call, Quantization, Tensor
from tinygen.ops.checks import expect_inputs
from tinygen.ops.quantization_rules import FixedQuantization

MAX_CHANNELS = 4095
"""The int32 sum of exponentials is in Q12.19: 4096 equal inputs would overflow it."""

_INPUT_INTEGER_BITS = 5


@dataclass(frozen=True, kw_only=True)
class Softmax(FixedQuantization):
    """y[..., c] = exp(beta * x[..., c]) / sum over k of exp(beta * x[..., k])

    Input: x of any shape; the sum is over its last axis. Output scale 1/256, zero point -128.
    """

    beta: float = 1.0

    output_quantization: ClassVar[Quantization] = Quantization.per_tensor(1 / 256, -128)

    def __post_init__(self) -> None:
        if not math.isfinite(self.beta) or self.beta <= 0.0:
            raise UnsupportedError(
                what=f"Softmax: beta {self.beta}",
                where="attribute beta",
                next_step="supported: positive, finite values",
            )

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        return (inputs[0].shape,)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        if call.output.channels > MAX_CHANNELS:
            raise call.unsupported(
                f"{call.output.channels} classes",
                f"at most {MAX_CHANNELS}: the int32 sum overflows",
            )
        if self._factor(call) <= 1.0:
            raise call.unsupported(
                f"beta * input scale is {self.beta * call.inputs[0].quantization.scale:.3g}",
                "at least 2**-26",
            )

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x = inputs[0].astype(np.float64) * self.beta
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return (e / e.sum(axis=-1, keepdims=True)).astype(np.float32)

    def _factor(self, call: Call) -> float:
        factor = self.beta * call.inputs[0].quantization.scale * 2.0 ** (31 - _INPUT_INTEGER_BITS)
        return min(factor, 2.0**31 - 1.0)

    def input_multiplier(self, call: Call) -> Multiplier:
        """From differences of int8 values to Q5.26 (rule S1)."""
        return quantize_multiplier(self._factor(call))

    def exp_table(self, call: Call) -> NDArray[np.int32]:
        """exp(beta * scale * -d) in Q0.31 for d = max - x in 0..255, 0 below diff_min (rule S2).

        TFLite Micro leaves inputs below diff_min out of the sum and gives them -128, which is also
        what an exponential of 0 leads to: the table is all that a kernel needs.
        """
        m = self.input_multiplier(call)
        farthest = math.floor(math.ldexp(31.0, 31 - _INPUT_INTEGER_BITS - m.shift))
        d = np.arange(256, dtype=np.int64)
        reached = np.where(d <= farthest, d, 0)
        scaled = doubling_high_multiply(-reached << m.shift, m.value)
        e = exp_of_nonpositive(scaled, _INPUT_INTEGER_BITS)
        return np.where(d <= farthest, e, 0).astype(np.int32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x = inputs[0].astype(np.int64)
        e = self.exp_table(call)[x.max(axis=-1, keepdims=True) - x].astype(np.int64)
        return _normalize(e).astype(np.int8)


def _normalize(e: Integers) -> Integers:
    """Divide exponentials in Q0.31 by their sum over the last axis: int8 of scale 1/256 (S3)."""
    total = rounding_divide_by_pot(e, 12).sum(axis=-1, keepdims=True)
    zeros = count_leading_zeros(total)
    reciprocal = one_over_one_plus((total << zeros) - 2**31)
    # exponents above 31, reached by more than 511 equal inputs, give 0 as the real quotient does
    y = rounding_divide_by_pot(doubling_high_multiply(reciprocal, e), 35 - zeros)
    return np.clip(y + INT8_MIN, INT8_MIN, INT8_MAX)
