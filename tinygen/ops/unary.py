"""Elementwise functions of one int8 value: what they share. Rules E3 and E4 of ARITHMETIC.md."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT8_MAX, INT8_MIN, Arithmetic, Integers, round_half_away
from tinygen.ir import Call, Operator, Range, Tensor
from tinygen.ops.checks import expect_inputs

ALL_INT8 = np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class UnaryOperator(Operator):
    """y = f(x), element by element. Input: x of any shape.

    The integer operator is a table of 256 bytes, which a kernel may store or compute.
    """

    @abc.abstractmethod
    def function(self, x: NDArray) -> NDArray:
        """The real function, in the floating-point type of x."""

    @abc.abstractmethod
    def tflm_values(self, call: Call, q: Integers) -> Integers:
        """TFLite Micro's output for int8 inputs q, before it is saturated to int8."""

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        return (inputs[0].shape,)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        self.table(call)  # raises where the scales are out of range

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self.function(inputs[0]).astype(np.float32)

    def table(self, call: Call) -> NDArray[np.int8]:
        """The output for every int8 input q, at index q + 128 (rule E3)."""
        if call.arithmetic is Arithmetic.TFLM:
            values = self.tflm_values(call, ALL_INT8)
        else:
            values = self.native_values(call, ALL_INT8)
        return np.clip(values, INT8_MIN, INT8_MAX).astype(np.int8)

    def native_values(self, call: Call, q: Integers) -> NDArray[np.float64]:
        """The real function in float64, rounded half away from zero (rule E4)."""
        x, y = call.inputs[0].quantization, call.output.quantization
        real = x.scale * (q - x.zero_point).astype(np.float64)
        return round_half_away(self.function(real) / y.scale) + y.zero_point

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self.table(call)[inputs[0].astype(np.int16) + 128]

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        table = self.table(call).astype(np.int64)
        x, q = inputs[0], ALL_INT8
        reached = (q >= x.low[:, None]) & (q <= x.high[:, None])
        return (
            Range(
                low=np.where(reached, table, INT8_MAX).min(1),
                high=np.where(reached, table, INT8_MIN).max(1),
            ),
        )
