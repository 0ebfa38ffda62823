"""Some features of a row. Rule U6 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import FEATURE_TYPES, ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class Chosen(ClassicalOperator):
    """y[k] = x[sources[k]]

    Inputs: x [1, F], int8, int16, int32 or float32; sources [K], int16. The output has the type of x.
    """

    keeps_bits: ClassVar[bool] = True

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, FEATURE_TYPES, 2)
        expect_constants(self, inputs, 1)
        x, sources = inputs
        if len(sources.shape) != 1 or sources.data.min() < 0 or sources.data.max() >= x.channels:
            raise unsupported(self, inputs, "no such feature", f"features below {x.channels}")
        return ((1, sources.size),)

    def check_integer(self, call: Call) -> None:
        if call.output.dtype is not call.inputs[0].dtype:
            raise call.unsupported(f"makes {call.output.describe()}", "the type of its input")

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x, sources = inputs
        return x[:, sources]

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        """The same: of float32 the bits are kept."""
        return self.evaluate_integer(call, inputs)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        (x, _), sources = inputs, call.inputs[1].data
        if not call.output.dtype.is_integer:
            return (Range.full(len(sources), *call.output.dtype.limits),)
        return (Range(low=x.low[sources], high=x.high[sources]),)
