"""Random int8 networks with planted dead and constant channels."""

import dataclasses
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tests.passes.network import Network
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, verify
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.pad import Pad
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.scaled import WeightedOperator

DEAD_BIAS = -(2**26)
"""Far below anything that the weights can make up for: the output saturates at its lower end."""


def plant_constant(graph: Graph, node_name: str, channels: Iterable[int]) -> Graph:
    """Make output channels of a layer hold their least value, whatever the input is."""
    node = next(n for n in graph.nodes if n.name == node_name)
    bias = graph.tensors[node.inputs[2]]
    data = bias.data.copy()
    data[list(channels)] = DEAD_BIAS
    return graph.with_tensors([dataclasses.replace(bias, data=data)])


def plant_unread(graph: Graph, node_name: str, channels: Iterable[int]) -> Graph:
    """Make a layer ignore input channels (depthwise: make output channels constant)."""
    node = next(n for n in graph.nodes if n.name == node_name)
    weights = graph.tensors[node.inputs[1]]
    data = weights.data.copy()
    data[..., list(channels)] = 0
    return graph.with_tensors([dataclasses.replace(weights, data=data)])


def samples(graph: Graph, count: int = 5, seed: int = 0) -> dict[str, NDArray[np.int8]]:
    """Extreme and random inputs [N, ...] by name."""
    rng = np.random.default_rng(seed)
    result = {}
    for tensor in graph.input_tensors:
        shape = tensor.shape[1:]
        fixed = [np.full((1, *shape), v) for v in (-128, tensor.zero_point, 127)]
        ends = rng.choice([-128, 127], (2, *shape))
        random = rng.integers(-128, 128, (count, *shape))
        result[tensor.name] = np.concatenate([*fixed, ends, random]).astype(np.int8)
    return result


def random_graph(seed: int, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
    """A network of random layers, in which random channels are planted dead or constant."""
    rng = np.random.default_rng(seed)
    channels = int(rng.integers(1, 7))
    net = Network((1, int(rng.integers(3, 8)), int(rng.integers(3, 8)), channels), seed)
    x, others = net.input, []
    for _ in range(rng.integers(3, 8)):
        x = STEPS[rng.integers(len(STEPS))](net, rng, x)
        if rng.random() < 0.15:
            others.append(x)
    outputs = [_head(net, rng, x), *others[:1]]
    outputs = [name for name in dict.fromkeys(outputs) if name != net.input]
    return _planted(net.finish(*outputs, arithmetic=arithmetic), rng)


def _planted(graph: Graph, rng: np.random.Generator) -> Graph:
    for call in graph.calls():
        if not isinstance(call.op, WeightedOperator):
            continue
        if rng.random() < 0.7:
            chosen = np.flatnonzero(rng.random(call.output.channels) < 0.5)
            graph = plant_constant(graph, call.node.name, chosen)
        if rng.random() < 0.5:
            chosen = np.flatnonzero(rng.random(call.inputs[1].shape[-1]) < 0.3)
            graph = plant_unread(graph, call.node.name, chosen)
    return verify(graph)


def _activation(rng):
    return [Activation.NONE, Activation.RELU, Activation.RELU6][rng.integers(3)]


def _conv(net, rng, x):
    kernel = [(1, 1), (3, 3), (2, 3)][rng.integers(3)]
    stride = [(1, 1), (1, 1), (2, 2)][rng.integers(3)]
    out = int(rng.integers(1, 9))
    return net.conv(x, out, kernel=kernel, stride=stride, activation=_activation(rng))


def _pointwise(net, rng, x):
    return net.conv(x, int(rng.integers(2, 9)), kernel=(1, 1))


def _grouped(net, rng, x):
    if net.shape(x)[-1] % 2:
        return x
    return net.conv(x, 4, groups=2)


def _depthwise(net, rng, x):
    return net.depthwise(x, multiplier=int(rng.integers(1, 3)))


def _residual(net, rng, x):
    y = net.conv(x, net.shape(x)[-1], kernel=(3, 3), activation=Activation.NONE)
    return net.apply(Add(activation=_activation(rng)), x, y)


def _shift(net, rng, x):
    """Adding a constant per channel."""
    data = rng.integers(-128, 128, (1, 1, 1, net.shape(x)[3])).astype(np.int8)
    return net.apply(Add(), x, net.constant(data, net.quantization(x)))


def _concat(net, rng, x):
    a = _conv(net, rng, x)
    b = net.conv(x, int(rng.integers(1, 6)), kernel=(1, 1), activation=Activation.NONE)
    if net.shape(a)[:3] != net.shape(b)[:3]:
        return a
    b = net.apply(Requantize(), b, q=net.quantization(a))
    return net.same(Concatenate(axis=3), a, b)


def _pool(net, rng, x):
    kind = [MaxPool2D, AveragePool2D][rng.integers(2)]
    h, w = net.shape(x)[1:3]
    kernel = (min(2, h), min(2, w))
    return net.same(kind(kernel=kernel, activation=_activation(rng)), x)


def _pad(net, rng, x):
    extra = (1, 2) if rng.random() < 0.3 else (0, 0)
    value = [0.0, 1.0][rng.integers(2)]
    op = Pad(paddings=((0, 0), (1, 0), (0, 2), extra), value=value)
    return net.same(op, x)


def _unary(net, rng, x):
    choice = rng.integers(4)
    if choice == 0:
        return net.same(Relu(), x)
    if choice == 1:
        return net.apply(Requantize(), x)
    if choice == 2:
        return net.apply(LeakyRelu(alpha=0.25), x)
    return net.same(Relu(bounds=Activation.RELU6), x)


def _reshape(net, rng, x):
    _, h, w, c = net.shape(x)
    return net.same(Reshape(shape=(1, w, h, c)), x)


STEPS = [
    _conv, _conv, _pointwise, _grouped, _depthwise, _depthwise, _residual, _shift, _concat, _pool,
    _pad, _unary, _unary, _reshape,
]  # fmt: skip


def _head(net, rng, x):
    kind = rng.integers(4)
    if kind == 0:
        return net.conv(x, 3)
    flat = net.flatten(x) if kind < 3 else net.apply(Mean(axes=(1, 2)), x)
    hidden = net.dense(flat, 6, Activation.RELU)
    return net.softmax(net.dense(hidden, 4))
