"""Hypothesis strategies: integer graphs of one operator with the edges that break kernels.

`one_op_graph(op_class)` covers one-pixel images, odd sizes, tails of channels, strides, dilation,
groups, paddings wider than the kernel, zero points at both ends, clamps, scales over many octaves,
extreme weights, and biases as large as the int32 accumulator allows. `inputs_for` makes their data.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.classical import strategies as classical
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify
from tinygen.ops.absolute import Absolute
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.binary import BinaryOperator
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
from tinygen.ops.scaled import WeightedOperator
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
from tinygen.ops.window import Padding, same_padding

DETERMINISTIC = settings(derandomize=True, deadline=None, database=None, max_examples=100)
"""Settings for tests over these strategies: the same examples in every run."""

QUICK = settings(DETERMINISTIC, max_examples=30)
"""For tests that are slow, or that other tests stand behind."""

FLOAT_ONLY = {BatchNormalization: "is folded before quantization and has no integer form"}
"""Operators without an integer graph, and why."""

Shape = tuple[int, ...]
Builder = Callable[[st.DrawFn, Arithmetic], Graph]

STRATEGIES: dict[type[Operator], Builder] = {}
"""How to draw an integer graph of each operator."""


def one_op_graph(
    op_class: type[Operator], arithmetic: Arithmetic = Arithmetic.TFLM
) -> st.SearchStrategy[Graph]:
    """Valid integer graphs of one such node; inputs are called x, x2, ..., the output y."""
    build = STRATEGIES[op_class]
    return st.composite(lambda draw: build(draw, arithmetic))()


def inputs_for(graph: Graph, n: int, seed: int = 0) -> dict[str, NDArray]:
    """n samples for each input of the graph: extremes first, then random ones of several widths."""
    rng = np.random.default_rng(seed)
    return {
        tensor.name: np.concatenate([_sample(rng, tensor, i, offset, graph) for i in range(n)])
        for offset, tensor in enumerate(graph.input_tensors)
    }


def _sample(
    rng: np.random.Generator, tensor: Tensor, index: int, offset: int, graph: Graph
) -> NDArray:
    if tensor.dtype is not DType.INT8:
        return classical.sample(rng, tensor, index, graph)
    if index == 0:  # inputs of one node meet with opposite and with equal signs
        value = -128 if offset % 2 == 0 else 127
        return np.full(tensor.shape, value, np.int8)
    if index == 1:
        return np.full(tensor.shape, 127, np.int8)
    if index == 2:
        signs = np.arange(tensor.size).reshape(tensor.shape) + offset
        return np.where(signs % 2 == 0, -128, 127).astype(np.int8)
    if index == 3:
        return np.full(tensor.shape, tensor.zero_point, np.int8)
    if index % 2 == 0:
        return rng.integers(-128, 128, tensor.shape).astype(np.int8)
    near_zero = tensor.zero_point + np.rint(rng.normal(0.0, 4.0, tensor.shape))
    return np.clip(near_zero, -128, 127).astype(np.int8)


def _strategy(op_class: type[Operator]) -> Callable[[Builder], Builder]:
    def register(build: Builder) -> Builder:
        STRATEGIES[op_class] = build
        return build

    return register


def build_graph(
    op: Operator, inputs: Sequence[Tensor], output: Quantization, arithmetic: Arithmetic
) -> Graph:
    """A verified graph of one int8 node; inputs that are not constant are the graph's, in order."""
    shape = tuple(op.infer_shapes(inputs)[0])
    y = Tensor(name="y", shape=shape, dtype=DType.INT8, quantization=output)
    node = Node(name="node", op=op, inputs=tuple(t.name for t in inputs), outputs=("y",))
    return verify(
        Graph(
            name="one_op",
            tensors={t.name: t for t in (*inputs, y)},
            nodes=(node,),
            inputs=tuple(t.name for t in inputs if not t.is_constant),
            outputs=("y",),
            arithmetic=arithmetic,
        )
    )


def activation_tensor(name: str, shape: Shape, q: Quantization) -> Tensor:
    return Tensor(name=name, shape=shape, dtype=DType.INT8, quantization=q)


