"""Single layers as trained networks have them, in many shapes: what costs are fitted to and cliffs are looked for in.

Weights are normal, scales differ by channel, and outputs spread over int8, all from fixed seeds.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.crop import Crop
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.extreme import Maximum
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pad import Pad
from tinygen.ops.prelu import Prelu
from tinygen.ops.reduce_extreme import ReduceMaximum
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.softmax import Softmax
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.tanh import Tanh
from tinygen.ops.transpose import Transpose
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.upsampling2d import UpSampling2D
from tinygen.ops.window import Padding, same_padding

Shape = tuple[int, ...]

LINEAR_ZERO_POINT = -7


def activation(name: str, shape: Shape, scale: float, zero_point: int) -> Tensor:
    q = Quantization.per_tensor(scale, zero_point)
    return Tensor(name=name, shape=shape, dtype=DType.INT8, quantization=q)


def constant(name: str, shape: Shape, scale: float, zero_point: int) -> Tensor:
    """Random bytes."""
    data = np.random.default_rng(list(shape)).integers(-128, 128, shape).astype(np.int8)
    return replace(activation(name, shape, scale, zero_point), data=data)


def one_node(op: Operator, inputs: list[Tensor], scale: float, zero_point: int) -> Graph:
    """A graph of one node."""
    y = activation("y", tuple(op.infer_shapes(inputs)[0]), scale, zero_point)
    node = Node(name="node", op=op, inputs=tuple(t.name for t in inputs), outputs=("y",))
    return verify(
        Graph(
            name="layer",
            tensors={t.name: t for t in (*inputs, y)},
            nodes=(node,),
            inputs=tuple(dict.fromkeys(t.name for t in inputs if not t.is_constant)),
            outputs=("y",),
        )
    )


def weighted(
    op: WeightedOperator, shape: Shape, weights_shape: Shape, *, relu: bool, gain: float = 1.0
) -> Graph:
    """A convolution or a dense layer; with `relu` the output's zero point is -128. A larger `gain` saturates more."""
    rng = np.random.default_rng([*shape, *weights_shape, relu])
    axis = op.channel_axis()
    channels = weights_shape[axis]
    depth = int(np.prod(weights_shape)) // channels
    weights = _trained_weights(rng, weights_shape, axis)
    scales = (0.004 * rng.uniform(0.5, 1.5, channels)).astype(np.float32)
    bias = rng.normal(0, 200, channels).astype(np.int32)
    # the standard deviation of an accumulator is about 60 * 30 * sqrt(depth)
    out_scale = 0.02 * 0.004 * 60 * 30 * depth**0.5 / 50 / gain
    inputs = [
        activation("x", shape, 0.02, -128),
        Tensor(
            name="weights",
            shape=weights_shape,
            dtype=DType.INT8,
            quantization=Quantization.per_channel(scales, axis),
            data=weights,
        ),
        Tensor(name="bias", shape=(channels,), dtype=DType.INT32, data=bias),
    ]
    return one_node(op, inputs, out_scale, -128 if relu else LINEAR_ZERO_POINT)


def _trained_weights(rng: np.random.Generator, shape: Shape, axis: int) -> NDArray[np.int8]:
    """Normal weights whose largest in every channel is 127, as per-channel quantization makes them."""
    w = rng.normal(0, 1, shape)
    others = tuple(i for i in range(len(shape)) if i != axis)
    return np.rint(w * 127 / np.abs(w).max(axis=others, keepdims=True)).astype(np.int8)


