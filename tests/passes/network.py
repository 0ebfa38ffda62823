"""Builds int8 networks layer by layer; every method takes and returns names of tensors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.softmax import Softmax
from tinygen.ops.window import Padding, same_padding

Pair = tuple[int, int]


class Network:
    """An int8 network under construction, with seeded random weights, scales and zero points."""

    def __init__(self, shape: Sequence[int], seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.input = self._activation("input", tuple(shape), self._quantization())

    def shape(self, x: str) -> tuple[int, ...]:
        return self.tensors[x].shape

    def quantization(self, x: str) -> Quantization:
        return self.tensors[x].quantization

    def _quantization(self) -> Quantization:
        scale, zero = self.rng.uniform(0.02, 0.08), self.rng.integers(-128, 128)
        return Quantization.per_tensor(float(scale), int(zero))

    def _activation(self, name: str, shape: tuple[int, ...], q: Quantization) -> str:
        self.tensors[name] = Tensor(name=name, shape=shape, dtype=DType.INT8, quantization=q)
        return name

    def constant(self, data: NDArray, q: Quantization | None = None) -> str:
        name = f"constant_{len(self.tensors)}"
        kind = DType(data.dtype.name)
        self.tensors[name] = Tensor(
            name=name, shape=data.shape, dtype=kind, quantization=q, data=data
        )
        return name

    def apply(self, op: Operator, *inputs: str, q: Quantization | None = None) -> str:
        """Add a node; the node and its output are called after the operator and their number."""
        name = f"{op.label().lower()}_{len(self.nodes)}"
        (shape,) = op.infer_shapes([self.tensors[i] for i in inputs])
        self._activation(f"{name}:out", tuple(shape), q or self._quantization())
        self.nodes.append(Node(name=name, op=op, inputs=inputs, outputs=(f"{name}:out",)))
        return f"{name}:out"

    def same(self, op: Operator, *inputs: str) -> str:
        """Add a node whose output is quantized like its first input."""
        return self.apply(op, *inputs, q=self.quantization(inputs[0]))

    def _weighted(self, op: WeightedOperator, x: str, shape: tuple[int, ...]) -> str:
        axis = op.channel_axis()
        scales = self.rng.uniform(0.002, 0.01, shape[axis]).astype(np.float32)
        weights = self.rng.integers(-127, 128, shape).astype(np.int8)
        bias = self.rng.integers(-3000, 3000, shape[axis]).astype(np.int32)
        w = self.constant(weights, Quantization.per_channel(scales, axis))
        return self.apply(op, x, w, self.constant(bias))

    def conv(
        self,
        x: str,
        channels: int,
        kernel: Pair = (3, 3),
        stride: Pair = (1, 1),
        activation: Activation = Activation.RELU,
        groups: int = 1,
        padding: Padding | None = None,
    ) -> str:
        """A convolution, padded SAME unless told otherwise."""
        _, height, width, depth = self.shape(x)
        around = same_padding((height, width), kernel, stride) if padding is None else padding
        op = Conv2D(stride=stride, padding=around, activation=activation)
        return self._weighted(op, x, (channels, *kernel, depth // groups))

    def depthwise(self, x: str, kernel: Pair = (3, 3), multiplier: int = 1) -> str:
        _, height, width, depth = self.shape(x)
        around = same_padding((height, width), kernel, (1, 1))
        op = DepthwiseConv2D(padding=around, activation=Activation.RELU6)
        return self._weighted(op, x, (1, *kernel, depth * multiplier))

    def dense(self, x: str, units: int, activation: Activation = Activation.NONE) -> str:
        return self._weighted(FullyConnected(activation=activation), x, (units, self.shape(x)[-1]))

    def flatten(self, x: str) -> str:
        return self.same(Reshape(shape=(1, self.tensors[x].size)), x)

    def softmax(self, x: str) -> str:
        return self.apply(Softmax(), x, q=Softmax.output_quantization)

    def finish(self, *outputs: str, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
        return verify(
            Graph(
                name="network",
                tensors=self.tensors,
                nodes=tuple(self.nodes),
                inputs=(self.input,),
                outputs=outputs,
                arithmetic=arithmetic,
            )
        )


def cnn() -> Graph:
    """Convolutions, depthwise, a residual sum, pools, two dense layers, softmax."""
    net = Network((1, 11, 9, 3), seed=0)
    x = net.conv(net.input, 8, stride=(2, 1))
    y = net.conv(net.depthwise(x), 8, kernel=(1, 1), activation=Activation.NONE)
    x = net.apply(Add(activation=Activation.RELU), x, y)
    x = net.conv(net.same(MaxPool2D(kernel=(2, 2), stride=(2, 2)), x), 7)
    x = net.flatten(net.same(AveragePool2D(kernel=(2, 2)), x))
    return net.finish(net.softmax(net.dense(net.dense(x, 13, Activation.RELU), 5)))


def branches() -> Graph:
    """Two branches that are concatenated, one of them grouped; a depth multiplier; a mean."""
    net = Network((1, 8, 10, 4), seed=1)
    a = net.conv(net.input, 6, kernel=(3, 2))
    b = net.conv(net.input, 6, groups=2)
    b = net.apply(Requantize(), b, q=net.quantization(a))
    x = net.depthwise(net.same(Concatenate(axis=3), a, b), kernel=(2, 3), multiplier=2)
    return net.finish(net.dense(net.apply(Mean(axes=(1, 2)), x), 4))


def mlp() -> Graph:
    """Dense layers only."""
    net = Network((1, 21), seed=2)
    x = net.dense(net.dense(net.input, 17, Activation.RELU), 9, Activation.RELU)
    return net.finish(net.dense(x, 21))


NETWORKS = {"cnn": cnn, "branches": branches, "mlp": mlp}
