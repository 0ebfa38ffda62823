"""Padding with a constant. Rule D3 of ARITHMETIC.md."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import INT8_MAX, INT8_MIN, round_half_away
from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, unsupported
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class Pad(SameQuantization):
    """y = x with (before, after) cells of the real number `value` on each axis but the batch."""

    paddings: tuple[tuple[int, int], ...]
    value: float = 0.0

    def __post_init__(self) -> None:
        if math.isnan(self.value):
            raise UnsupportedError(
                what="Pad: the padding value is not a number",
                where="attribute value",
                next_step="supported: any number; values out of range saturate",
            )

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        shape = inputs[0].shape
        if len(self.paddings) != len(shape):
            raise unsupported(
                self,
                inputs,
                f"{len(self.paddings)} paddings for the shape {list(shape)}",
                "one pair for each axis",
            )
        if self.paddings[0] != (0, 0) or any(min(pair) < 0 for pair in self.paddings):
            raise unsupported(
                self,
                inputs,
                f"paddings {[list(p) for p in self.paddings]}",
                "paddings of 0 and above, and none on the first axis",
            )
        return (tuple(b + d + a for d, (b, a) in zip(shape, self.paddings, strict=True)),)

    def quantized_value(self, call: Call) -> int:
        """`value` in the output's quantization; the zero point for 0."""
        zero = call.output.zero_point
        steps = np.clip(
            self.value / call.output.quantization.scale, INT8_MIN - zero, INT8_MAX - zero
        )
        return int(round_half_away(steps)) + zero

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return np.pad(inputs[0], self.paddings, constant_values=np.float32(self.value))

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return np.pad(inputs[0], self.paddings, constant_values=self.quantized_value(call))

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        x, value = inputs[0], self.quantized_value(call)
        low, high = x.low, x.high
        if any(pair != (0, 0) for pair in self.paddings[:-1]):
            low, high = np.minimum(low, value), np.maximum(high, value)
        # channels that are added hold nothing but the value
        return (
            Range(
                low=np.pad(low, self.paddings[-1], constant_values=value),
                high=np.pad(high, self.paddings[-1], constant_values=value),
            ),
        )
