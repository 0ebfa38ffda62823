"""Float graphs, built node by node, and the images that they look at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import DType, Graph, Node, Operator, Tensor, verify
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.softmax import Softmax
from tinygen.ops.window import Padding

AROUND = Padding(top=1, bottom=1, left=1, right=1)
RELU = Activation.RELU


class FloatNetwork:
    """Appends nodes; methods take and return tensor names. Nodes and their outputs have the same name."""

    def __init__(self, *shape: int, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.input = self.activation("x", (1, *shape))

    def activation(self, name: str, shape: tuple[int, ...]) -> str:
        self.tensors[name] = Tensor(name=name, shape=shape, dtype=DType.FLOAT32)
        return name

    def constant(self, name: str, data: NDArray) -> str:
        array = np.asarray(data, np.float32)
        self.tensors[name] = Tensor(name=name, shape=array.shape, dtype=DType.FLOAT32, data=array)
        return name

    def apply(self, name: str, op: Operator, *inputs: str) -> str:
        (shape,) = op.infer_shapes([self.tensors[i] for i in inputs])
        self.nodes.append(Node(name=name, op=op, inputs=inputs, outputs=(name,)))
        return self.activation(name, tuple(shape))

    def weighted(self, name: str, op: Operator, x: str, weights: NDArray, bias: NDArray) -> str:
        w, b = self.constant(f"{name}/w", weights), self.constant(f"{name}/b", bias)
        return self.apply(name, op, x, w, b)

    def random(self, name: str, op: Operator, x: str, shape: tuple[int, ...], axis: int = 0) -> str:
        """Weights as after training: about as large an output as the input, channels of different size."""
        fan_in = np.prod(shape) / shape[axis]
        along = [-1 if a == axis else 1 for a in range(len(shape))]
        sizes = self.rng.uniform(0.3, 3.0, shape[axis]).reshape(along)
        weights = self.rng.normal(0, 1.5 / np.sqrt(fan_in), shape) * sizes
        return self.weighted(name, op, x, weights, self.rng.normal(0, 0.3, shape[axis]))

    def graph(self, *outputs: str) -> Graph:
        return verify(
            Graph(
                name="network",
                tensors=self.tensors,
                nodes=tuple(self.nodes),
                inputs=(self.input,),
                outputs=outputs,
            )
        )


def classifier(seed: int = 0) -> Graph:
    """Convolutions, a residual sum, pooling and softmax on images [12, 12, 3]."""
    n = FloatNetwork(12, 12, 3, seed=seed)
    conv = Conv2D(padding=AROUND, activation=RELU)
    a = n.random("conv", conv, n.input, (8, 3, 3, 3))
    depthwise = DepthwiseConv2D(padding=AROUND, activation=RELU)
    b = n.random("depthwise", depthwise, a, (1, 3, 3, 8), axis=3)
    b = n.random("pointwise", Conv2D(), b, (8, 1, 1, 8))
    c = n.apply("sum", Add(activation=RELU), a, b)
    c = n.apply("pool", MaxPool2D(kernel=(2, 2), stride=(2, 2)), c)
    c = n.random("last", Conv2D(activation=Activation.RELU6), c, (16, 3, 3, 8))
    c = n.apply("mean", Mean(axes=(1, 2)), c)
    c = n.random("scores", FullyConnected(), c, (5, 16))
    return n.graph(n.apply("probabilities", Softmax(), c))


def images(count: int, seed: int, shape: Sequence[int] = (12, 12, 3)) -> NDArray[np.float32]:
    """Smooth images in 0..1, each with a brightness and contrast of its own."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, *shape))
    for axis in (1, 2):
        noise = noise + np.roll(noise, 1, axis) + np.roll(noise, 2, axis)
    noise /= noise.std()
    level, contrast = rng.uniform(0.3, 0.7, (2, count, 1, 1, 1))
    return np.clip(level + 0.4 * contrast * noise, 0, 1).astype(np.float32)