def zero_points() -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from([0, -128, 127]), st.integers(-128, 127))


@st.composite
def scales(draw: st.DrawFn, least_octave: int, most_octave: int) -> float:
    """float32 scales with full mantissas, or powers of two."""
    mantissa = draw(st.one_of(st.just(2**23), st.integers(2**23, 2**24 - 1)))
    return math.ldexp(mantissa, draw(st.integers(least_octave, most_octave)) - 23)


@st.composite
def quantizations(draw: st.DrawFn, least_octave: int = -9, most_octave: int = 1) -> Quantization:
    return Quantization.per_tensor(draw(scales(least_octave, most_octave)), draw(zero_points()))


@st.composite
def shapes(draw: st.DrawFn, least_rank: int = 1, most_rank: int = 4) -> Shape:
    """Shapes of any rank; the first dimension is 1 more often than not."""
    rank = draw(st.integers(least_rank, most_rank))
    first = draw(st.sampled_from([1, 1, 1, 2, 3]))
    middle = draw(st.lists(st.integers(1, 6), min_size=rank, max_size=rank))
    channels = draw(st.integers(1, 19))
    return (
        (first, *middle, channels)[-rank:] if rank == 1 else (first, *middle[: rank - 2], channels)
    )


def _generator(draw: st.DrawFn) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


# Windows


@st.composite
def image_shapes(draw: st.DrawFn, most_channels: int = 19) -> Shape:
    size = st.integers(1, 9)
    return (1, draw(size), draw(size), draw(st.integers(1, most_channels)))


def _pairs(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


USUAL_WINDOWS = [((3, 3), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)), ((1, 1), (1, 1), (1, 1))]
"""Kernel, stride and dilation that some kernels are written for."""


