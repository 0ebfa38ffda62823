"""A PAD of height and width in front of a window becomes the window's own padding, and two PADs in a row one."""

import dataclasses
from functools import cached_property

from tinygen.analysis.ranges import tensor_ranges
from tinygen.ir import Call, Graph, Node, Range
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.pad import Pad
from tinygen.ops.window import Padding
from tinygen.passes.remove_dead_nodes import remove_dead_nodes
from tinygen.passes.rewrite import Pass


def fold_padding(graph: Graph) -> Graph:
    """Exact where the padded value is what the window's padding stands for.

    A convolution's stands for real 0. Cells of a maximum's padding do not count: a value that no cell is below does
    not count either. Consumers that cannot take the padding keep the PAD, the others do without.
    """
    ranges = _Ranges(graph)
    pads: dict[str, Call] = {}
    nodes = []
    for call in graph.calls():
        node = call.node
        before = pads.get(node.inputs[0]) if node.inputs else None
        if before is not None:
            node = _folded(node, before, ranges)
        if isinstance(node.op, Pad):
            source = graph.tensors[node.inputs[0]]
            pads[node.outputs[0]] = dataclasses.replace(call, node=node, inputs=(source,))
        nodes.append(node)
    return remove_dead_nodes(graph.replace(nodes=tuple(nodes)))


class _Ranges:
    """Bounds of the tensors of an int8 graph, once somebody asks."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def _all(self) -> dict[str, Range]:
        return tensor_ranges(self._graph)

    def least(self, tensor: str) -> int:
        return int(self._all[tensor].low.min())


def _folded(node: Node, pad: Call, ranges: _Ranges) -> Node:
    """The node that reads what the PAD reads, where it can pad for itself; else the node."""
    op, source = node.op, pad.node.inputs[0]
    if isinstance(op, Pad):
        return _merged(node, pad)
    if not _pads_image(pad.op):
        return node
    padding = _padding(pad.op)
    if isinstance(op, Conv2D | DepthwiseConv2D) and _pads_with_zero(pad):
        return _reading(node, source, op.padding.plus(padding))
    if isinstance(op, MaxPool2D) and _is_below_all(pad, ranges):
        padding = op.padding.plus(padding)
        height, width = op.kernel
        if max(padding.top, padding.bottom) < height and max(padding.left, padding.right) < width:
            return _reading(node, source, padding)
    return node


def _merged(node: Node, pad: Call) -> Node:
    """Both paddings at once, where their cells hold the same value."""
    inner, outer = pad.op, node.op
    if inner.value != outer.value:
        return node
    sums = zip(inner.paddings, outer.paddings, strict=True)
    op = dataclasses.replace(outer, paddings=tuple((a + c, b + d) for (a, b), (c, d) in sums))
    return dataclasses.replace(node, op=op, inputs=pad.node.inputs)


def _pads_image(op: Pad) -> bool:
    return len(op.paddings) == 4 and op.paddings[0] == op.paddings[3] == (0, 0)


def _pads_with_zero(pad: Call) -> bool:
    if pad.output.dtype.is_integer:
        return pad.op.quantized_value(pad) == pad.inputs[0].zero_point
    return pad.op.value == 0.0


def _is_below_all(pad: Call, ranges: _Ranges) -> bool:
    """No value of the tensor is below that of the padding, whatever the inputs of the graph are."""
    if not pad.output.dtype.is_integer or pad.inputs[0].is_constant:
        return False
    return pad.op.quantized_value(pad) <= ranges.least(pad.inputs[0].name)


def _padding(op: Pad) -> Padding:
    (top, bottom), (left, right) = op.paddings[1:3]
    return Padding(top=top, bottom=bottom, left=left, right=right)


def _reading(node: Node, source: str, padding: Padding) -> Node:
    op = dataclasses.replace(node.op, padding=padding)
    return dataclasses.replace(node, op=op, inputs=(source, *node.inputs[1:]))


PASS = Pass(name="fold padding into windows", run=fold_padding, exact=True)
