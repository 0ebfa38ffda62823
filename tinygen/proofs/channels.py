"""What is known about the accumulators of a layer before a line of C exists."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, Integers, requantize
from tinygen.ir import Call, Range
from tinygen.ops.scaled import WeightedOperator


def folded_bias(call: Call, weight_sums: NDArray) -> Integers:
    """bias[o] - zero_in * sum of weights[o], so that the kernel multiplies raw inputs (rule C1)."""
    op: WeightedOperator = call.op
    zero_in = call.inputs[0].zero_point
    return op.bias(call).astype(np.int64) - zero_in * np.asarray(weight_sums, np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Channels:
    """What decides about the forms of a requantization; int64 arrays of shape [channels].

    `acc` bounds the accumulator, bias included. Its textbook output is
    clamp(requantize(acc, multipliers, -right) + zero_point, out_min, out_max).
    """

    arithmetic: Arithmetic
    bias: Integers
    multipliers: Integers
    right: Integers
    acc: Range
    zero_point: int
    out_min: int
    out_max: int

    def textbook(self, acc: Integers) -> Integers:
        """Outputs for accumulators [..., channels]."""
        scaled = requantize(acc, self.multipliers, -self.right, self.arithmetic)
        return np.clip(scaled + self.zero_point, self.out_min, self.out_max)

    @property
    def largest_acc(self) -> int:
        """The largest absolute value of any accumulator."""
        return int(np.maximum(np.abs(self.acc.low), np.abs(self.acc.high)).max())

    @property
    def needs_clamp(self) -> bool:
        """Whether int8 saturation alone leaves values outside of the activation's bounds."""
        low, high = self.textbook(self.acc.low), self.textbook(self.acc.high)
        cut_below = self.out_min > -128 and bool((low == self.out_min).any())
        cut_above = self.out_max < 127 and bool((high == self.out_max).any())
        return cut_below or cut_above

    @cached_property
    def steps(self) -> Integers:
        """[255, channels]: for the values -127 .. 127 the first accumulator in acc.low .. acc.high + 1 that gives
        the value or more. The textbook is monotone in the accumulator, so these steps describe it completely."""
        value = np.arange(-127, 128, dtype=np.int64)[:, None]
        below, above = self._bracket(value)
        while (above - below > 1).any():
            middle = (below + above) >> 1
            reached = self.textbook(middle) >= value
            below, above = np.where(reached, below, middle), np.where(reached, middle, above)
        return above

    def _bracket(self, value: Integers) -> tuple[Integers, Integers]:
        """Accumulators just below and at or above every step: a guess where it is confirmed, else the whole range."""
        lowest, beyond = self.acc.low - 1, self.acc.high + 1
        unit = np.exp2(31.0 + self.right) / np.maximum(self.multipliers, 1)
        guess = np.floor(np.clip((value - self.zero_point - 0.5) * unit, -(2.0**40), 2.0**40))
        below = np.clip(guess.astype(np.int64) - 3, lowest, beyond - 1)
        above = np.clip(guess.astype(np.int64) + 4, lowest + 1, beyond)
        is_below = (below == lowest) | (self.textbook(below) < value)
        is_above = (above == beyond) | (self.textbook(above) >= value)
        return np.where(is_below, below, lowest), np.where(is_above, above, beyond)


_KNOWN: dict[tuple, tuple[Call, Channels]] = {}
"""What was asked for lately: the same node is asked about by many kernels, and as many parts of its rows."""

MOST_KNOWN = 256


def channels_of(call: Call, weight_sums: NDArray) -> Channels:
    """The facts about a node with weights; `weight_sums` [channels] are the sums of each channel's weights.

    They are the same object for calls that differ in names, heights and widths only.
    """
    key = _key(call, weight_sums)
    if key not in _KNOWN:
        if len(_KNOWN) >= MOST_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = call, _channels_of(call, weight_sums)  # the call keeps its arrays alive
    return _KNOWN[key][1]


def _key(call: Call, weight_sums: NDArray) -> tuple:
    """Arrays by identity, which is theirs as long as they live."""
    tensors = (*call.inputs, *call.outputs)
    return (
        call.op,
        call.arithmetic,
        np.asarray(weight_sums, np.int64).tobytes(),
        tuple((id(t.data) if t.is_constant else t.channels, t.quantization) for t in tensors),
        tuple(map(id, call.input_ranges)),
    )


def _channels_of(call: Call, weight_sums: NDArray) -> Channels:
    op: WeightedOperator = call.op
    m = op.channel_multipliers(call)
    low, high = op.activation.integer_bounds(call.output.quantization)
    return Channels(
        arithmetic=call.arithmetic,
        bias=folded_bias(call, weight_sums),
        multipliers=m.values,
        right=np.where(m.values == 0, 1, -m.shifts),  # 0 * 2**anything
        acc=op.accumulator_range(call, call.input_range(0)),
        zero_point=call.output.zero_point,
        out_min=low,
        out_max=high,
    )
