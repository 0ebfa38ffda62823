"""Removes nodes that hand on their input unchanged."""

import functools

import numpy as np

from tinygen.analysis import reachable_int8, tensor_ranges
from tinygen.ir import Call, Graph, Operator, Range
from tinygen.ops.activation import Activation
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.crop import Crop
from tinygen.ops.mean import Mean
from tinygen.ops.pad import Pad
from tinygen.ops.pool import PoolOperator
from tinygen.ops.reduce_extreme import ReduceOperator
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.tile import Tile
from tinygen.ops.transpose import Transpose
from tinygen.ops.unary import ALL_INT8, UnaryOperator
from tinygen.ops.upsampling2d import UpSampling2D
from tinygen.passes.rewrite import Pass, bypass


def remove_identities(graph: Graph) -> Graph:
    ranges = tensor_ranges(graph) if graph.is_quantized else {}
    for call in graph.calls():
        x = call.inputs[0]
        if x.is_constant or not _same_form(call):
            continue
        if is_identity(call.op, call, ranges.get(x.name)):
            graph = bypass(graph, call.node) or graph
    return graph


def _same_form(call: Call) -> bool:
    x, y = call.inputs[0], call.outputs[0]
    same_type = x.dtype is y.dtype and x.quantization == y.quantization
    return len(call.outputs) == 1 and same_type and x.shape == y.shape


@functools.singledispatch
def is_identity(op: Operator, call: Call, x: Range | None) -> bool:
    """True where output and first input, of the same form, always hold the same values.

    `x` bounds the integers of the input; None in a float graph.
    """
    return False


@is_identity.register(Reshape)
@is_identity.register(Pad)
@is_identity.register(Crop)
@is_identity.register(Concatenate)
@is_identity.register(Mean)
@is_identity.register(UpSampling2D)
@is_identity.register(ReduceOperator)
@is_identity.register(Tile)
def _(op: Operator, call: Call, x: Range | None) -> bool:
    # with the shape unchanged nothing is padded or joined, and means are of one element
    return len(call.inputs) == 1


@is_identity.register
def _(op: Transpose, call: Call, x: Range | None) -> bool:
    return op.permutation == tuple(range(len(op.permutation)))


@is_identity.register
def _(op: StridedSlice, call: Call, x: Range | None) -> bool:
    # as many cells as there are: from the front to the back, but for single ones
    return all(s == 1 or n == 1 for s, n in zip(op.strides, op.lengths, strict=True))


@is_identity.register
def _(op: PoolOperator, call: Call, x: Range | None) -> bool:
    is_plain = op.stride == (1, 1) and op.padding.is_zero and op.activation is Activation.NONE
    return op.kernel == (1, 1) and is_plain


@is_identity.register
def _(op: UnaryOperator, call: Call, x: Range | None) -> bool:
    """An int8 function is an identity when its table is, over what the input can hold."""
    if x is None:
        return isinstance(op, Requantize) or (isinstance(op, Relu) and op.bounds is Activation.NONE)
    reached = reachable_int8(x)
    return bool(np.array_equal(op.table(call)[reached], ALL_INT8[reached]))


PASS = Pass(name="remove identities", run=remove_identities, exact=True)
