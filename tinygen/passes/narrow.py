"""Applies operators to fewer channels: what each operator's attributes, weights and bias become."""

import dataclasses
import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.analysis.liveness import Mask, tap_sums
from tinygen.ir import Call, DType, Operator, Quantization, Range, Tensor
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.pad import Pad
from tinygen.ops.reshape import Reshape


@dataclass(frozen=True, kw_only=True, eq=False)
class Keep:
    """Which channels of input 0 and of the output stay, and what input 0 can hold."""

    x: Mask
    y: Mask
    x_range: Range


@dataclass(frozen=True, kw_only=True, eq=False)
class Narrowed:
    """The operator, weights and bias for the channels that stay; None where there are none."""

    op: Operator
    weights: Tensor | None = None
    bias: NDArray[np.int64] | None = None


@functools.singledispatch
def narrow(op: Operator, call: Call, keep: Keep) -> Narrowed:
    """One operator on the channels that stay; the same where no attribute is about channels."""
    return Narrowed(op=op)


@narrow.register
def _(op: Pad, call: Call, keep: Keep) -> Narrowed:
    before, after = op.paddings[-1]
    added = int(keep.y[:before].sum()), int(keep.y[len(keep.y) - after :].sum())
    return Narrowed(op=dataclasses.replace(op, paddings=(*op.paddings[:-1], added)))


@narrow.register
def _(op: Reshape, call: Call, keep: Keep) -> Narrowed:
    return Narrowed(op=dataclasses.replace(op, shape=(*op.shape[:-1], int(keep.y.sum()))))


@narrow.register
def _(op: DepthwiseConv2D, call: Call, keep: Keep) -> Narrowed:
    weights = _take(call.inputs[1], keep.y, 3)
    bias = op.bias(call).astype(np.int64)[keep.y]
    return Narrowed(op=op, weights=weights, bias=bias)


@narrow.register(Conv2D)
@narrow.register(FullyConnected)
def _(op: Conv2D | FullyConnected, call: Call, keep: Keep) -> Narrowed:
    """Constant input channels that go add value * weight to the bias, over all taps."""
    weights = _take(_take(call.inputs[1], keep.y, 0), keep.x, call.inputs[1].data.ndim - 1)
    constant = keep.x_range.is_constant & ~keep.x
    values = np.where(constant, keep.x_range.low - call.inputs[0].zero_point, 0)
    bias = op.bias(call).astype(np.int64) + tap_sums(call) @ values
    return Narrowed(op=op, weights=weights, bias=bias[keep.y])


def _take(tensor: Tensor, mask: Mask, axis: int) -> Tensor:
    """A constant with the masked entries along one axis."""
    data = np.ascontiguousarray(np.compress(mask, tensor.data, axis=axis))
    quantization = tensor.quantization
    if quantization.axis == axis:
        quantization = Quantization(
            scales=tuple(np.asarray(quantization.scales)[mask].tolist()),
            zero_points=tuple(np.asarray(quantization.zero_points)[mask].tolist()),
            axis=axis,
        )
    return dataclasses.replace(tensor, shape=data.shape, data=data, quantization=quantization)


def take_channels(tensor: Tensor, mask: Mask) -> Tensor:
    """A tensor with the masked entries of its last axis."""
    if mask.all():
        return tensor
    shape = (*tensor.shape[:-1], int(mask.sum()))
    data = None if tensor.data is None else np.ascontiguousarray(tensor.data[..., mask])
    return dataclasses.replace(tensor, shape=shape, data=data)


def bias_tensor(bias: NDArray[np.int64]) -> Tensor:
    return Tensor(name="bias", shape=bias.shape, dtype=DType.INT32, data=bias.astype(np.int32))
