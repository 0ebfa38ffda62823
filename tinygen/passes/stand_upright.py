"""Signals that lie along the width are laid along the height, so that a sample is a row and can arrive, be computed
and be forgotten by itself.

[1, 1, T, C] and [1, T, C] have the same bytes as [1, T, 1, C]. Kernels like signals that lie, so this is done only
where rows are wanted.
"""

import dataclasses
import functools

import numpy as np

from tinygen.errors import TinygenError
from tinygen.ir import Graph, Node, Operator, Tensor, verify
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.crop import Crop
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.mean import Mean
from tinygen.ops.pad import Pad
from tinygen.ops.pool import PoolOperator
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.softmax import Softmax
from tinygen.ops.unary import UnaryOperator
from tinygen.ops.upsampling2d import UpSampling2D
from tinygen.ops.window import Padding
from tinygen.passes.fold_padding import fold_padding
from tinygen.passes.remove_identities import remove_identities

Shape = tuple[int, ...]

_AXES = {3: (0, 1, 3), 4: (0, 2, 1, 3)}
"""Where the axes of a shape of that rank go."""


def stand_upright(graph: Graph) -> Graph | None:
    """The same bytes from a graph whose signals are one column wide; None where there are none, or not only such."""
    lying = {t.name for t in graph.tensors.values() if t.data is None and _lies(t.shape)}
    if not lying or any(_is_image(t) for t in graph.tensors.values()):
        return None
    try:
        tensors = {name: _upright_tensor(t) for name, t in graph.tensors.items() if t.data is None}
        nodes = tuple(_upright_node(graph, node, lying, tensors) for node in graph.nodes)
        upright = verify(graph.replace(nodes=nodes, tensors={**graph.tensors, **tensors}))
    except TinygenError:  # an operator that says nothing here, or that reads axes in another way
        return None
    return fold_padding(remove_identities(upright))


def _lies(shape: Shape) -> bool:
    return (len(shape) == 3 and shape[1] > 1) or (
        len(shape) == 4 and shape[1] == 1 and shape[2] > 1
    )


def _is_image(tensor: Tensor) -> bool:
    return tensor.data is None and len(tensor.shape) == 4 and min(tensor.shape[1:3]) > 1


def _upright_shape(shape: Shape) -> Shape:
    match shape:
        case (batch, length, channels):
            return (batch, length, 1, channels)
        case (batch, 1, length, channels):
            return (batch, length, 1, channels)
    return shape


def _upright_tensor(tensor: Tensor) -> Tensor:
    shape = _upright_shape(tensor.shape)
    data = None if tensor.data is None else tensor.data.reshape(shape)
    return dataclasses.replace(tensor, shape=shape, data=data)


def _upright_node(graph: Graph, node: Node, lying: set[str], tensors: dict[str, Tensor]) -> Node:
    """The node over upright tensors; constants that must change are added to `tensors`."""
    ends = (*node.inputs, *node.outputs)
    if not any(name in lying for name in ends):
        return node
    op = node.op
    if isinstance(op, Conv2D | DepthwiseConv2D):
        weights = graph.tensors[node.inputs[1]]
        turned = np.ascontiguousarray(weights.data.swapaxes(1, 2))
        tensors[weights.name] = dataclasses.replace(weights, shape=turned.shape, data=turned)
    elif not isinstance(op, FullyConnected):
        constants = (graph.tensors[n] for n in node.inputs if graph.tensors[n].is_constant)
        tensors |= {t.name: _upright_tensor(t) for t in constants if _lies(t.shape)}
    rank = len(graph.tensors[node.inputs[0]].shape)
    return dataclasses.replace(node, op=turned_op(op, rank))


@functools.singledispatch
def turned_op(op: Operator, rank: int) -> Operator:
    """The operator for an upright input that had `rank` axes."""
    raise TinygenError(what=f"{op.label()} is not known to stand upright")


@turned_op.register(BinaryOperator)
@turned_op.register(FullyConnected)
@turned_op.register(Requantize)
@turned_op.register(Softmax)
@turned_op.register(UnaryOperator)
def _(op: Operator, rank: int) -> Operator:
    return op


@turned_op.register(Conv2D)
@turned_op.register(DepthwiseConv2D)
def _(op: Conv2D | DepthwiseConv2D, rank: int) -> Operator:
    return dataclasses.replace(
        op, stride=op.stride[::-1], dilation=op.dilation[::-1], padding=_turned_padding(op.padding)
    )


@turned_op.register
def _(op: PoolOperator, rank: int) -> Operator:
    return dataclasses.replace(
        op, kernel=op.kernel[::-1], stride=op.stride[::-1], padding=_turned_padding(op.padding)
    )


@turned_op.register
def _(op: UpSampling2D, rank: int) -> Operator:
    return dataclasses.replace(op, factor=op.factor[::-1])


@turned_op.register
def _(op: Pad, rank: int) -> Operator:
    return dataclasses.replace(op, paddings=_turned_pairs(op.paddings))


@turned_op.register
def _(op: Crop, rank: int) -> Operator:
    return dataclasses.replace(op, crops=_turned_pairs(op.crops))


@turned_op.register
def _(op: Concatenate, rank: int) -> Operator:
    return dataclasses.replace(op, axis=_AXES[rank][op.axis])


@turned_op.register
def _(op: Mean, rank: int) -> Operator:
    axes = tuple(sorted(_AXES[rank][axis] for axis in op.axes))
    if rank == 3 and axes == (1,) and not op.keep_dims:
        axes = (1, 2)  # the new axis goes with the signal's
    return dataclasses.replace(op, axes=axes)


@turned_op.register
def _(op: Reshape, rank: int) -> Operator:
    return dataclasses.replace(op, shape=_upright_shape(op.shape))


def _turned_padding(p: Padding) -> Padding:
    return Padding(top=p.left, bottom=p.right, left=p.top, right=p.bottom)


def _turned_pairs(pairs: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    if len(pairs) == 3:
        return (*pairs[:2], (0, 0), pairs[2])
    first, height, width, last = pairs
    return (first, width, height, last)
