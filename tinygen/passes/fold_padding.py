"""A PAD of height and width in front of a convolution becomes the convolution's own padding."""

import dataclasses

from tinygen.ir import Call, Graph, Node
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.pad import Pad
from tinygen.ops.window import Padding
from tinygen.passes.remove_dead_nodes import remove_dead_nodes
from tinygen.passes.rewrite import Pass


def fold_padding(graph: Graph) -> Graph:
    """Exact where the padded value is real 0: that is what a convolution's padding stands for."""
    pads: dict[str, tuple[str, Padding]] = {}
    nodes = []
    for call in graph.calls():
        node = call.node
        if isinstance(node.op, Pad) and _pads_image_with_zero(call, node.op):
            pads[node.outputs[0]] = (node.inputs[0], _padding(node.op))
        if isinstance(node.op, Conv2D | DepthwiseConv2D) and node.inputs[0] in pads:
            node = _absorb(node, *pads[node.inputs[0]])
        nodes.append(node)
    return remove_dead_nodes(graph.replace(nodes=tuple(nodes)))


def _pads_image_with_zero(call: Call, op: Pad) -> bool:
    if len(op.paddings) != 4 or op.paddings[0] != (0, 0) or op.paddings[3] != (0, 0):
        return False
    if call.output.dtype.is_integer:
        return op.quantized_value(call) == call.inputs[0].zero_point
    return op.value == 0.0


def _padding(op: Pad) -> Padding:
    (top, bottom), (left, right) = op.paddings[1:3]
    return Padding(top=top, bottom=bottom, left=left, right=right)


def _absorb(node: Node, source: str, padding: Padding) -> Node:
    op = dataclasses.replace(node.op, padding=node.op.padding.plus(padding))
    return dataclasses.replace(node, op=op, inputs=(source, *node.inputs[1:]))


PASS = Pass(name="fold padding into convolutions", run=fold_padding, exact=True)