def conv2d(
    height: int,
    width: int,
    channels: int,
    out_channels: int,
    kernel: tuple[int, int] = (3, 3),
    stride: tuple[int, int] = (1, 1),
    *,
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
    relu: bool = True,
    activation: Activation = Activation.NONE,
    gain: float = 1.0,
) -> Graph:
    padding = same_padding((height, width), kernel, stride, dilation)
    op = Conv2D(stride=stride, dilation=dilation, padding=padding, activation=activation)
    weights_shape = (out_channels, *kernel, channels // groups)
    return weighted(op, (1, height, width, channels), weights_shape, relu=relu, gain=gain)


def depthwise(
    height: int,
    width: int,
    channels: int,
    kernel: tuple[int, int] = (3, 3),
    stride: tuple[int, int] = (1, 1),
    *,
    dilation: tuple[int, int] = (1, 1),
    multiplier: int = 1,
    relu: bool = True,
    activation: Activation = Activation.NONE,
    gain: float = 1.0,
) -> Graph:
    padding = same_padding((height, width), kernel, stride, dilation)
    op = DepthwiseConv2D(stride=stride, dilation=dilation, padding=padding, activation=activation)
    weights_shape = (1, *kernel, channels * multiplier)
    return weighted(op, (1, height, width, channels), weights_shape, relu=relu, gain=gain)


def fully_connected(
    depth: int, channels: int, *, relu: bool = True, activation: Activation = Activation.NONE
) -> Graph:
    op = FullyConnected(activation=activation)
    return weighted(op, (1, depth), (channels, depth), relu=relu)


def convolutions() -> Iterator[Graph]:
    """1x1, 3x3 and others; few and many, even and odd channels; strides, dilations, groups."""
    sizes = [(8, 8), (5, 7), (12, 12), (3, 3)]
    pairs = [(16, 16), (8, 24), (32, 32), (64, 48), (24, 40), (19, 30), (57, 15), (96, 20), (3, 8)]
    for (h, w), (cin, cout), relu in zip(
        itertools.cycle(sizes), pairs * 2, [True] * 9 + [False] * 9, strict=False
    ):
        yield conv2d(h, w, cin, cout, (1, 1), relu=relu)
    for h, w, cin, cout in [(8, 8, 16, 32), (13, 13, 32, 24), (7, 6, 10, 20)]:
        yield conv2d(h, w, cin, cout, (1, 1), (2, 2))
    narrow = [
        (24, 24, 8, 16),
        (12, 12, 8, 24),
        (7, 9, 6, 12),
        (10, 10, 4, 16),
        (16, 8, 5, 7),
        (5, 5, 8, 9),
    ]
    for i, (h, w, cin, cout) in enumerate(narrow):
        yield conv2d(h, w, cin, cout, (1, 1), relu=i % 3 != 2)
    threes = [
        (16, 16, 16, 16), (8, 8, 32, 32), (9, 7, 8, 12), (6, 6, 64, 24), (12, 20, 4, 8),
        (10, 10, 24, 16), (5, 5, 20, 28), (11, 12, 12, 40), (7, 7, 15, 9), (16, 8, 6, 30),
    ]  # fmt: skip
    for i, (h, w, cin, cout) in enumerate(threes):
        yield conv2d(h, w, cin, cout, relu=i % 2 == 0)
        yield conv2d(h, w, cin, cout, stride=(2, 2), relu=i % 2 == 1)
    deep = ((14, 10, 20, 24), (24, 24, 8, 12), (20, 12, 24, 40), (10, 18, 32, 16), (12, 12, 48, 8))
    for i, (h, w, cin, cout) in enumerate(deep):
        yield conv2d(h, w, cin, cout, stride=(2, 2), relu=i % 2 == 0)
    few = [
        (16, 16, 3, 8),
        (12, 24, 3, 16),
        (24, 12, 1, 8),
        (16, 16, 1, 32),
        (9, 11, 3, 12),
        (20, 20, 2, 10),
    ]
    for i, (h, w, cin, cout) in enumerate(few):
        yield conv2d(h, w, cin, cout, stride=(1 + i % 2, 1 + i % 2))
        yield conv2d(h, w, cin, cout, (5, 5), stride=(2 - i % 2, 2 - i % 2))
    yield conv2d(30, 10, 1, 32, (10, 4), (2, 2))
    yield conv2d(20, 12, 1, 24, (8, 4), (1, 2))
    for h, w, cin, cout in [(1, 40, 16, 16), (1, 64, 8, 24), (50, 1, 12, 20), (1, 30, 40, 32)]:
        yield conv2d(h, w, cin, cout, (1, 5) if h == 1 else (5, 1))
    for h, w, cin, cout in [(8, 8, 16, 16), (12, 9, 8, 12), (6, 6, 32, 24)]:
        yield conv2d(h, w, cin, cout, dilation=(2, 2))
        yield conv2d(h, w, cin, cout, (5, 5))
    grouped = [
        (8, 8, 32, 32, 2), (6, 9, 48, 24, 3), (10, 10, 16, 32, 2), (8, 8, 32, 32, 8), (12, 6, 24, 24, 3),
        (7, 7, 32, 16, 16), (12, 12, 24, 48, 4), (5, 20, 18, 30, 6),
    ]  # fmt: skip
    for i, (h, w, cin, cout, groups) in enumerate(grouped):
        yield conv2d(h, w, cin, cout, groups=groups, relu=i % 3 != 2)
        yield conv2d(h, w, cin, cout, (1 + 2 * (i % 3), 3), (1 + i % 2, 1), groups=groups)
    for i, (h, w, cin) in enumerate([(12, 12, 16), (9, 7, 33), (24, 10, 8), (6, 16, 64)]):
        for cout in (1, 2, 3):
            yield conv2d(h, w, cin, cout, (1, 1), relu=i % 2 == 0)
            yield conv2d(h, w, cin, cout, (3, 3) if i < 2 else (5, 4))
    heads = [
        (30, 30, 16, 1),
        (12, 12, 32, 2),
        (7, 7, 96, 3),
        (20, 20, 3, 8),
        (15, 16, 1, 8),
        (11, 10, 34, 1),
        (4, 4, 40, 2),
    ]
    for i, (h, w, cin, cout) in enumerate(heads):
        yield conv2d(h, w, cin, cout, (1, 1), relu=i % 2 == 1)
    for i, (cin, cout) in enumerate([(64, 48), (120, 40), (20, 12), (200, 10)]):
        yield conv2d(1, 1, cin, cout, (1, 1), relu=i % 2 == 0)
    # images of one to three pixels, and groups of an odd depth
    for i, (h, w, cin, cout) in enumerate(
        [(1, 3, 16, 1), (2, 1, 12, 3), (1, 1, 20, 1), (3, 1, 9, 5)]
    ):
        yield conv2d(h, w, cin, cout, relu=i % 2 == 0)
    for i, (h, w, cin, cout, groups) in enumerate(
        [(8, 8, 36, 8, 4), (6, 6, 10, 4, 2), (9, 5, 45, 9, 9)]
    ):
        yield conv2d(h, w, cin, cout, stride=(1 + i % 2, 1), groups=groups, relu=i % 2 == 0)
    deep = [
        (3, 3, 2000, 16, (1, 1)),
        (3, 4, 2200, 20, (1, 1)),
        (4, 4, 240, 16, (3, 3)),
        (3, 5, 80, 32, (5, 5)),
    ]
    for i, (h, w, cin, cout, kernel) in enumerate(deep):
        yield conv2d(h, w, cin, cout, kernel, relu=i % 2 == 1)
    # outputs that saturate more often than not
    for i, (h, w, cin, cout, kernel) in enumerate(
        [
            (8, 8, 16, 40, (1, 1)),
            (5, 6, 24, 70, (1, 1)),
            (7, 8, 12, 20, (3, 3)),
            (9, 9, 3, 9, (3, 3)),
        ]
    ):
        yield conv2d(h, w, cin, cout, kernel, relu=i % 2 == 0, gain=64.0)
    # an activation that cuts within int8
    for h, w, cin, cout, kernel in [
        (9, 8, 24, 20, (1, 1)),
        (7, 8, 12, 18, (3, 3)),
        (9, 9, 3, 8, (3, 3)),
    ]:
        yield conv2d(h, w, cin, cout, kernel, relu=False, activation=Activation.RELU)


def depthwise_convolutions() -> Iterator[Graph]:
    shapes = [
        (16, 16, 8), (12, 12, 16), (25, 5, 16), (6, 6, 64), (3, 3, 40), (8, 8, 30), (9, 11, 19),
        (24, 24, 4), (5, 5, 57), (10, 6, 32), (13, 9, 12), (6, 6, 15),
    ]  # fmt: skip
    for i, (h, w, c) in enumerate(shapes):
        yield depthwise(h, w, c, relu=i % 3 != 0)
        yield depthwise(h, w, c, stride=(2, 2), relu=i % 3 != 1)
    for i, (h, w, c) in enumerate(shapes[:6]):
        yield depthwise(h, w, c, (5, 5), relu=i % 2 == 0)
        yield depthwise(h, w, c, (4, 3), (2, 1))
        yield depthwise(h, w, c, dilation=(2, 2))
        yield depthwise(h // 3, w // 3, c)
    for kernel, stride in (((7, 7), (1, 1)), ((9, 9), (2, 2)), ((5, 3), (1, 2)), ((2, 2), (2, 2))):
        yield depthwise(14, 14, 16, kernel, stride)
        yield depthwise(9, 20, 10, kernel, stride, relu=False)
    for size in (1, 2, 3, 4):
        yield depthwise(size, size, 48)
        yield depthwise(size, size, 33, (5, 5))
    yield depthwise(15, 15, 12, stride=(3, 3))
    yield depthwise(16, 12, 8, dilation=(1, 4))
    yield depthwise(12, 12, 4, multiplier=4)
    yield depthwise(25, 5, 1, (10, 8), (2, 2), multiplier=8)
    yield depthwise(1, 40, 24, (1, 7))
    for h, w, c, kernel, times in [
        (10, 10, 4, (3, 3), 3), (8, 6, 12, (3, 3), 2), (9, 6, 6, (5, 5), 2), (20, 8, 2, (5, 3), 6),
        (14, 14, 3, (3, 3), 8), (1, 50, 6, (1, 9), 2),
    ]:  # fmt: skip
        yield depthwise(h, w, c, kernel, multiplier=times)
    for h, w, c, kernel in [(10, 9, 20, (3, 3)), (7, 12, 12, (5, 5))]:
        yield depthwise(h, w, c, kernel, relu=False, activation=Activation.RELU)
    for i, (h, w, c, kernel) in enumerate(
        [(8, 9, 20, (3, 3)), (7, 12, 12, (5, 5)), (6, 6, 33, (3, 3))]
    ):
        yield depthwise(h, w, c, kernel, relu=i % 2 == 0, gain=64.0)
    signals = [
        (1, 64, 16, (1, 3), (1, 1)), (1, 50, 24, (1, 9), (1, 2)), (60, 1, 8, (5, 1), (1, 1)),
        (96, 1, 12, (3, 1), (2, 1)), (1, 120, 4, (1, 31), (1, 1)), (25, 1, 40, (11, 1), (1, 1)),
    ]  # fmt: skip
    for i, (h, w, c, kernel, stride) in enumerate(signals):
        yield depthwise(h, w, c, kernel, stride, relu=i % 2 == 0)
    windows = [
        (16, 16, 8, (1, 5), (1, 1)), (16, 16, 8, (5, 1), (1, 1)), (12, 10, 20, (1, 3), (2, 2)),
        (12, 10, 20, (3, 1), (1, 1)), (10, 10, 12, (6, 4), (3, 3)), (20, 20, 4, (7, 7), (2, 2)),
        (8, 12, 24, (4, 4), (1, 1)), (13, 13, 6, (5, 5), (2, 2)), (18, 7, 10, (2, 3), (1, 1)),
    ]  # fmt: skip
    for i, (h, w, c, kernel, stride) in enumerate(windows):
        yield depthwise(h, w, c, kernel, stride, relu=i % 2 == 1)
    for h, w, c, dilation in [(12, 12, 10, (2, 2)), (1, 60, 16, (1, 4)), (9, 14, 6, (1, 3))]:
        yield depthwise(h, w, c, (1, 3) if h == 1 else (3, 3), dilation=dilation, relu=False)


def dense_layers() -> Iterator[Graph]:
    pairs = [
        (640, 128),
        (128, 128),
        (128, 8),
        (8, 128),
        (64, 12),
        (256, 10),
        (100, 33),
        (57, 2),
        (31, 19),
        (1024, 16),
    ]
    for i, (depth, channels) in enumerate(pairs):
        yield fully_connected(depth, channels, relu=i % 2 == 0)
        yield fully_connected(depth + 1, channels + 1, relu=i % 2 == 1)
    for i, (depth, channels) in enumerate([(256, 2), (128, 1), (63, 4), (40, 6), (16, 1)]):
        yield fully_connected(depth, channels, relu=i % 2 == 0)
    yield fully_connected(90, 24, relu=False, activation=Activation.RELU)
    yield fully_connected(2000, 10, relu=False)
    # outputs that saturate more often than not
    for depth, channels in [(100, 3), (33, 6), (24, 9)]:
        yield weighted(FullyConnected(), (1, depth), (channels, depth), relu=True, gain=1000.0)
    for i, (rows, depth, channels) in enumerate([(3, 80, 2), (4, 41, 5), (5, 160, 1), (2, 64, 6)]):
        yield weighted(FullyConnected(), (rows, depth), (channels, depth), relu=i % 2 == 0)


def others() -> Iterator[Graph]:
    """Operators without weights. Two operands are one tensor twice: a measured graph has one input."""
    shapes = [
        (1, 16, 16, 16),
        (1, 8, 8, 64),
        (1, 25, 5, 64),
        (1, 7, 9, 13),
        (1, 5, 5, 30),
        (1, 24, 24, 8),
    ]
    for shape in shapes:
        x = activation("x", shape, 0.05, -10)
        yield one_node(Add(), [x, x], 0.08, -4)
        yield one_node(Mul(), [x, x], 0.08, -4)
        yield one_node(Mul(), [x, constant("gate", (1, 1, 1, shape[3]), 1 / 256, -128)], 0.05, -10)
        yield one_node(Concatenate(axis=3), [x, x], 0.05, -10)
        yield one_node(Concatenate(axis=1), [x, x], 0.05, -10)
        yield one_node(Mean(axes=(1, 2)), [x], 0.02, 3)
        yield one_node(Pad(paddings=((0, 0), (1, 1), (1, 1), (0, 0))), [x], 0.05, -10)
        for unary in (Relu(), Requantize(), LeakyRelu(alpha=0.1), HardSwish()):
            yield one_node(unary, [x], 0.06, -20)
        yield one_node(Relu(), [x], 0.05, -10)
        yield one_node(Reshape(shape=(1, x.size)), [x], 0.05, -10)
        yield one_node(Logistic(), [x], 1 / 256, -128)
        yield one_node(Tanh(), [x], 1 / 128, 0)
        yield from _pools(x)
    for shape in [(1, 12, 10, 3), (1, 20, 9, 2), (1, 11, 12, 8), (1, 30, 12, 20)]:
        yield from _pools(activation("x", shape, 0.05, -10))
    for classes in (2, 5, 10, 12, 35, 100):
        yield one_node(Softmax(), [activation("x", (1, classes), 0.1, 5)], 1 / 256, -128)


def resizings() -> Iterator[Graph]:
    """Layers that change the size of images."""
    shapes = [
        (1, 8, 8, 16),
        (1, 4, 4, 64),
        (1, 12, 5, 24),
        (1, 7, 9, 13),
        (1, 5, 5, 30),
        (1, 16, 16, 1),
        (1, 1, 30, 8),
        (1, 20, 7, 3),
        (1, 6, 30, 6),
        (1, 24, 20, 4),
    ]
    for i, shape in enumerate(shapes):
        x = activation("x", shape, 0.05, -10)
        height, width = shape[1:3]
        factor = [(2, 2), (1, 2), (2, 1), (3, 3)][i % 4]
        sides = [((0, 0), (1, 1)), ((0, 0), (0, width // 2)), ((height // 2, 0), (0, 0))][i % 3]
        yield one_node(UpSampling2D(factor=(2, 2)), [x], 0.05, -10)
        yield one_node(UpSampling2D(factor=factor), [x], 0.05, -10)
        yield one_node(Crop(crops=((0, 0), *sides, (0, 0))), [x], 0.05, -10)
        yield one_node(Crop(crops=((0, 0), (0, 0), (1, 2), (0, 0))), [x], 0.05, -10)
        size = (2 * height, 2 * width)
        yield one_node(ResizeBilinear(size=size, half_pixels=i % 2 == 0), [x], 0.05, -10)
        kernel = 2 + i % 3
        op = TransposeConv2D(stride=(2, 2), size=(size[0] - 1, size[1] - 1), offset=(0, 0))
        yield weighted(op, shape, (4 + i, kernel, kernel, shape[3]), relu=i % 2 == 0)


def _pools(x: Tensor) -> Iterator[Graph]:
    _, height, width, _ = x.shape
    around = Padding(top=1, bottom=1, left=1, right=1)
    for pool in (AveragePool2D, MaxPool2D):
        for kernel, stride, padding in [
            ((2, 2), (2, 2), Padding()),
            ((height, width), (height, width), Padding()),
            ((3, 3), (1, 1), around),
            ((9, 9), (3, 3), Padding()),
        ]:
            if min(height, width) < kernel[0] == kernel[1]:
                continue
            yield one_node(pool(kernel=kernel, stride=stride, padding=padding), [x], 0.05, -10)


def matrices() -> Iterator[Graph]:
    """Products of matrices, with and without columns that fours leave."""
    for shape in ((1, 16, 32), (1, 2, 24, 16), (1, 9, 64), (1, 3, 5, 12), (1, 40, 8)):
        x = activation("x", shape, 0.05, -3)
        yield one_node(BatchMatmul(turn_b=True), [x, x], 0.4, 2)
        columns = (*shape[:-2], shape[-1], 14)
        yield one_node(BatchMatmul(), [x, constant("b", columns, 0.02, 1)], 0.3, -5)


def movements() -> Iterator[Graph]:
    """Elements at regular distances."""
    for shape in ((1, 16, 16, 16), (1, 8, 8, 40), (1, 7, 9, 13), (1, 24, 4, 8)):
        x = activation("x", shape, 0.05, -10)
        for permutation in ((0, 2, 1, 3), (0, 3, 1, 2)):
            yield one_node(Transpose(permutation=permutation), [x], 0.05, -10)
        lengths = (shape[1] // 2, shape[2], shape[3])
        op = StridedSlice(starts=(0, shape[2] - 1, 0), strides=(2, -1, 1), lengths=lengths)
        yield one_node(op, [x], 0.05, -10)


def pairs_of_values() -> Iterator[Graph]:
    """Functions of two values, and the largest along axes."""
    for shape in ((1, 16, 16, 16), (1, 8, 8, 40), (1, 7, 9, 13), (1, 24, 4, 8), (1, 3, 5, 6)):
        x, row = activation("x", shape, 0.05, -10), (1, 1, 1, shape[3])
        yield one_node(SquaredDifference(), [x, x], 0.3, -128)
        yield one_node(SquaredDifference(), [x, constant("mean", row, 0.04, 3)], 0.3, -128)
        yield one_node(Prelu(), [x, constant("slopes", shape, 1 / 256, -128)], 0.05, -10)
        yield one_node(Prelu(), [x, constant("slopes", row, 1 / 256, -128)], 0.05, -10)
        yield one_node(Maximum(), [x, x], 0.05, -10)
        yield one_node(Maximum(), [x, constant("least", row, 0.05, -10)], 0.05, -10)
        yield one_node(ReduceMaximum(axes=(3,)), [x], 0.05, -10)
        yield one_node(ReduceMaximum(axes=(1, 2)), [x], 0.05, -10)


FAMILIES = (
    *(convolutions, depthwise_convolutions, dense_layers, others, resizings),
    *(matrices, movements, pairs_of_values),
)


NATIVE_LAYERS = 20
"""About so many of each operator are there in native arithmetic too, where other forms of requantization are exact."""


def all_layers() -> Iterator[Graph]:
    graphs = [graph for family in FAMILIES for graph in family()]
    yield from graphs
    by_operator: dict[type[Operator], list[Graph]] = {}
    for graph in graphs:
        by_operator.setdefault(type(graph.nodes[0].op), []).append(graph)
    for found in by_operator.values():
        for graph in found[:: max(len(found) // NATIVE_LAYERS, 1)]:
            yield replace(graph, arithmetic=Arithmetic.NATIVE)
