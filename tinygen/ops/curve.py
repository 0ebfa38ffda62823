"""Any real function of one value, rounded once. Rule E15 of ARITHMETIC.md."""

from dataclasses import dataclass

from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.ops.real_functions import RealFunction
from tinygen.ops.unary import UnaryOperator


@dataclass(frozen=True, kw_only=True)
class Curve(UnaryOperator):
    """y = of(x): SiLU, GELU, ELU, a line, or several functions in one. Input: x of any shape."""

    of: RealFunction

    def function(self, x: NDArray) -> NDArray:
        return self.of.function(x)

    def tflm_values(self, call: Call, q: Integers) -> Integers:
        return self.native_values(call, q)
