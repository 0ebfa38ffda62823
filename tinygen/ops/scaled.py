"""Operators that multiply-accumulate weights and requantize: what they share.

y = clamp(requantize(acc, multiplier[c]) + zero_out, low, high)
with acc = bias[c] + sum w * (x - zero_in)
"""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import requantize
from tinygen.ir import Call, DType, Operator, Range, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.checks import (
    expect_constants,
    expect_inputs,
    expect_int32,
    expect_rank,
    unsupported,
)


@dataclass(frozen=True, kw_only=True)
class ChannelMultipliers:
    """One requantization multiplier per output channel: int64 arrays of shape [channels]."""

    values: NDArray[np.int64]
    shifts: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class WeightedOperator(Operator):
    """Inputs: x, weights, and optionally bias (int32, or float32 in a float graph)."""

    activation: Activation = Activation.NONE

    weights_have_zero_point: ClassVar[bool] = False
    """Whether per-tensor weights may carry a zero point other than 0."""

    @abc.abstractmethod
    def channel_multipliers(self, call: Call) -> ChannelMultipliers:
        """The multipliers of the requantization, from the scales of input, weights and output."""

    @abc.abstractmethod
    def accumulate(self, call: Call, x: NDArray, weights: NDArray, pad: float) -> NDArray:
        """Sum of weights times x without bias, in the inputs' float type; padding holds `pad`."""

    @abc.abstractmethod
    def accumulator_range(self, call: Call, x: Range) -> Range:
        """Exact bounds of the int32 accumulator, bias included, per output channel."""

    @abc.abstractmethod
    def channel_axis(self) -> int:
        """The axis of the weights that is the output channel."""

    def check_parameters(self, inputs: Sequence[Tensor], x_rank: int | None, w_rank: int) -> None:
        """Raise UnsupportedError for a wrong number, rank or shape of inputs; x_rank None: any."""
        expect_inputs(self, inputs, 2, 3)
        if x_rank is not None:
            expect_rank(self, inputs, 0, x_rank)
        expect_rank(self, inputs, 1, w_rank)
        expect_constants(self, inputs, 1)
        channels = inputs[1].shape[self.channel_axis()]
        if len(inputs) == 3 and inputs[2].shape != (channels,):
            raise unsupported(
                self,
                inputs,
                f"the bias is {list(inputs[2].shape)}",
                f"a bias of shape [{channels}]",
            )

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        weights, q = call.inputs[1], call.inputs[1].quantization
        per_channel = q is not None and q.axis == self.channel_axis()
        count = weights.shape[self.channel_axis()] if per_channel else 1
        if weights.dtype is not DType.INT8 or q is None or len(q.scales) != count:
            raise call.unsupported(
                f"weights '{weights.name}' are {weights.describe()}",
                f"int8 with one scale, or one per index of axis {self.channel_axis()}",
            )
        if any(q.zero_points) and not (self.weights_have_zero_point and not per_channel):
            raise call.unsupported(
                f"weights '{weights.name}' have a zero point that is not 0", "symmetric weights"
            )
        if len(call.inputs) > 2 and call.inputs[2].dtype is not DType.INT32:
            raise call.unsupported(f"a bias of {call.inputs[2].dtype.value}", "an int32 bias")
        acc = self.accumulator_range(call, Range.full(call.inputs[0].channels))
        expect_int32(call, acc, self.channel_multipliers(call).shifts)

    def bias(self, call: Call) -> NDArray:
        """Bias [channels]; zeros where the node has none."""
        if len(call.inputs) > 2:
            return call.inputs[2].data
        return np.zeros(call.output.channels, np.int32)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        y = self.accumulate(call, inputs[0], inputs[1], 0.0)
        if len(inputs) > 2:
            y = y + inputs[2]
        return self.activation.apply_float(y).astype(np.float32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        # float64 products and sums of these integers are exact below 2**53
        x = inputs[0].astype(np.float64) - call.inputs[0].zero_point
        weights = inputs[1].astype(np.float64) - call.inputs[1].quantization.zero_points[0]
        acc = self.accumulate(call, x, weights, 0.0).astype(np.int64) + self.bias(call)
        return self.finish(call, acc).astype(call.output.dtype.numpy)

    def finish(self, call: Call, acc: NDArray[np.int64]) -> NDArray[np.int64]:
        """Requantize, add the output's zero point, clamp: from accumulators to int8 values."""
        m = self.channel_multipliers(call)
        low, high = self.activation.integer_bounds(call.output.quantization)
        scaled = requantize(acc, m.values, m.shifts, call.arithmetic)
        return np.clip(scaled + call.output.zero_point, low, high)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        acc = self.accumulator_range(call, inputs[0])
        # requantization is monotone in the accumulator, so the ends map to the ends
        return (Range(low=self.finish(call, acc.low), high=self.finish(call, acc.high)),)


def interval_products(
    weights: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Elementwise bounds of weights * x for low <= x <= high; all arrays broadcast."""
    a, b = weights * low, weights * high
    return np.minimum(a, b), np.maximum(a, b)