def windows() -> st.SearchStrategy[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    """(kernel, stride, dilation) of a convolution."""
    return st.one_of(
        st.tuples(_pairs(1, 4), _pairs(1, 3), _pairs(1, 2)), st.sampled_from(USUAL_WINDOWS)
    )


@st.composite
def paddings(
    draw: st.DrawFn,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
    may_exceed_kernel: bool = True,
) -> Padding:
    """None, SAME, or any on each side; enough for the window to fit."""
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    fits = all(e <= s for e, s in zip(extent, size, strict=True))
    kind = draw(st.sampled_from(["none", "same", "same", "any"] if fits else ["same", "any"]))
    if kind == "none":
        return Padding()
    if kind == "same":
        return same_padding(size, kernel, stride, dilation)
    sides = []
    for length, window in zip(size, extent, strict=True):
        most = window + 2 if may_exceed_kernel else window - 1
        before = draw(st.integers(max(0, window - length - most), most))
        sides += [before, draw(st.integers(max(0, window - length - before), most))]
    top, bottom, left, right = sides
    return Padding(top=top, bottom=bottom, left=left, right=right)


# Operators with weights


def _weights(rng: np.random.Generator, draw: st.DrawFn, shape: Shape) -> NDArray[np.int8]:
    kind = draw(st.sampled_from(["random", "extreme", "sparse", "small"]))
    if kind == "extreme":
        return rng.choice(np.array([-128, -127, 127], np.int8), shape)
    if kind == "sparse":
        weights = rng.integers(-128, 128, shape) * (rng.random(shape) < 0.3)
        return weights.astype(np.int8)
    bound = 127 if kind == "random" else 3
    return rng.integers(-bound, bound + 1, shape).astype(np.int8)


def _bias(
    rng: np.random.Generator, draw: st.DrawFn, sums: NDArray[np.int64]
) -> NDArray[np.int32] | None:
    """A bias whose size goes up to what is left of int32 beside weights of these absolute sums."""
    kind = draw(st.sampled_from(["none", "small", "like the sum", "huge"]))
    if kind == "none":
        return None
    room = 2**31 - 2**9 - 256 * sums
    bound = {"small": np.full_like(sums, 1000), "like the sum": 128 * sums + 1, "huge": room}[kind]
    bound = np.minimum(bound, room)
    return rng.integers(-bound, bound + 1).astype(np.int32)


def _weight_quantization(
    rng: np.random.Generator, draw: st.DrawFn, channels: int, axis: int
) -> Quantization:
    if not draw(st.booleans()):
        return Quantization.per_tensor(draw(scales(-12, -4)), 0)
    octaves = draw(st.sampled_from([0.0, 2.0, 8.0]))
    values = draw(scales(-12, -4)) * 2.0 ** -(octaves * rng.random(channels))
    return Quantization.per_channel(values.astype(np.float32), axis)


def _weighted_graph(
    draw: st.DrawFn,
    op: WeightedOperator,
    shape: Shape,
    weights_shape: Shape,
    arithmetic: Arithmetic,
) -> Graph:
    """Choose weights, bias and scales such that the outputs spread over 2**-3 to 2**3 of int8."""
    rng, axis = _generator(draw), op.channel_axis()
    channels = weights_shape[axis]
    weights = _weights(rng, draw, weights_shape)
    q_weights = _weight_quantization(rng, draw, channels, axis)
    if op.weights_have_zero_point and q_weights.axis is None and draw(st.booleans()):
        q_weights = Quantization.per_tensor(q_weights.scale, draw(zero_points()))
    others = tuple(i for i in range(len(weights_shape)) if i != axis)
    sums = np.abs(weights.astype(np.int64) - q_weights.zero_points[0]).sum(axis=others)
    bias = _bias(rng, draw, sums)
    reach = 255 * sums + (0 if bias is None else np.abs(bias.astype(np.int64))) + 1
    output = draw(quantizations(-8, -2))
    spread = 256.0 * 2.0 ** draw(st.integers(-3, 3))
    steps = float((reach * q_weights.scale_array(channels).astype(np.float64)).max())
    q_x = Quantization.per_tensor(output.scale * spread / steps, draw(zero_points()))
    inputs = [
        activation_tensor("x", shape, q_x),
        Tensor(
            name="weights",
            shape=weights_shape,
            dtype=DType.INT8,
            quantization=q_weights,
            data=weights,
        ),
    ]
    if bias is not None:
        inputs.append(Tensor(name="bias", shape=bias.shape, dtype=DType.INT32, data=bias))
    return build_graph(op, inputs, output, arithmetic)


@_strategy(Conv2D)
def _conv2d(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    special = draw(
        st.sampled_from([None, None, None, _conv2d_in_tiles, _conv2d_three_wide, _conv2d_pointwise])
    )
    if special is not None:
        return special(draw, arithmetic)
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    limit = 19 if groups == 1 else 5
    per_group, out_per_group = draw(_pairs(1, limit))
    _, height, width, _ = draw(image_shapes())
    kernel, stride, dilation = draw(windows())
    op = Conv2D(
        stride=stride,
        dilation=dilation,
        padding=draw(paddings((height, width), kernel, stride, dilation)),
        activation=draw(st.sampled_from(Activation)),
    )
    weights_shape = (groups * out_per_group, *kernel, per_group)
    return _weighted_graph(
        draw, op, (1, height, width, groups * per_group), weights_shape, arithmetic
    )


def _conv2d_pointwise(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    """1x1 with stride 1: the most frequent layer of networks for small devices."""
    _, height, width, _ = draw(image_shapes())
    channels = draw(st.sampled_from([3, 4, 8, 12, 16, 24, 36]))
    op = Conv2D(activation=draw(st.sampled_from(Activation)))
    weights_shape = (draw(st.integers(1, 12)), 1, 1, channels)
    return _weighted_graph(draw, op, (1, height, width, channels), weights_shape, arithmetic)


def _conv2d_in_tiles(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    """3x3 with stride 1 over images that tiles of four rows and eight columns cover well."""
    height, width = draw(st.sampled_from([4, 7, 8, 12])), draw(st.sampled_from([6, 7, 8, 13]))
    op = Conv2D(
        padding=draw(st.sampled_from([same_padding((height, width), (3, 3), (1, 1)), Padding()])),
        activation=draw(st.sampled_from(Activation)),
    )
    channels, outputs = draw(st.integers(4, 19)), draw(st.integers(1, 9))
    weights_shape = (outputs, 3, 3, channels)
    return _weighted_graph(draw, op, (1, height, width, channels), weights_shape, arithmetic)


def _conv2d_three_wide(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    """Three columns of kernel, and input channels that come in eights."""
    height, width = draw(st.integers(1, 7)), draw(st.integers(2, 7))
    kernel = (draw(st.integers(1, 3)), 3)
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 2)))
    op = Conv2D(
        stride=stride,
        padding=draw(paddings((height, width), kernel, stride)),
        activation=draw(st.sampled_from(Activation)),
    )
    channels, outputs = draw(st.sampled_from([8, 16])), draw(st.integers(1, 9))
    weights_shape = (outputs, *kernel, channels)
    return _weighted_graph(draw, op, (1, height, width, channels), weights_shape, arithmetic)


@_strategy(DepthwiseConv2D)
def _depthwise_conv2d(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    _, height, width, channels = draw(image_shapes())
    multiplier = draw(st.sampled_from([1, 1, 2, 3]))
    kernel, stride, dilation = draw(windows())
    if draw(st.booleans()):  # what nearly all networks have
        kernel, dilation = (3, 3), (1, 1)
        stride = draw(st.sampled_from([(1, 1), (2, 2)]))
    op = DepthwiseConv2D(
        stride=stride,
        dilation=dilation,
        padding=draw(paddings((height, width), kernel, stride, dilation)),
        activation=draw(st.sampled_from(Activation)),
    )
    weights_shape = (1, *kernel, channels * multiplier)
    return _weighted_graph(draw, op, (1, height, width, channels), weights_shape, arithmetic)


@_strategy(FullyConnected)
def _fully_connected(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    leading = draw(st.sampled_from([(1,), (1,), (1, 3), (1, 2, 3), (3,)]))
    length = draw(st.one_of(st.integers(1, 19), st.integers(1, 300)))
    op = FullyConnected(activation=draw(st.sampled_from(Activation)))
    weights_shape = (draw(st.integers(1, 19)), length)
    return _weighted_graph(draw, op, (*leading, length), weights_shape, arithmetic)


@_strategy(TransposeConv2D)
def _transpose_conv2d(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    """Sizes that SAME and VALID give, with rows and columns more or fewer; and any."""
    shape = (1, *draw(_pairs(1, 5)), draw(st.integers(1, 9)))
    kernel, stride = draw(st.sampled_from([((2, 2), (2, 2)), ((3, 3), (2, 2)), (None, None)]))
    if kernel is None:
        kernel, stride = draw(_pairs(1, 5)), draw(_pairs(1, 3))
    padding = draw(st.sampled_from(["same", "valid", "any"]))
    most = [max(k - s, 0) for k, s in zip(kernel, stride, strict=True)]
    size = tuple(n * s for n, s in zip(shape[1:3], stride, strict=True))
    offset = tuple(m // 2 for m in most)
    if padding == "valid":
        size, offset = tuple(n + m for n, m in zip(size, most, strict=True)), (0, 0)
    elif padding == "any":
        size, offset = draw(_pairs(1, 12)), draw(st.sampled_from([offset, (0, 0), (1, 2)]))
    activation = draw(st.sampled_from(Activation))
    op = TransposeConv2D(stride=stride, size=size, offset=offset, activation=activation)
    weights_shape = (draw(st.integers(1, 6)), *kernel, shape[3])
    return _weighted_graph(draw, op, shape, weights_shape, arithmetic)


# Pooling, means


@_strategy(AveragePool2D)
def _average_pool2d(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _pool(draw, AveragePool2D, arithmetic)


@_strategy(MaxPool2D)
def _max_pool2d(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _pool(draw, MaxPool2D, arithmetic)


def _pool(
    draw: st.DrawFn, op_class: type[AveragePool2D] | type[MaxPool2D], arithmetic: Arithmetic
) -> Graph:
    shape = draw(image_shapes())
    kernel, stride = draw(_pairs(1, 5)), draw(_pairs(1, 3))
    op = op_class(
        kernel=kernel,
        stride=stride,
        padding=draw(paddings(shape[1:3], kernel, stride, may_exceed_kernel=False)),
        activation=draw(st.sampled_from(Activation)),
    )
    q = draw(quantizations(-8, -2))
    return build_graph(op, [activation_tensor("x", shape, q)], q, arithmetic)


@_strategy(Mean)
def _mean(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    shape = draw(st.one_of(shapes(2, 4), st.tuples(st.just(1), *[st.integers(1, 30)] * 3)))
    axes = draw(st.sets(st.integers(1, len(shape) - 1), min_size=1))
    op = Mean(axes=tuple(sorted(axes)), keep_dims=draw(st.booleans()))
    x = draw(quantizations())
    output = _rescaled(draw, x, -3, 3)
    return build_graph(op, [activation_tensor("x", shape, x)], output, arithmetic)


@_strategy(Sum)
def _sum(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    op, shape = _reduction(draw, Sum)
    x = draw(quantizations())
    count = math.prod(shape[axis] for axis in op.axes)
    output = Quantization.per_tensor(x.scale * count * draw(scales(-4, 1)), draw(zero_points()))
    return build_graph(op, [activation_tensor("x", shape, x)], output, arithmetic)


@_strategy(ReduceMaximum)
def _reduce_maximum(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _reduced(draw, ReduceMaximum, arithmetic)


@_strategy(ReduceMinimum)
def _reduce_minimum(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _reduced(draw, ReduceMinimum, arithmetic)


def _reduced(draw: st.DrawFn, op_class: type[Operator], arithmetic: Arithmetic) -> Graph:
    (op, shape), q = _reduction(draw, op_class), draw(quantizations())
    return build_graph(op, [activation_tensor("x", shape, q)], q, arithmetic)


def _reduction(draw: st.DrawFn, op_class: type[Operator]) -> tuple[Operator, Shape]:
    shape = draw(shapes(2, 4))
    axes = draw(st.sets(st.integers(1, len(shape) - 1), min_size=1))
    return op_class(axes=tuple(sorted(axes)), keep_dims=draw(st.booleans())), shape


def _rescaled(draw: st.DrawFn, q: Quantization, least: int, most: int) -> Quantization:
    """The same quantization, or one that is some octaves away."""
    if draw(st.booleans()):
        return q
    return Quantization.per_tensor(q.scale * draw(scales(least, most)), draw(zero_points()))


# Elementwise


@_strategy(Add)
def _add(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    output = draw(quantizations(-8, -2))
    op = Add(activation=draw(st.sampled_from(Activation)))
    scale_a, scale_b = (output.scale * draw(scales(-4, 3)) for _ in range(2))
    return _binary(draw, op, (scale_a, scale_b), output, arithmetic)


@_strategy(Mul)
def _mul(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    output = draw(quantizations(-8, -2))
    op = Mul(activation=draw(st.sampled_from(Activation)))
    scale_a = draw(scales(-9, 1))
    # from products that all fit, 2**-8 steps per unit, to ones that nearly all saturate
    scale_b = output.scale * draw(scales(-12, 2)) / scale_a
    return _binary(draw, op, (scale_a, scale_b), output, arithmetic)


@_strategy(Sub)
def _sub(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    output = draw(quantizations(-8, -2))
    op = Sub(activation=draw(st.sampled_from(Activation)))
    scale_a, scale_b = (output.scale * draw(scales(-4, 3)) for _ in range(2))
    return _binary(draw, op, (scale_a, scale_b), output, arithmetic)


@_strategy(SquaredDifference)
def _squared_difference(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    op = SquaredDifference(activation=draw(st.sampled_from(Activation)))
    scale_a = draw(scales(-5, 1))
    scale_b = scale_a * draw(scales(-3, 3))
    # the largest square is half to eight times what the output can hold
    largest = (255 * max(scale_a, scale_b)) ** 2
    output = Quantization.per_tensor(largest / 256 * draw(scales(-3, 1)), draw(zero_points()))
    return _binary(draw, op, (scale_a, scale_b), output, arithmetic)


@_strategy(Maximum)
def _maximum(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _extreme(draw, Maximum(activation=draw(st.sampled_from(Activation))), arithmetic)


@_strategy(Minimum)
def _minimum(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _extreme(draw, Minimum(activation=draw(st.sampled_from(Activation))), arithmetic)


def _extreme(draw: st.DrawFn, op: BinaryOperator, arithmetic: Arithmetic) -> Graph:
    q = draw(quantizations(-8, -2))
    return _binary(draw, op, (q.scale, q.scale), q, arithmetic, zero_point=q.zero_point)


@_strategy(Prelu)
def _prelu(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    output = draw(quantizations(-8, -2))
    op = Prelu(activation=draw(st.sampled_from([Activation.NONE, Activation.NONE, *Activation])))
    scale_x = output.scale * draw(scales(-3, 2))
    graph = _binary(draw, op, (scale_x, draw(scales(-10, -6))), output, arithmetic)
    (call,) = graph.calls()
    # a .tflite file repeats slopes only
    inputs = sorted(call.inputs, key=lambda t: -t.size) if draw(st.booleans()) else call.inputs
    return build_graph(op, list(inputs), output, arithmetic)


@_strategy(BatchMatmul)
def _batch_matmul(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    before = draw(st.sampled_from([(), (1,), (3,), (1, 2), (2, 3)]))
    rows, columns, depth = draw(st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 19)))
    op = BatchMatmul(turn_a=draw(st.booleans()), turn_b=draw(st.booleans()))
    a = (depth, rows) if op.turn_a else (rows, depth)
    b = (columns, depth) if op.turn_b else (depth, columns)
    scale_a, scale_b = draw(scales(-9, 1)), draw(scales(-9, 1))
    steps = 255 * 255 * depth * scale_a * scale_b
    output = Quantization.per_tensor(steps / 256 * draw(scales(-4, 1)), draw(zero_points()))
    inputs = [
        activation_tensor(name, (*before, *s), Quantization.per_tensor(scale, draw(zero_points())))
        for name, s, scale in (("x", a, scale_a), ("x2", b, scale_b))
    ]
    if draw(st.sampled_from([False, False, True])):
        inputs[1] = _constant(draw, inputs[1])
    return build_graph(op, inputs, output, arithmetic)


def _binary(
    draw: st.DrawFn,
    op: BinaryOperator,
    input_scales: tuple[float, float],
    output: Quantization,
    arithmetic: Arithmetic,
    zero_point: int | None = None,
) -> Graph:
    """Operands of one shape, or one that repeats along some dimensions; the latter may be constant."""
    shape = draw(shapes())
    other = tuple(draw(st.sampled_from([1, d])) for d in shape[1:])
    other = draw(st.sampled_from([shape, (shape[0], *other), (1, *other), shape[1:] or (1,)]))
    names = ("x", "x2")
    inputs = [
        activation_tensor(
            name,
            s,
            Quantization.per_tensor(
                scale, draw(zero_points()) if zero_point is None else zero_point
            ),
        )
        for name, s, scale in zip(names, (shape, other), input_scales, strict=True)
    ]
    if draw(st.booleans()):
        inputs[1] = _constant(draw, inputs[1])
    if draw(st.booleans()):
        inputs.reverse()
    return build_graph(op, inputs, output, arithmetic)


def _constant(draw: st.DrawFn, tensor: Tensor) -> Tensor:
    data = _generator(draw).integers(-128, 128, tensor.shape).astype(np.int8)
    return Tensor(
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        quantization=tensor.quantization,
        data=data,
    )


@_strategy(Relu)
def _relu(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    bounds = draw(st.sampled_from([Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1]))
    x = draw(quantizations(-8, -2))
    rescales = bounds is Activation.RELU or arithmetic is Arithmetic.NATIVE
    output = _rescaled(draw, x, -3, 3) if rescales else x
    tensor = activation_tensor("x", draw(shapes()), x)
    return build_graph(Relu(bounds=bounds), [tensor], output, arithmetic)


@_strategy(LeakyRelu)
def _leaky_relu(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    alpha = draw(st.one_of(st.sampled_from([0.0, 0.01, 0.1, 0.3, 1.0]), st.floats(0.0, 2.0)))
    return _unary(draw, LeakyRelu(alpha=alpha), arithmetic)


@_strategy(Requantize)
def _requantize(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _unary(draw, Requantize(), arithmetic)


@_strategy(Composition)
def _composition(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    steps = st.sampled_from([Requantize(), LeakyRelu(alpha=0.3), HardSwish()])
    x = draw(quantizations())
    between = _rescaled(draw, x, -4, 4)
    op = Composition(steps=(draw(steps), draw(steps)), between=(between,))
    output = _rescaled(draw, between, -4, 4)
    return build_graph(op, [activation_tensor("x", draw(shapes()), x)], output, arithmetic)


@_strategy(HardSwish)
def _hard_swish(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _unary(draw, HardSwish(), arithmetic)


@_strategy(Curve)
def _curve(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    others = [
        Line(factor=-0.3, offset=1.5),
        BentRelu(top=2.0, threshold=0.5, slope=0.1),
        Clip(low=-0.5, high=1.0),
    ]
    op = Curve(of=draw(st.sampled_from([*Named, *others])))
    if op.of is not Named.EXPONENTIAL:
        return _unary(draw, op, arithmetic)
    x = draw(quantizations(-9, -2))  # e**x stays in float32
    return build_graph(
        op, [activation_tensor("x", draw(shapes()), x)], draw(quantizations()), arithmetic
    )


@_strategy(Absolute)
def _absolute(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _unary(draw, Absolute(), arithmetic)


@_strategy(Rsqrt)
def _rsqrt(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    """Inputs of 0 and above: there is nothing below."""
    x = Quantization.per_tensor(draw(scales(-9, 1)), -128)
    # the reciprocal root of one step is an eighth to eight times what the output can hold
    output = Quantization.per_tensor(
        draw(scales(-3, 3)) / math.sqrt(x.scale) / 256, draw(zero_points())
    )
    return build_graph(Rsqrt(), [activation_tensor("x", draw(shapes()), x)], output, arithmetic)


@_strategy(FloatCurve)
def _float_curve(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    negative = Line(factor=-1.0)
    steps = draw(
        st.sampled_from(
            [(negative,), (Named.SQUARE,), (negative, Named.ABSOLUTE), (Named.SQUARE, Named.ROOT)]
        )
    )
    return _unary(draw, FloatCurve(steps=steps), arithmetic)


@_strategy(Elu)
def _elu(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _unary(draw, Elu(), arithmetic)


def _unary(draw: st.DrawFn, op: Operator, arithmetic: Arithmetic) -> Graph:
    x = draw(quantizations())
    output = _rescaled(draw, x, -5, 5)
    return build_graph(op, [activation_tensor("x", draw(shapes()), x)], output, arithmetic)


@_strategy(Logistic)
def _logistic(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _bounded(draw, Logistic(), arithmetic)


@_strategy(Tanh)
def _tanh(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _bounded(draw, Tanh(), arithmetic)


@_strategy(Softmax)
def _softmax(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return _bounded(draw, Softmax(beta=draw(st.sampled_from([1.0, 1.0, 0.5, 3.0]))), arithmetic)


def _bounded(draw: st.DrawFn, op: Logistic | Tanh | Softmax, arithmetic: Arithmetic) -> Graph:
    x = activation_tensor("x", draw(shapes()), draw(quantizations(-13, 6)))
    return build_graph(op, [x], op.output_quantization, arithmetic)


# Movement of data


@_strategy(Concatenate)
def _concatenate(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, shape = draw(quantizations()), draw(shapes())
    axis = draw(st.integers(0, len(shape) - 1))
    lengths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    inputs = [
        activation_tensor(f"x{i + 1}" if i else "x", (*shape[:axis], n, *shape[axis + 1 :]), q)
        for i, n in enumerate(lengths)
    ]
    if len(inputs) > 1 and draw(st.booleans()):
        inputs[-1] = _constant(draw, inputs[-1])
    return build_graph(Concatenate(axis=axis), inputs, q, arithmetic)


@_strategy(Pad)
def _pad(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, shape = draw(quantizations()), draw(shapes(2, 4))
    amounts = [(0, 0)] + [draw(_pairs(0, 3)) for _ in shape[1:]]
    value = q.scale * draw(st.sampled_from([0, 0, -1000, 1000, -7, 13]))
    op = Pad(paddings=tuple(amounts), value=value)
    return build_graph(op, [activation_tensor("x", shape, q)], q, arithmetic)


@_strategy(Crop)
def _crop(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, kept = draw(quantizations()), draw(shapes(2, 4))
    crops = [(0, 0)] + [draw(_pairs(0, 3)) for _ in kept[1:]]
    shape = tuple(d + b + a for d, (b, a) in zip(kept, crops, strict=True))
    return build_graph(Crop(crops=tuple(crops)), [activation_tensor("x", shape, q)], q, arithmetic)


@_strategy(UpSampling2D)
def _upsampling2d(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, shape = draw(quantizations()), draw(image_shapes())
    op = UpSampling2D(factor=draw(st.one_of(st.just((2, 2)), _pairs(1, 4))))
    return build_graph(op, [activation_tensor("x", shape, q)], q, arithmetic)


@_strategy(ResizeBilinear)
def _resize_bilinear(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, shape = draw(quantizations()), draw(image_shapes())
    twice = (2 * shape[1], 2 * shape[2])
    aligned, half_pixels = draw(st.sampled_from([(False, True), (False, False), (True, False)]))
    op = ResizeBilinear(
        size=draw(st.one_of(st.just(twice), _pairs(1, 20))),
        aligned=aligned,
        half_pixels=half_pixels,
    )
    return build_graph(op, [activation_tensor("x", shape, q)], q, arithmetic)


@_strategy(Transpose)
def _transpose(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, shape = draw(quantizations()), draw(shapes(1, 5))
    others = draw(st.permutations(range(1, len(shape))))
    op = Transpose(permutation=(0, *others))
    return build_graph(op, [activation_tensor("x", shape, q)], q, arithmetic)


@_strategy(StridedSlice)
def _strided_slice(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, (first, *lengths) = draw(quantizations()), draw(shapes(2, 4))
    strides = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in lengths]
    ends = [draw(_pairs(0, 2)) for _ in lengths]
    spans = [(n - 1) * abs(step) for n, step in zip(lengths, strides, strict=True)]
    sizes = [b + span + 1 + a for span, (b, a) in zip(spans, ends, strict=True)]
    starts = [
        b if step > 0 else b + span for span, step, (b, _) in zip(spans, strides, ends, strict=True)
    ]
    op = StridedSlice(starts=tuple(starts), strides=tuple(strides), lengths=tuple(lengths))
    return build_graph(op, [activation_tensor("x", (first, *sizes), q)], q, arithmetic)


@_strategy(Tile)
def _tile(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, shape = draw(quantizations()), draw(shapes(1, 4))
    op = Tile(times=(1, *(draw(st.integers(1, 3)) for _ in shape[1:])))
    return build_graph(op, [activation_tensor("x", shape, q)], q, arithmetic)


@_strategy(Reshape)
def _reshape(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    q, shape = draw(quantizations()), draw(shapes())
    size = math.prod(shape)
    divisor = draw(st.sampled_from([d for d in range(1, size + 1) if size % d == 0]))
    target = draw(
        st.sampled_from(
            [
                (1, size),
                (size,),
                (1, divisor, size // divisor),
                (divisor, size // divisor),
                shape[:1] + shape[:0:-1],
            ]
        )
    )
    return build_graph(Reshape(shape=target), [activation_tensor("x", shape, q)], q, arithmetic)


STRATEGIES.update(classical.STRATEGIES)
