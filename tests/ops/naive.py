"""The operators written down a second time, as plainly as possible: loops over output elements.

Sums of products work on exact integers as well as on floats. One sample, with its batch of 1.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Operator
from tinygen.ops.absolute import Absolute
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.composition import Composition
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.crop import Crop
from tinygen.ops.curve import Curve
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.elu import Elu
from tinygen.ops.extreme import Maximum, Minimum
from tinygen.ops.float_curve import FloatCurve
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pad import Pad
from tinygen.ops.prelu import Prelu
from tinygen.ops.real_functions import BentRelu, Clip, Line, Named
from tinygen.ops.reduce_extreme import ReduceMaximum, ReduceMinimum
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.softmax import Softmax
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.sub import Sub
from tinygen.ops.sum import Sum
from tinygen.ops.tanh import Tanh
from tinygen.ops.tile import Tile
from tinygen.ops.transpose import Transpose
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.upsampling2d import UpSampling2D
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
def _(op: TransposeConv2D, call: Call, x: NDArray, weights: NDArray) -> NDArray:
    """Every input adds to the outputs that it reaches."""
    y = np.zeros(call.output.shape, x.dtype)
    _, height, width, _ = y.shape
    for o, ky, kx, i in np.ndindex(*weights.shape):
        for iy, ix in np.ndindex(*x.shape[1:3]):
            oy, ox = iy * op.stride[0] + ky - op.offset[0], ix * op.stride[1] + kx - op.offset[1]
            if 0 <= oy < height and 0 <= ox < width:
                y[0, oy, ox, o] += x[0, iy, ix, i] * weights[o, ky, kx, i]
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
@evaluate.register(TransposeConv2D)
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
def _(op: Elu, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return _elementwise(lambda v: v if v > 0 else op.alpha * math.expm1(v), inputs[0])


@evaluate.register
def _(op: Curve, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    match op.of:
        case Line(factor=factor, offset=offset):
            return inputs[0] * factor + offset
        case Clip(low=low, high=high):
            return _elementwise(lambda v: sorted((low, v, high))[1], inputs[0])
        case BentRelu(top=top, threshold=start, slope=slope):
            return _elementwise(
                lambda v: slope * (v - start) if v < start else top if v > top else v, inputs[0]
            )
    return _elementwise(_NAMED[op.of], inputs[0])


def _softplus(v: float) -> float:
    return v if v > 30 else math.log1p(math.exp(v))


def _line_of_sigmoid(v: float) -> float:
    return 0.0 if v < -3 else 1.0 if v > 3 else v / 6 + 0.5


_NAMED: dict[Named, Callable[[float], float]] = {
    Named.SILU: lambda v: v / (1 + math.exp(-v)) if v > -700 else 0.0,
    Named.HARD_SIGMOID: _line_of_sigmoid,
    Named.GELU: lambda v: v * 0.5 * math.erfc(-v * math.sqrt(0.5)),
    Named.GELU_TANH: lambda v: (
        v * 0.5 * (1 + math.tanh(0.7978845608028654 * (v + 0.044715 * v**3)))
    ),
    Named.SELU: lambda v: 1.05070098735548 * (v if v > 0 else 1.67326324235438 * math.expm1(v)),
    Named.SOFTPLUS: _softplus,
    Named.SOFTSIGN: lambda v: v / (1 + abs(v)),
    Named.EXPONENTIAL: lambda v: math.exp(v) if v < 709 else math.inf,
    Named.MISH: lambda v: v * math.tanh(_softplus(v)),
    Named.ABSOLUTE: abs,
    Named.SQUARE: lambda v: v * v,
    Named.ROOT: lambda v: v**0.5 if v > 0 else 0.0,
    Named.LOGARITHM: lambda v: math.log(v) if v > 0 else -126 * math.log(2),
    Named.RECIPROCAL: lambda v: 1 / v if v else 2.0**126,
    Named.SINE: math.sin,
    Named.COSINE: math.cos,
    Named.LOG_SIGMOID: lambda v: -_softplus(-v),
    Named.TANH_SHRINK: lambda v: v - math.tanh(v),
    Named.SQUARE_PLUS: lambda v: (v + math.hypot(v, 2)) / 2,
}


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
def _(op: Crop, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    y = np.zeros(call.output.shape)
    for index in np.ndindex(*y.shape):
        y[index] = inputs[0][tuple(i + b for i, (b, _) in zip(index, op.crops, strict=True))]
    return y


@evaluate.register
def _(op: UpSampling2D, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    y = np.zeros(call.output.shape)
    for n, oy, ox, c in np.ndindex(*y.shape):
        y[n, oy, ox, c] = inputs[0][n, oy // op.factor[0], ox // op.factor[1], c]
    return y


@evaluate.register
def _(op: ResizeBilinear, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    def position(v: int, length: int, made: int) -> float:
        if op.aligned:
            return v * (length - 1) / (made - 1) if made > 1 else 0.0
        shift = 0.5 if op.half_pixels else 0.0
        return min(max((v + shift) * length / made - shift, 0.0), length - 1.0)

    (x,) = inputs
    y = np.zeros(call.output.shape)
    for n, oy, ox, c in np.ndindex(*y.shape):
        row, column = position(oy, x.shape[1], y.shape[1]), position(ox, x.shape[2], y.shape[2])
        for iy, ix in np.ndindex(*x.shape[1:3]):
            near = max(0.0, 1.0 - abs(iy - row)) * max(0.0, 1.0 - abs(ix - column))
            y[n, oy, ox, c] += near * x[n, iy, ix, c]
    return y


@evaluate.register
def _(op: Reshape, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return np.array([float(v) for v in inputs[0].ravel()]).reshape(call.output.shape)


@evaluate.register
def _(op: Sub, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return clamp(inputs[0] - inputs[1], op.activation)


@evaluate.register
def _(op: SquaredDifference, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return clamp((inputs[0] - inputs[1]) * (inputs[0] - inputs[1]), op.activation)


@evaluate.register(Maximum)
@evaluate.register(Minimum)
def _(op, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    choose = max if isinstance(op, Maximum) else min
    a, b = np.broadcast_arrays(*inputs)
    chosen = [choose(p, q) for p, q in zip(a.ravel(), b.ravel(), strict=True)]
    return clamp(np.array(chosen).reshape(a.shape), op.activation)


@evaluate.register
def _(op: Prelu, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    x, slope = np.broadcast_arrays(*inputs)
    pairs = zip(x.ravel(), slope.ravel(), strict=True)
    y = np.array([v * s if v < 0 else v for v, s in pairs]).reshape(x.shape)
    return clamp(y, op.activation)


@evaluate.register
def _(op: Sum, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    mean = evaluate.dispatch(Mean)(op, call, inputs)
    return mean * math.prod(inputs[0].shape[i] for i in op.axes)


@evaluate.register(ReduceMaximum)
@evaluate.register(ReduceMinimum)
def _(op, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    (x,) = inputs
    choose = max if isinstance(op, ReduceMaximum) else min
    found: dict[tuple[int, ...], float] = {}
    for index in np.ndindex(*x.shape):
        at = tuple(0 if i in op.axes else k for i, k in enumerate(index))
        found[at] = choose(found.get(at, x[index]), x[index])
    return np.array([found[at] for at in sorted(found)]).reshape(call.output.shape)


@evaluate.register
def _(op: Absolute, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return _elementwise(lambda v: -v if v < 0 else v, inputs[0])


@evaluate.register
def _(op: Rsqrt, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    return _elementwise(lambda v: v**-0.5 if v > 0 else 2.0**63, inputs[0])


@evaluate.register
def _(op: BatchMatmul, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    a, b = inputs
    y = np.zeros(call.output.shape)
    for *n, i, j in np.ndindex(*y.shape):
        for k in range(op.depth(call)):
            left = a[(*n, k, i) if op.turn_a else (*n, i, k)]
            y[(*n, i, j)] += left * b[(*n, j, k) if op.turn_b else (*n, k, j)]
    return y


@evaluate.register
def _(op: Transpose, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    y = np.zeros(call.output.shape)
    for index in np.ndindex(*inputs[0].shape):
        y[tuple(index[axis] for axis in op.permutation)] = inputs[0][index]
    return y


@evaluate.register
def _(op: StridedSlice, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    y = np.zeros(call.output.shape)
    for n, *index in np.ndindex(*y.shape):
        axes = zip(op.starts, index, op.strides, strict=True)
        y[(n, *index)] = inputs[0][(n, *(start + i * step for start, i, step in axes))]
    return y


@evaluate.register
def _(op: Tile, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    y, shape = np.zeros(call.output.shape), inputs[0].shape
    for index in np.ndindex(*y.shape):
        y[index] = inputs[0][tuple(i % d for i, d in zip(index, shape, strict=True))]
    return y


@evaluate.register
def _(op: FloatCurve, call: Call, inputs: Sequence[NDArray]) -> NDArray:
    values = inputs[0]
    for step in op.steps:
        values = evaluate(Curve(of=step), call, [values])
    return values
