"""How the channels (last axis) of an operator's inputs and output belong together.

This is what removing channels needs to know. An operator that is not described here needs all of
its channels.
"""

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Operator
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.crop import Crop
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.mean import Mean
from tinygen.ops.pad import Pad
from tinygen.ops.pool import PoolOperator
from tinygen.ops.reduce_extreme import ReduceOperator
from tinygen.ops.reshape import Reshape
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.transpose import Transpose
from tinygen.ops.unary import UnaryOperator
from tinygen.ops.upsampling2d import UpSampling2D

Indices = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Link:
    """Channel inputs[k] of an input and channel outputs[k] of the output can only go together."""

    position: int
    inputs: Indices
    outputs: Indices


@dataclass(frozen=True, kw_only=True, eq=False)
class ChannelFlow:
    """What an operator demands of its channels.

    `mixes`: input 0 is contracted with weights, so each of its channels can go when its weights are
    zero, or when it holds a constant that the bias can take. `free`: output channels that can go by
    themselves. Channels that are neither linked, free nor mixed must stay.
    """

    links: tuple[Link, ...] = ()
    mixes: bool = False
    free: Indices = field(default_factory=lambda: np.empty(0, np.int64))


def identity_link(position: int, channels: int) -> Link:
    every = np.arange(channels)
    return Link(position=position, inputs=every, outputs=every)


@functools.singledispatch
def channel_flow(op: Operator, call: Call) -> ChannelFlow:
    """The flow of channels through one call."""
    return ChannelFlow()


@channel_flow.register
def _(op: Conv2D, call: Call) -> ChannelFlow:
    if op.groups(call) != 1:
        return ChannelFlow()
    return ChannelFlow(mixes=True, free=np.arange(call.output.channels))


@channel_flow.register
def _(op: FullyConnected, call: Call) -> ChannelFlow:
    return ChannelFlow(mixes=True, free=np.arange(call.output.channels))


@channel_flow.register
def _(op: DepthwiseConv2D, call: Call) -> ChannelFlow:
    outputs = np.arange(call.output.channels)
    return ChannelFlow(
        links=(Link(position=0, inputs=outputs // op.multiplier(call), outputs=outputs),)
    )


@channel_flow.register(UnaryOperator)
@channel_flow.register(PoolOperator)
@channel_flow.register(ResizeBilinear)
@channel_flow.register(UpSampling2D)
def _(op: Operator, call: Call) -> ChannelFlow:
    return ChannelFlow(links=(identity_link(0, call.output.channels),))


@channel_flow.register(Mean)
@channel_flow.register(ReduceOperator)
def _(op: Mean | ReduceOperator, call: Call) -> ChannelFlow:
    if len(call.inputs[0].shape) - 1 in op.axes:
        return ChannelFlow()
    return ChannelFlow(links=(identity_link(0, call.output.channels),))


@channel_flow.register
def _(op: BinaryOperator, call: Call) -> ChannelFlow:
    channels = call.output.channels
    # an operand of one channel is broadcast: it stays, whatever goes
    full = (i for i, t in enumerate(call.inputs) if t.channels == channels)
    return ChannelFlow(links=tuple(identity_link(i, channels) for i in full))


@channel_flow.register
def _(op: Pad, call: Call) -> ChannelFlow:
    channels = call.inputs[0].channels
    before, after = op.paddings[-1]
    kept = before + np.arange(channels)
    added = np.concatenate([np.arange(before), before + channels + np.arange(after)])
    link = Link(position=0, inputs=np.arange(channels), outputs=kept)
    return ChannelFlow(links=(link,), free=added)


@channel_flow.register
def _(op: Crop, call: Call) -> ChannelFlow:
    before = op.crops[-1][0]
    every = np.arange(call.output.channels)
    return ChannelFlow(links=(Link(position=0, inputs=before + every, outputs=every),))


@channel_flow.register
def _(op: Transpose, call: Call) -> ChannelFlow:
    if op.permutation[-1] != len(op.permutation) - 1:
        return ChannelFlow()
    return ChannelFlow(links=(identity_link(0, call.output.channels),))


@channel_flow.register
def _(op: Concatenate, call: Call) -> ChannelFlow:
    if op.axis != len(call.output.shape) - 1:
        count = len(call.inputs)
        return ChannelFlow(
            links=tuple(identity_link(i, call.output.channels) for i in range(count))
        )
    links, start = [], 0
    for position, tensor in enumerate(call.inputs):
        every = np.arange(tensor.channels)
        links.append(Link(position=position, inputs=every, outputs=start + every))
        start += tensor.channels
    return ChannelFlow(links=tuple(links))


@channel_flow.register
def _(op: Reshape, call: Call) -> ChannelFlow:
    # element i is channel i % c before and i % d after: one of them must divide the other
    c, d = call.inputs[0].channels, call.output.channels
    if c % d and d % c:
        return ChannelFlow()
    every = np.arange(max(c, d))
    return ChannelFlow(links=(Link(position=0, inputs=every % c, outputs=every % d),))
