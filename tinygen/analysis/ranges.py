"""Bounds of every integer that an int8 graph can compute, for any input."""

from tinygen.ir import Graph, Range


def tensor_ranges(graph: Graph) -> dict[str, Range]:
    """Bounds per channel of every computed tensor of an int8 graph; graph inputs can hold any int8 value."""
    ranges = {t.name: Range.full(t.channels) for t in graph.input_tensors}
    for call in graph.calls():
        inputs = [None if t.is_constant else ranges[t.name] for t in call.inputs]
        ranges.update(zip(call.node.outputs, call.op.output_ranges(call, inputs), strict=True))
    return ranges
