"""Bounds of every integer that an int8 graph can compute, for any input."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT8_MAX, INT8_MIN
from tinygen.ir import Call, Graph, Range


def tensor_ranges(graph: Graph) -> dict[str, Range]:
    """Bounds per channel of every computed tensor of an int8 graph, whatever its inputs are."""
    ranges = input_ranges(graph)
    for call in graph.calls():
        ranges.update(output_ranges(call, ranges))
    return ranges


def input_ranges(graph: Graph) -> dict[str, Range]:
    """Graph inputs can hold any value of their type."""
    return {t.name: Range.full(t.channels, *t.dtype.limits) for t in graph.input_tensors}


def output_ranges(call: Call, ranges: Mapping[str, Range]) -> dict[str, Range]:
    """Bounds of a call's outputs by name, from those of its inputs."""
    inputs = [None if t.is_constant else ranges[t.name] for t in call.inputs]
    return dict(zip(call.node.outputs, call.op.output_ranges(call, inputs), strict=True))


def reachable_int8(x: Range) -> NDArray[np.bool_]:
    """Which int8 values q lie between the bounds of a tensor, at index q + 128."""
    values = np.arange(INT8_MIN, INT8_MAX + 1)
    return (values >= x.low.min()) & (values <= x.high.max())
