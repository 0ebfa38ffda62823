"""Numbers in place of missing ones. Rule U5 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import FEATURE_TYPES, ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class Imputed(ClassicalOperator):
    """y[k] = x[k], or values[k] where x[k] is `missing`, which is a number or None for NaN

    Inputs: x [1, K], int8, int16, int32 or float32; values [K], int32: numbers, of float32 their bits. The output has
    the type of x. `missing` of float32 is the bits too.
    """

    missing: int | None
    keeps_bits: ClassVar[bool] = True

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, FEATURE_TYPES, 2)
        expect_constants(self, inputs, 1)
        x, values = inputs
        if values.shape != (x.channels,):
            raise unsupported(self, inputs, "values of another length", f"[{x.channels}]")
        if self.missing is None and x.dtype.is_integer:
            raise unsupported(self, inputs, "integers are never NaN", "a number that is missing")
        return (x.shape,)

    def check_integer(self, call: Call) -> None:
        if call.output.dtype is not call.inputs[0].dtype:
            raise call.unsupported(f"makes {call.output.describe()}", "the type of its input")

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x, values = inputs
        bits = x.view(np.int32) if x.dtype.kind == "f" else x
        is_missing = np.isnan(x) if self.missing is None else bits == self.missing
        return np.where(is_missing, values, bits).astype(bits.dtype).view(x.dtype)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        """The same: of float32 the bits are kept."""
        return self.evaluate_integer(call, inputs)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(call.output.channels, *call.output.dtype.limits),)
