"""Small integer networks with random weights, for tests of whole graphs."""

import dataclasses

import numpy as np

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.reshape import Reshape
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.softmax import Softmax
from tinygen.ops.window import Padding


@dataclasses.dataclass(kw_only=True)
class NetworkBuilder:
    """Adds int8 layers one by one; each returns the name of its output."""

    rng: np.random.Generator
    tensors: dict[str, Tensor] = dataclasses.field(default_factory=dict)
    nodes: list[Node] = dataclasses.field(default_factory=list)

    def input(self, name: str, shape: tuple[int, ...], q: Quantization) -> str:
        self.tensors[name] = Tensor(name=name, shape=shape, dtype=DType.INT8, quantization=q)
        return name

    def layer(self, name: str, op: Operator, inputs: tuple[str, ...], q: Quantization) -> str:
        """A layer without weights, or with weights that are there already."""
        (shape,) = op.infer_shapes([self.tensors[i] for i in inputs])
        self.nodes.append(Node(name=f"{name}_node", op=op, inputs=inputs, outputs=(name,)))
        return self.input(name, tuple(shape), q)

    def weighted(self, name: str, op: WeightedOperator, x: str, shape: tuple[int, ...]) -> str:
        """A layer with random weights of this shape; the output scale is made to fit them."""
        channels = shape[op.channel_axis()]
        scales = self.rng.uniform(0.002, 0.02, channels).astype(np.float32)
        data = np.clip(np.rint(self.rng.normal(0, 40, shape)), -127, 127).astype(np.int8)
        weights = Tensor(
            name=f"{name}/weights",
            shape=shape,
            dtype=DType.INT8,
            quantization=Quantization.per_channel(scales, op.channel_axis()),
            data=data,
        )
        sums = self.rng.integers(-3000, 3000, channels).astype(np.int32)
        bias = Tensor(name=f"{name}/bias", shape=(channels,), dtype=DType.INT32, data=sums)
        self.tensors |= {weights.name: weights, bias.name: bias}
        spread = 40 * 40 * np.sqrt(data.size / channels) * self.tensors[x].quantization.scale
        low = -128 if op.activation is not Activation.NONE else int(self.rng.integers(-30, 30))
        q = Quantization.per_tensor(float(spread * scales.mean()) / 50, low)
        return self.layer(name, op, (x, weights.name, bias.name), q)

    def graph(
        self, inputs: tuple[str, ...], outputs: tuple[str, ...], arithmetic: Arithmetic
    ) -> Graph:
        return verify(
            Graph(
                name="network",
                tensors=self.tensors,
                nodes=tuple(self.nodes),
                inputs=inputs,
                outputs=outputs,
                arithmetic=arithmetic,
            )
        )


def residual_network(seed: int, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
    """Convolutions, a residual sum, pooling, a classifier: x [1, 9, 11, 3] to classes [1, 5].

    The tensors `sum` [1, 5, 6, 7] and `scores` [1, 5] are inside of it.
    """
    n = NetworkBuilder(rng=np.random.default_rng(seed))
    around = Padding(top=1, bottom=1, left=1, right=1)
    relu = Activation.RELU
    x = n.input("x", (1, 9, 11, 3), Quantization.per_tensor(0.03, -7))
    stem = Conv2D(stride=(2, 2), padding=around, activation=relu)
    first = n.weighted("first", stem, x, (7, 3, 3, 3))
    depthwise = DepthwiseConv2D(padding=around, activation=Activation.RELU6)
    spatial = n.weighted("spatial", depthwise, first, (1, 3, 3, 7))
    mixed = n.weighted("mixed", Conv2D(), spatial, (7, 1, 1, 7))
    wider = Quantization.per_tensor(n.tensors[mixed].quantization.scale * 1.7, -40)
    total = n.layer("sum", Add(activation=relu), (first, mixed), wider)
    pooled = n.layer("pooled", AveragePool2D(kernel=(5, 3), stride=(1, 3)), (total,), wider)
    flat = n.layer("flat", Reshape(shape=(1, 14)), (pooled,), wider)
    scores = n.weighted("scores", FullyConnected(), flat, (5, 14))
    q = Softmax.output_quantization
    classes = n.layer("classes", Softmax(), (scores,), q)
    return n.graph((x,), (classes,), arithmetic)
