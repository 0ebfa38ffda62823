"""Small integer networks with seeded random weights, built node by node."""

from collections.abc import Sequence

import numpy as np

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
from tinygen.ops.reshape import Reshape
from tinygen.ops.softmax import Softmax
from tinygen.ops.window import same_padding


class Network:
    """Appends nodes; every method takes and returns tensor names."""

    def __init__(self, shape: Sequence[int], seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.inputs: list[str] = []
        self.input = self.add_input("input", shape)

    def add_input(self, name: str, shape: Sequence[int]) -> str:
        self.inputs.append(name)
        return self._activation(name, tuple(shape))

    def _activation(self, name: str, shape: tuple[int, ...], q: Quantization | None = None) -> str:
        q = q or Quantization.per_tensor(
            float(self.rng.uniform(0.02, 0.08)), int(self.rng.integers(-128, 128))
        )
        self.tensors[name] = Tensor(name=name, shape=shape, dtype=DType.INT8, quantization=q)
        return name

    def _constant(self, name: str, data: np.ndarray, q: Quantization | None = None) -> str:
        dtype = DType(data.dtype.name)
        self.tensors[name] = Tensor(
            name=name, shape=data.shape, dtype=dtype, quantization=q, data=data
        )
        return name

    def apply(self, op: Operator, inputs: Sequence[str], q: Quantization | None = None) -> str:
        name = f"{op.label().lower()}_{len(self.nodes)}"
        (shape,) = op.infer_shapes([self.tensors[i] for i in inputs])
        out = self._activation(f"{name}:out", tuple(shape), q)
        self.nodes.append(Node(name=name, op=op, inputs=tuple(inputs), outputs=(out,)))
        return out

    def _weighted(self, op: Operator, x: str, shape: tuple[int, ...], axis: int) -> str:
        channels = shape[axis]
        weights = self.rng.integers(-127, 128, shape).astype(np.int8)
        bias = self.rng.integers(-3000, 3000, channels).astype(np.int32)
        scales = self.rng.uniform(0.002, 0.01, channels).astype(np.float32)
        prefix = f"w{len(self.nodes)}"
        w = self._constant(f"{prefix}:weights", weights, Quantization.per_channel(scales, axis))
        b = self._constant(f"{prefix}:bias", bias)
        return self.apply(op, (x, w, b))

    def conv(self, x: str, out: int, kernel=(3, 3), stride=(1, 1), dilation=(1, 1), groups=1,
             activation=Activation.RELU) -> str:  # fmt: skip
        shape = self.tensors[x].shape
        pad = same_padding(shape[1:3], kernel, stride, dilation)
        op = Conv2D(stride=stride, dilation=dilation, padding=pad, activation=activation)
        return self._weighted(op, x, (out, *kernel, shape[3] // groups), 0)

    def depthwise(self, x: str, kernel=(3, 3), stride=(1, 1), multiplier=1) -> str:
        shape = self.tensors[x].shape
        pad = same_padding(shape[1:3], kernel, stride)
        op = DepthwiseConv2D(stride=stride, padding=pad, activation=Activation.RELU6)
        return self._weighted(op, x, (1, *kernel, shape[3] * multiplier), 3)

    def dense(self, x: str, out: int, activation=Activation.NONE) -> str:
        op = FullyConnected(activation=activation)
        return self._weighted(op, x, (out, self.tensors[x].shape[-1]), 0)

    def same_quantization(self, op: Operator, *inputs: str) -> str:
        return self.apply(op, inputs, self.tensors[inputs[0]].quantization)

    def flatten(self, x: str) -> str:
        size = self.tensors[x].size
        return self.same_quantization(Reshape(shape=(1, size)), x)

    def softmax(self, x: str) -> str:
        return self.apply(Softmax(), (x,), Quantization.per_tensor(1 / 256, -128))

    def finish(self, *outputs: str, name: str = "net", arithmetic=Arithmetic.TFLM) -> Graph:
        return verify(
            Graph(
                name=name,
                tensors=self.tensors,
                nodes=tuple(self.nodes),
                inputs=tuple(self.inputs),
                outputs=outputs,
                arithmetic=arithmetic,
            )
        )


def cnn(seed: int = 0, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
    """Convolutions, depthwise, a residual add, pooling, two dense layers, softmax."""
    net = Network((1, 11, 9, 3), seed)
    x = net.conv(net.input, 8, stride=(2, 1))
    y = net.depthwise(x)
    y = net.conv(y, 8, kernel=(1, 1), activation=Activation.NONE)
    x = net.apply(Add(activation=Activation.RELU), (x, y))
    x = net.same_quantization(MaxPool2D(kernel=(2, 2), stride=(2, 2)), x)
    x = net.conv(x, 7)
    x = net.same_quantization(AveragePool2D(kernel=(2, 2), stride=(1, 1)), x)
    x = net.dense(net.flatten(x), 13, Activation.RELU)
    return net.finish(net.softmax(net.dense(x, 5)), name="cnn", arithmetic=arithmetic)


def branches(seed: int = 1, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
    """Two branches that are concatenated, grouped and dilated convolutions, a mean."""
    net = Network((1, 8, 10, 4), seed)
    a = net.conv(net.input, 6, kernel=(3, 2), dilation=(2, 2))
    b = net.conv(net.input, 6, groups=2)
    requantized = net.apply(Add(), (b, b), net.tensors[a].quantization)
    x = net.apply(Concatenate(axis=3), (a, requantized), net.tensors[a].quantization)
    x = net.depthwise(x, kernel=(2, 3), stride=(2, 2), multiplier=2)
    x = net.apply(Mean(axes=(1, 2), keep_dims=False), (x,))
    return net.finish(net.dense(x, 4), name="branches", arithmetic=arithmetic)


def mlp(seed: int = 2, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
    """Dense layers only."""
    net = Network((1, 21), seed)
    x = net.dense(net.input, 17, Activation.RELU)
    x = net.dense(x, 9, Activation.RELU)
    return net.finish(net.dense(x, 21), name="mlp", arithmetic=arithmetic)


NETWORKS = {"cnn": cnn, "branches": branches, "mlp": mlp}
