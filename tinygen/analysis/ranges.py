"""Bounds of every integer that an int8 graph can compute, for any input."""

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT8_MAX, INT8_MIN
from tinygen.ir import Graph, Range


def tensor_ranges(graph: Graph) -> dict[str, Range]:
    """Bounds per channel of every computed tensor of an int8 graph, whatever its inputs are."""
    ranges = {t.name: Range.full(t.channels) for t in graph.input_tensors}
    for call in graph.calls():
        inputs = [None if t.is_constant else ranges[t.name] for t in call.inputs]
        ranges.update(zip(call.node.outputs, call.op.output_ranges(call, inputs), strict=True))
    return ranges


def reachable_int8(x: Range) -> NDArray[np.bool_]:
    """Which int8 values q lie between the bounds of a tensor, at index q + 128."""
    values = np.arange(INT8_MIN, INT8_MAX + 1)
    return (values >= x.low.min()) & (values <= x.high.max())
