"""The operators written down a second time, as plainly as possible: loops over output elements.

Sums of products work on exact integers as well as on floats. One sample, with its batch of 1.
"""

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Operator
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.composition import Composition
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pad import Pad
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.softmax import Softmax
from tinygen.ops.tanh import Tanh
from tinygen.ops.window import Padding


def clamp(y: NDArray, activation: Activation) -> NDArray:
    low, high = activation.value
    return np.minimum(np.maximum(y, low), high)


def cells(
    shape: tuple[int, ...],
    pixel: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: Padding,
) -> Iterator[tuple[int, int, int, int]]:
    """(ky, kx, row, column) of every tap of an output pixel that lies inside of the image."""
    for ky in range(kernel[0]):
        for kx in range(kernel[1]):
            row = pixel[0] * stride[0] + ky * dilation[0] - padding.top
            column = pixel[1] * stride[1] + kx * dilation[1] - padding.left
            if 0 <= row < shape[1] and 0 <= column < shape[2]:
                yield ky, kx, row, column


@functools.singledispatch
def accumulate(op: Operator, call: Call, x: NDArray, weights: NDArray) -> NDArray:
    """The sums of products of a weighted operator, without bias."""
    raise NotImplementedError(op.label())


@accumulate.register
def _(op: Conv2D, call: Call, x: NDArray, weights: NDArray) -> NDArray:
    out_channels, kh, kw, per_group = weights.shape
    out_per_group = out_channels * per_group // x.shape[3]
    y = np.zeros(call.output.shape, x.dtype)
    for _, oy, ox, o in np.ndindex(*y.shape):
        first = o // out_per_group * per_group
        for ky, kx, row, column in cells(
            x.shape, (oy, ox), (kh, kw), op.stride, op.dilation, op.padding
        ):
            for i in range(per_group):
                y[0, oy, ox, o] += x[0, row, column, first + i] * weights[o, ky, kx, i]
    return y


@accumulate.register
def _(op: DepthwiseConv2D, call: Call, x: NDArray, weights: NDArray) -> NDArray:
    _, kh, kw, out_channels = weights.shape
    multiplier = out_channels // x.shape[3]
    y = np.zeros(call.output.shape, x.dtype)
    for _, oy, ox, o in np.ndindex(*y.shape):
        for ky, kx, row, column in cells(
            x.shape, (oy, ox), (kh, kw), op.stride, op.dilation, op.padding
        ):
            y[0, oy, ox, o] += x[0, row, column, o // multiplier] * weights[0, ky, kx, o]
    return y


@accumulate.register
def _(op: FullyConnected, call: Call, x: NDArray, weights: NDArray) -> NDArray:
    y = np.zeros(call.output.shape, x.dtype)
    for index in np.ndindex(*y.shape):
        for k in range(x.shape[-1]):
            y[index] += x[(*index[:-1], k)] * weights[index[-1], k]
    return y


@functools.singledispatch
def evaluate(op: Operator, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    """The real output for real (float64) inputs."""
    raise NotImplementedError(op.label())


@evaluate.register(Conv2D)
@evaluate.register(DepthwiseConv2D)
@evaluate.register(FullyConnected)
def _(op, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    y = accumulate(op, call, inputs[0], inputs[1])
    return clamp(y + inputs[2] if len(inputs) > 2 else y, op.activation)


@evaluate.register(AveragePool2D)
@evaluate.register(MaxPool2D)
def _(op, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    (x,) = inputs
    y = np.zeros(call.output.shape)
    for _, oy, ox, c in np.ndindex(*y.shape):
        taps = cells(x.shape, (oy, ox), op.kernel, op.stride, (1, 1), op.padding)
        seen = [x[0, row, column, c] for _, _, row, column in taps]
        y[0, oy, ox, c] = max(seen) if isinstance(op, MaxPool2D) else sum(seen) / len(seen)
    return clamp(y, op.activation)


@evaluate.register
def _(op: Mean, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    (x,) = inputs
    kept = [1 if i in op.axes else d for i, d in enumerate(x.shape)]
    y, count = np.zeros(kept), 0
    for index in np.ndindex(*x.shape):
        y[tuple(0 if i in op.axes else k for i, k in enumerate(index))] += x[index]
    count = math.prod(x.shape[i] for i in op.axes)
    return (y / count).reshape(call.output.shape)


@evaluate.register
def _(op: Add, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return clamp(inputs[0] + inputs[1], op.activation)


@evaluate.register
def _(op: Mul, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return clamp(inputs[0] * inputs[1], op.activation)


@evaluate.register
def _(op: Softmax, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    (x,) = inputs
    y = np.zeros(x.shape)
    for index in np.ndindex(*x.shape[:-1]):
        row = [float(v) * op.beta for v in x[index]]
        for c, v in enumerate(row):
            y[(*index, c)] = 1.0 / sum(math.exp(min(other - v, 700.0)) for other in row)
    return y


def _elementwise(function, x: NDArray) -> NDArray:
    return np.array([function(float(v)) for v in x.ravel()]).reshape(x.shape)


@evaluate.register
def _(op: Logistic, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return _elementwise(lambda v: 1.0 / (1.0 + math.exp(-v)) if v > -700 else 0.0, inputs[0])


@evaluate.register
def _(op: Tanh, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return _elementwise(math.tanh, inputs[0])


@evaluate.register
def _(op: Relu, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return clamp(inputs[0], op.bounds)


@evaluate.register
def _(op: HardSwish, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return _elementwise(lambda v: 0.0 if v < -3 else v if v > 3 else v * (v + 3.0) / 6.0, inputs[0])


@evaluate.register
def _(op: LeakyRelu, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return _elementwise(lambda v: v if v > 0 else op.alpha * v, inputs[0])


@evaluate.register
def _(op: Composition, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    values = inputs[0]
    for step in op.steps:
        values = evaluate(step, call, [values])
    return values


@evaluate.register
def _(op: Requantize, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return inputs[0]


@evaluate.register
def _(op: Concatenate, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    y, start = np.zeros(call.output.shape), 0
    for x in inputs:
        for index in np.ndindex(*x.shape):
            at = list(index)
            at[op.axis] += start
            y[tuple(at)] = x[index]
        start += x.shape[op.axis]
    return y


@evaluate.register
def _(op: Pad, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    (x,) = inputs
    y = np.full(call.output.shape, op.value)
    for index in np.ndindex(*x.shape):
        y[tuple(i + before for i, (before, _) in zip(index, op.paddings, strict=True))] = x[index]
    return y


@evaluate.register
def _(op: Reshape, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return np.array([float(v) for v in inputs[0].ravel()]).reshape(call.output.shape)
