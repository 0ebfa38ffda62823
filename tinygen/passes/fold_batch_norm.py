"""Batch normalization joins the layer before or after, or is a 1x1 depthwise one, or a line. Rule F1."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Graph, Node, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.curve import Curve
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.real_functions import Line
from tinygen.ops.reshape import Reshape
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.passes.rewrite import (
    Pass,
    bypass,
    fresh_name,
    new_constant,
    node_called,
    only_consumer,
    substitute,
    until_stable,
)

Vector = NDArray[np.float64]


def fold_batch_norm(graph: Graph) -> Graph:
    return until_stable(_fold_one, graph)


def _fold_one(graph: Graph) -> Graph | None:
    call = next((c for c in graph.calls() if isinstance(c.op, BatchNormalization)), None)
    if call is None:
        return None
    factor, offset = call.op.factor_and_offset([t.data for t in call.inputs[1:]])
    return (
        _fold_into_producer(graph, call, factor, offset)
        or _fold_into_consumers(graph, call, factor, offset)
        or _as_line(graph, call, factor, offset)
        or _as_depthwise(graph, call, factor, offset)
    )


def _fold_into_producer(graph: Graph, call: Call, factor: Vector, offset: Vector) -> Graph | None:
    """Scale weights and bias of the layer before, which must not clamp and have no other reader."""
    producer = graph.producer(call.node.inputs[0])
    if producer is None or not isinstance(producer.op, WeightedOperator):
        return None
    if producer.op.activation is not Activation.NONE:
        return None
    if only_consumer(graph, call.node.inputs[0]) is not call.node:
        return None
    changed = bypass(graph, call.node)
    if changed is None:
        return None
    before = graph.call(producer)
    weights, bias = _parameters(before)
    along = [1] * weights.ndim
    along[producer.op.channel_axis()] = -1
    node = node_called(changed, producer.name)
    return _with_parameters(changed, node, weights * factor.reshape(along), bias * factor + offset)


def _fold_into_consumers(graph: Graph, call: Call, factor: Vector, offset: Vector) -> Graph | None:
    """Scale the weights of every layer after, if all can take the offset into their bias."""
    (y,) = call.node.outputs
    consumers = graph.consumers(y)
    if y in graph.outputs or not consumers:
        return None
    if not all(_takes_affine_input(graph.call(node), y, offset) for node in consumers):
        return None
    for node in consumers:
        weights, bias = _parameters(graph.call(node))
        scaled, shift = _affine_input(graph.call(node), weights, factor, offset)
        graph = _with_parameters(graph, node, scaled, bias + shift)
    return bypass(graph, call.node)


def _takes_affine_input(after: Call, y: str, offset: Vector) -> bool:
    if not isinstance(after.op, WeightedOperator) or after.node.inputs.count(y) != 1:
        return False
    if isinstance(after.op, TransposeConv2D):
        return False  # phases see other taps, and outputs at the border fewer
    if after.node.inputs[0] != y:
        return False
    if isinstance(after.op, FullyConnected):
        return True
    # cells of the padding are 0 behind the normalization, but would be -offset / factor before it
    return after.op.padding.is_zero or not offset.any()


def _affine_input(
    after: Call, weights: Vector, factor: Vector, offset: Vector
) -> tuple[Vector, Vector]:
    """Weights for the input before the normalization; what its offset adds per output channel."""
    if isinstance(after.op, DepthwiseConv2D):
        repeat = after.op.multiplier(after)
        shift = (weights * np.repeat(offset, repeat)).sum((0, 1, 2))
        return weights * np.repeat(factor, repeat), shift
    if isinstance(after.op, Conv2D):
        outputs, inputs = weights.shape[0], weights.shape[3]
        groups = after.op.groups(after)
        # row o holds the parameters of the input channels that output channel o sees
        per_output = (groups, 1, 1, inputs)
        f = np.repeat(factor.reshape(per_output), outputs // groups, axis=0)
        b = np.repeat(offset.reshape(per_output), outputs // groups, axis=0)
        return weights * f, (weights * b).sum((1, 2, 3))
    return weights * factor, weights @ offset


def _parameters(call: Call) -> tuple[Vector, Vector]:
    weights = call.inputs[1].data.astype(np.float64)
    return weights, call.op.bias(call).astype(np.float64)


def _with_parameters(graph: Graph, node: Node, weights: Vector, bias: Vector) -> Graph:
    """The graph with new weights and bias for one node; other nodes may share the old ones."""
    w = new_constant(graph, f"{node.name}/weights", weights, DType.FLOAT32)
    b = new_constant(graph, f"{node.name}/bias", bias, DType.FLOAT32)
    changed = dataclasses.replace(node, inputs=(node.inputs[0], w.name, b.name))
    return substitute(graph, node, [changed], [w, b])


def _as_line(graph: Graph, call: Call, factor: Vector, offset: Vector) -> Graph | None:
    """A function of one value, where all channels have the same."""
    if (factor != factor[0]).any() or (offset != offset[0]).any():
        return None
    op = Curve(of=Line(factor=float(factor[0]), offset=float(offset[0])))
    node = dataclasses.replace(call.node, op=op, inputs=call.node.inputs[:1])
    return substitute(graph, call.node, [node])


def _as_depthwise(graph: Graph, call: Call, factor: Vector, offset: Vector) -> Graph:
    """A depthwise convolution of one cell, between reshapes where the input is no image."""
    node, x = call.node, call.inputs[0]
    w = new_constant(graph, f"{node.name}/weights", factor.reshape(1, 1, 1, -1), DType.FLOAT32)
    b = new_constant(graph, f"{node.name}/bias", offset, DType.FLOAT32)
    op = DepthwiseConv2D()
    if len(x.shape) == 4:
        inner = dataclasses.replace(node, op=op, inputs=(x.name, w.name, b.name))
        return substitute(graph, node, [inner], [w, b])
    rows = x.size // (x.shape[0] * x.channels) if len(x.shape) > 1 else 1
    batch = x.shape[0] if len(x.shape) > 1 else 1
    image = (batch, rows, 1, x.channels)
    names = [fresh_name(graph, f"{node.name}/{part}") for part in ("image", "scaled")]
    before, scaled = (Tensor(name=n, shape=image, dtype=DType.FLOAT32) for n in names)
    nodes = [
        Node(name=names[0], op=Reshape(shape=image), inputs=(x.name,), outputs=(before.name,)),
        Node(
            name=names[1],
            op=op,
            inputs=(before.name, w.name, b.name),
            outputs=(scaled.name,),
        ),
        dataclasses.replace(node, op=Reshape(shape=x.shape), inputs=(scaled.name,)),
    ]
    return substitute(graph, node, nodes, [w, b, before, scaled])


PASS = Pass(name="fold batch normalization", run=fold_batch_norm, exact=False)
