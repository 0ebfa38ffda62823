"""Convolutions seen with height and width exchanged."""

from dataclasses import replace

import numpy as np

from tinygen.ir import Call, Tensor
from tinygen.ops.convolution import ConvolutionOperator
from tinygen.ops.window import Padding


def _turned_pair(pair: tuple[int, int]) -> tuple[int, int]:
    return pair[1], pair[0]


def _turned_tensor(tensor: Tensor) -> Tensor:
    """The axes 1 and 2 exchanged, in the shape and in the data."""
    first, height, width, last = tensor.shape
    data = None if tensor.data is None else np.ascontiguousarray(tensor.data.swapaxes(1, 2))
    return replace(tensor, shape=(first, width, height, last), data=data)


def turned(call: Call) -> Call:
    """The layer with rows for columns. Where height or width is 1, its elements lie in memory as before."""
    op: ConvolutionOperator = call.op
    p = op.padding
    on_its_side = replace(
        op,
        stride=_turned_pair(op.stride),
        dilation=_turned_pair(op.dilation),
        padding=Padding(top=p.left, bottom=p.right, left=p.top, right=p.bottom),
    )
    return replace(
        call,
        node=replace(call.node, op=on_its_side),
        inputs=(*(_turned_tensor(t) for t in call.inputs[:2]), *call.inputs[2:]),
        outputs=(_turned_tensor(call.output),),
    )
