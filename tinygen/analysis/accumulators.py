"""The proof that no input can overflow an accumulator."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.analysis.ranges import input_ranges, output_ranges
from tinygen.errors import ConversionError
from tinygen.fixedpoint import INT32_MAX
from tinygen.ir import Call, Graph, Range
from tinygen.ops.mean import Mean
from tinygen.ops.scaled import WeightedOperator

INPUT_SPAN = 256
"""No int8 value, and no difference of two, is larger in absolute value."""


def check(graph: Graph) -> None:
    """Raise ConversionError, naming layer and channel, unless every accumulator fits in int32.

    Three things must fit: every partial sum in whatever order a kernel adds, also when it folds the
    zero point into the bias; the complete sum over the bounds of its inputs; and that sum after the
    left shift of its requantization.
    """
    ranges = input_ranges(graph)
    for call in graph.calls():
        if isinstance(call.op, WeightedOperator):
            _check_weighted(call, call.op, ranges)
        elif isinstance(call.op, Mean):
            _check_mean(call, call.op)
        ranges.update(output_ranges(call, ranges))


def _check_weighted(call: Call, op: WeightedOperator, ranges: Mapping[str, Range]) -> None:
    _expect_fit(call, partial_sum_bound(call, op), "its partial sums")
    acc = op.accumulator_range(call, ranges[call.inputs[0].name])
    largest = np.maximum(np.abs(acc.low), np.abs(acc.high))
    shifts = np.maximum(op.channel_multipliers(call).shifts, 0)
    _expect_fit(call, largest << shifts, "its accumulator, shifted for the requantization,")


def partial_sum_bound(call: Call, op: WeightedOperator) -> NDArray[np.int64]:
    """A bound per output channel of every sum of the bias and some of the products.

    It holds whether or not the zero point is folded into the bias: |x - zero_in| is at most 255,
    and |x| + |zero_in| at most 256.
    """
    weights = call.inputs[1]
    w = np.abs(weights.data.astype(np.int64) - weights.quantization.zero_points[0])
    axis = op.channel_axis()
    sums = w.sum(axis=tuple(i for i in range(w.ndim) if i != axis))
    return np.abs(op.bias(call).astype(np.int64)) + INPUT_SPAN * sums


def _check_mean(call: Call, op: Mean) -> None:
    bound = np.full(call.output.channels, INPUT_SPAN * op.count(call), np.int64)
    _expect_fit(call, bound << max(op.multiplier(call).shift, 0), "its sum, shifted,")


def _expect_fit(call: Call, bound: NDArray[np.int64], what: str) -> None:
    if (bound <= INT32_MAX).all():
        return
    channel = int(np.argmax(bound))
    raise ConversionError(
        what=f"{call.op.label()}: {what} can reach {int(bound[channel])}, which int32 cannot hold",
        where=f"layer '{call.node.name}', channel {channel}",
        next_step="look for a huge bias or a broken scale in this layer; quantize the model again",
    )
