"""Functions of one value in float graphs become one; what others need stays."""

import numpy as np
import pytest

from tests.passes.test_float import FloatNetwork
from tinygen import passes, reference
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.curve import Curve
from tinygen.ops.logistic import Logistic
from tinygen.ops.mul import Mul
from tinygen.ops.real_functions import Line, Named
from tinygen.ops.relu import Relu
from tinygen.passes.join_curves import join_curves

RELU6 = Relu(bounds=Activation.RELU6)


def line(net, x, factor, offset):
    return net.add(Curve(of=Line(factor=factor, offset=offset)), x)


def labels(graph):
    return [node.op.label() for node in graph.nodes]


def assert_same(before, after):
    x = np.random.default_rng(3).normal(0, 3, (2, *before.tensors["x"].shape[1:]))
    inputs = {"x": x.astype(np.float32)}
    wanted = reference.run(before, inputs)
    results = reference.run(after, inputs)
    for old, new in zip(before.outputs, after.outputs, strict=True):
        np.testing.assert_allclose(results[new], wanted[old], rtol=1e-5, atol=1e-5)


def _hard_swish(net):
    return net.add(
        Mul(), net.input, line(net, net.add(RELU6, line(net, net.input, 1, 3)), 1 / 6, 0)
    )


def _number(net):
    """x * c + c of a constant of one element."""
    c = net.constant(1)
    return net.add(Add(), net.add(Mul(), net.input, c), c)


def _square_of_a_function(net):
    y = net.add(Logistic(), net.input)
    return net.add(Mul(activation=Activation.RELU), y, y)


def _joined_twice(net):
    """The product is a function of what a function of one value gives, and so of its input."""
    y = net.add(Curve(of=Named.GELU), net.input)
    return net.add(Relu(), net.add(Add(), line(net, y, 2, 1), net.add(Logistic(), y)))


@pytest.mark.parametrize("build", [_hard_swish, _number, _square_of_a_function, _joined_twice])
def test_one_function_is_left(build):
    net = FloatNetwork((1, 4, 5, 3))
    before = net.finish(build(net))
    after = join_curves(before)
    assert labels(after) == ["Curve"]
    assert_same(before, after)


def test_what_others_read_stays():
    net = FloatNetwork((1, 4, 5, 3))
    y = net.add(Logistic(), net.input)
    before = net.finish(net.add(RELU6, line(net, y, 2, 1)), y)
    after = join_curves(before)
    assert labels(after) == ["Logistic", "Curve"]
    assert_same(before, after)


def test_other_shapes_and_other_tensors_stay():
    net = FloatNetwork((1, 1, 5, 3))
    y = net.add(Mul(), net.input, net.constant(4, 1, 1))  # broadcasts x
    z = net.add(Add(), net.conv(net.input, 3), net.add(Logistic(), net.input))
    before = net.finish(y, z)
    assert labels(join_curves(before)) == labels(before)


def test_a_line_for_all_channels_is_no_convolution():
    net = FloatNetwork((1, 4, 5, 3))
    x = net.add(Relu(), net.input)
    alike = [
        net._tensor(f"p{i}", (3,), np.full(3, v, np.float32)) for i, v in enumerate((2, 1, 0, 1))
    ]
    before = net.finish(net.add(RELU6, net.add(BatchNormalization(), x, *alike)))
    after = passes.optimize(before)
    assert labels(after) == ["Curve"]
    assert_same(before, after)
