"""Passes on float graphs: batch normalization is gone, and outputs stay within float32 rounding."""

import numpy as np
import pytest

from tinygen import passes, reference
from tinygen.ir import DType, Graph, Node, Tensor, verify
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.pad import Pad
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.window import Padding

SAME = Padding(top=1, bottom=1, left=1, right=1)


class FloatNetwork:
    """A float network under construction with seeded weights; methods take and return names."""

    def __init__(self, shape):
        self.rng = np.random.default_rng(0)
        self.tensors, self.nodes = {}, []
        self.input = self._tensor("x", shape)

    def _tensor(self, name, shape, data=None):
        self.tensors[name] = Tensor(name=name, shape=shape, dtype=DType.FLOAT32, data=data)
        return name

    def constant(self, *shape, positive=False):
        data = self.rng.normal(size=shape).astype(np.float32)
        data = np.abs(data) + np.float32(0.1) if positive else data
        return self._tensor(f"c{len(self.tensors)}", shape, data)

    def add(self, op, *inputs):
        name = f"{op.label()}_{len(self.nodes)}"
        (shape,) = op.infer_shapes([self.tensors[i] for i in inputs])
        self._tensor(f"{name}:out", shape)
        self.nodes.append(Node(name=name, op=op, inputs=inputs, outputs=(f"{name}:out",)))
        return f"{name}:out"

    def norm(self, x):
        c = self.tensors[x].channels
        parameters = [self.constant(c) for _ in range(3)] + [self.constant(c, positive=True)]
        return self.add(BatchNormalization(), x, *parameters)

    def conv(self, x, out, padding=SAME, activation=Activation.NONE, groups=1, bias=True):
        w = self.constant(out, 3, 3, self.tensors[x].channels // groups)
        parameters = [w, self.constant(out)] if bias else [w]
        return self.add(Conv2D(padding=padding, activation=activation), x, *parameters)

    def depthwise(self, x, multiplier=1, padding=SAME):
        c = self.tensors[x].channels * multiplier
        op = DepthwiseConv2D(padding=padding)
        return self.add(op, x, self.constant(1, 3, 3, c), self.constant(c))

    def dense(self, x, out, activation=Activation.NONE):
        op = FullyConnected(activation=activation)
        return self.add(op, x, self.constant(out, self.tensors[x].channels))

    def finish(self, *outputs):
        return verify(
            Graph(
                name="float",
                tensors=self.tensors,
                nodes=tuple(self.nodes),
                inputs=(self.input,),
                outputs=outputs,
            )
        )


def optimized(graph):
    """The graph after all float passes, which must compute the same up to float32 rounding."""
    after, _ = passes.optimize_float(graph)
    verify(after)
    assert (after.inputs, after.outputs) == (graph.inputs, graph.outputs)
    shape = graph.input_tensors[0].shape[1:]
    x = {graph.inputs[0]: np.random.default_rng(1).normal(size=(3, *shape)).astype(np.float32)}
    expected, result = reference.run(graph, x), reference.run(after, x)
    for name in graph.outputs:
        np.testing.assert_allclose(result[name], expected[name], rtol=1e-3, atol=1e-4)
    return after


def kinds(graph):
    return [type(node.op) for node in graph.nodes]


IMAGE, VECTOR = (1, 6, 5, 4), (1, 7)


def _after_convolution(n):
    return n.norm(n.conv(n.input, 3))


def _after_convolution_without_bias(n):
    return n.norm(n.conv(n.input, 3, bias=False))


def _after_grouped(n):
    return n.norm(n.conv(n.input, 6, groups=2))


def _after_depthwise(n):
    return n.norm(n.depthwise(n.input, multiplier=2))


def _two_in_a_row(n):
    return n.norm(n.norm(n.conv(n.input, 3)))


def _before_unpadded(n):
    x = n.conv(n.input, 3, activation=Activation.RELU)
    return n.conv(n.norm(x), 2, padding=Padding())


def _before_unpadded_grouped(n):
    x = n.conv(n.input, 4, activation=Activation.RELU)
    return n.conv(n.norm(x), 6, padding=Padding(), groups=2)


def _before_unpadded_depthwise(n):
    x = n.conv(n.input, 3, activation=Activation.RELU)
    return n.depthwise(n.norm(x), multiplier=2, padding=Padding())


CONVOLUTIONS = {
    _after_convolution: [Conv2D],
    _after_convolution_without_bias: [Conv2D],
    _after_grouped: [Conv2D],
    _after_depthwise: [DepthwiseConv2D],
    _two_in_a_row: [Conv2D],
    _before_unpadded: [Conv2D, Conv2D],
    _before_unpadded_grouped: [Conv2D, Conv2D],
    _before_unpadded_depthwise: [Conv2D, DepthwiseConv2D],
}


@pytest.mark.parametrize("build", CONVOLUTIONS, ids=lambda f: f.__name__.strip("_"))
def test_normalization_joins_a_convolution(build):
    net = FloatNetwork(IMAGE)
    assert kinds(optimized(net.finish(build(net)))) == CONVOLUTIONS[build]


def test_normalization_before_a_padded_convolution_becomes_depthwise():
    net = FloatNetwork(IMAGE)
    x = net.conv(net.input, 3, activation=Activation.RELU)
    after = optimized(net.finish(net.conv(net.norm(x), 2)))
    assert kinds(after) == [Conv2D, DepthwiseConv2D, Conv2D]
    assert after.tensors[after.nodes[1].inputs[1]].shape == (1, 1, 1, 3)


def test_normalization_joins_dense_layers_on_both_sides():
    net = FloatNetwork(VECTOR)
    x = net.norm(net.dense(net.input, 5))
    y = net.norm(net.dense(net.add(Relu(), x), 4, Activation.RELU))
    assert kinds(optimized(net.finish(net.dense(y, 3)))) == [FullyConnected] * 3


def test_normalization_of_a_vector_alone():
    net = FloatNetwork(VECTOR)
    after = optimized(net.finish(net.norm(net.input)))
    assert kinds(after) == [Reshape, DepthwiseConv2D, Reshape]


def test_normalization_that_two_layers_read_joins_both():
    net = FloatNetwork(IMAGE)
    x = net.norm(net.conv(net.input, 3, activation=Activation.RELU))
    a, b = net.conv(x, 2, padding=Padding()), net.conv(x, 2, padding=Padding())
    assert kinds(optimized(net.finish(net.add(Add(), a, b)))) == [Conv2D] * 3 + [Add]


def test_normalization_stays_apart_from_a_producer_with_other_readers():
    net = FloatNetwork(IMAGE)
    x = net.conv(net.input, 3)
    after = optimized(net.finish(net.add(Add(), x, net.norm(x))))
    assert kinds(after) == [Conv2D, DepthwiseConv2D, Add]


def test_weights_that_layers_share_are_scaled_for_one_only():
    net = FloatNetwork(IMAGE)
    x = net.conv(net.input, 3)
    y = net.add(net.nodes[0].op, net.input, *net.nodes[0].inputs[1:])
    after = optimized(net.finish(net.norm(x), y))
    assert kinds(after) == [Conv2D, Conv2D]


def test_activation_behind_normalization_is_fused():
    net = FloatNetwork(IMAGE)
    x = net.norm(net.conv(net.input, 3))
    after = optimized(net.finish(net.add(Relu(bounds=Activation.RELU6), net.add(Relu(), x))))
    assert kinds(after) == [Conv2D] and after.nodes[0].op.activation is Activation.RELU6


def test_identities_and_padding_vanish():
    net = FloatNetwork(IMAGE)
    x = net.add(Requantize(), net.input)
    x = net.add(Reshape(shape=(1, 30, 4)), x)
    x = net.add(Reshape(shape=IMAGE), x)
    x = net.add(Pad(paddings=((0, 0), (1, 2), (0, 3), (0, 0))), x)
    after = optimized(net.finish(net.conv(x, 2)))
    assert kinds(after) == [Conv2D]
    assert after.nodes[0].op.padding == Padding(top=2, bottom=3, left=1, right=4)
