"""Change of scale and zero point. Rule E5 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/requantize.h (QUANTIZE from int8 to int8).
"""

from dataclasses import dataclass

from numpy.typing import NDArray

from tinygen.fixedpoint import Integers, requantize_tflm
from tinygen.ir import Call
from tinygen.ops.checks import multiplier_of_int8
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class Requantize(UnaryOperator):
    """y = x: the same real number in the quantization of the output. Input: x of any shape."""

    def function(self, x: NDArray) -> NDArray:
        return x

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        x, y = call.inputs[0].quantization, call.output.quantization
        m = multiplier_of_int8(call, x.scale / y.scale)
        return requantize_tflm(q - x.zero_point, m.value, m.shift) + y.zero_point
