"""Each exact rewrite does what it is for, and leaves alone what it may not touch."""

import dataclasses

import numpy as np
import pytest

from tests.passes.network import Network
from tests.passes.test_exact import assert_same_bytes
from tinygen import passes
from tinygen.ir import Quantization
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.pad import Pad
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.tanh import Tanh
from tinygen.ops.window import Padding
from tinygen.passes.fuse_activations import intersection
from tinygen.passes.merge_unary import merge_unary

NONE = Activation.NONE
SIDES = ((0, 0), (2, 0), (1, 3), (0, 0))


def optimized(graph):
    after = passes.optimize(graph)
    assert_same_bytes(graph, after)
    return after


def kinds(graph):
    return [type(node.op) for node in graph.nodes]


def image(seed=0):
    return Network((1, 6, 5, 4), seed)


# Padding


@pytest.mark.parametrize("layer", ["conv", "depthwise"])
def test_padding_joins_the_layer_behind(layer):
    net = image()
    padded = net.same(Pad(paddings=SIDES), net.input)
    y = net.conv(padded, 3) if layer == "conv" else net.depthwise(padded)
    before = net.nodes[1].op.padding
    after = optimized(net.finish(y))
    assert kinds(after) == [Conv2D if layer == "conv" else DepthwiseConv2D]
    assert after.nodes[0].op.padding == before.plus(Padding(top=2, left=1, right=3))


def test_padding_with_another_value_stays():
    net = image()
    padded = net.same(Pad(paddings=SIDES, value=1.0), net.input)
    assert kinds(optimized(net.finish(net.conv(padded, 3)))) == [Pad, Conv2D]


def test_padding_of_channels_stays():
    net = image()
    padded = net.same(Pad(paddings=((0, 0), (0, 0), (0, 0), (1, 1))), net.input)
    assert kinds(optimized(net.finish(net.conv(padded, 3)))) == [Pad, Conv2D]


def test_padding_that_a_pool_reads_too_stays_for_the_pool():
    net = image()
    padded = net.same(Pad(paddings=SIDES), net.input)
    pooled = net.same(MaxPool2D(kernel=(2, 2)), padded)
    after = optimized(net.finish(net.conv(padded, 3), pooled))
    assert sorted(k.__name__ for k in kinds(after)) == ["Conv2D", "MaxPool2D", "Pad"]
    conv = next(n for n in after.nodes if isinstance(n.op, Conv2D))
    assert conv.inputs[0] == net.input


AROUND = ((0, 0), (1, 1), (1, 1), (0, 0))


def _of_relu(net):
    """A tensor whose least value is its zero point, which is the least of int8."""
    name = net.conv(net.input, 4)
    q = Quantization.per_tensor(0.02, -128)
    net.tensors[name] = dataclasses.replace(net.tensors[name], quantization=q)
    return name


def test_a_maximum_of_what_is_not_negative_pads_for_itself():
    net = image()
    padded = net.same(Pad(paddings=AROUND), _of_relu(net))
    y = net.same(MaxPool2D(kernel=(3, 3), stride=(2, 2)), padded)
    after = optimized(net.finish(y))
    assert kinds(after) == [Conv2D, MaxPool2D]
    assert after.nodes[1].op.padding == Padding(top=1, bottom=1, left=1, right=1)


@pytest.mark.parametrize(
    ("kernel", "value"), [((2, 2), 1.0), ((1, 1), 0.0)], ids=["counts", "window of padding only"]
)
def test_other_padding_before_a_maximum_stays(kernel, value):
    net = image()
    padded = net.same(Pad(paddings=AROUND, value=value), _of_relu(net))
    after = optimized(net.finish(net.same(MaxPool2D(kernel=kernel, stride=(2, 2)), padded)))
    assert kinds(after) == [Conv2D, Pad, MaxPool2D]


def test_two_paddings_become_one():
    net = image()
    x = net.same(Pad(paddings=SIDES), net.input)
    x = net.same(Pad(paddings=AROUND), x)
    after = optimized(net.finish(net.same(AveragePool2D(kernel=(2, 2)), x)))
    assert kinds(after) == [Pad, AveragePool2D]
    assert after.nodes[0].op.paddings == ((0, 0), (3, 1), (2, 4), (0, 0))


def test_paddings_with_two_values_stay_two():
    net = image()
    x = net.same(Pad(paddings=SIDES, value=0.5), net.input)
    x = net.same(Pad(paddings=AROUND), x)
    assert kinds(optimized(net.finish(net.conv(x, 2)))) == [Pad, Conv2D]
    x = net.same(Pad(paddings=AROUND, value=0.5), x)
    assert kinds(optimized(net.finish(net.conv(x, 2)))) == [Pad, Pad, Pad, Conv2D]


# Identities and reshapes


IDENTITIES = {
    "relu that never clips": lambda net, x: net.same(Relu(), x),
    "requantize to the same": lambda net, x: net.same(Requantize(), x),
    "reshape to the same": lambda net, x: net.same(Reshape(shape=net.shape(x)), x),
    "empty pad": lambda net, x: net.same(Pad(paddings=((0, 0),) * 4), x),
    "pool of one cell": lambda net, x: net.same(AveragePool2D(kernel=(1, 1)), x),
    "concatenation of one": lambda net, x: net.same(Concatenate(axis=3), x),
    "mean of one": lambda net, x: net.same(Mean(axes=(1, 2), keep_dims=True), x),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_vanish(name):
    net = Network((1, 1, 1, 4))
    x = net.conv(net.input, 3)
    after = optimized(net.finish(net.conv(IDENTITIES[name](net, x), 2)))
    assert kinds(after) == [Conv2D, Conv2D]


def test_identity_at_the_output_keeps_the_output_name():
    net = image()
    y = net.same(Requantize(), net.conv(net.input, 3))
    after = optimized(net.finish(y))
    assert kinds(after) == [Conv2D] and after.outputs == (y,)


def test_identity_between_input_and_output_stays():
    net = image()
    after = optimized(net.finish(net.same(Requantize(), net.input)))
    assert kinds(after) == [Requantize]


def test_identity_between_two_outputs_stays():
    net = image()
    x = net.conv(net.input, 3)
    after = optimized(net.finish(x, net.same(Requantize(), x)))
    assert kinds(after) == [Conv2D, Requantize]


def test_pool_of_one_cell_that_clamps_stays():
    net = image()
    x = net.conv(net.input, 3, activation=NONE)
    assert net.quantization(x).zero_point > -128
    y = net.same(AveragePool2D(kernel=(1, 1), activation=Activation.RELU), x)
    assert kinds(optimized(net.finish(net.conv(y, 2)))) == [Conv2D, AveragePool2D, Conv2D]


def test_reshapes_merge():
    net = image()
    x = net.same(Reshape(shape=(1, 30, 4)), net.input)
    x = net.same(Reshape(shape=(1, 4, 30)), x)
    after = optimized(net.finish(net.dense(net.same(Reshape(shape=(1, 120)), x), 3)))
    assert [n.op.label() for n in after.nodes] == ["Reshape", "FullyConnected"]
    assert after.nodes[0].op.shape == (1, 120)


# Activations and functions of one value


def test_relu_of_equal_quantization_is_fused():
    net = image()
    x = net.conv(net.input, 3, activation=NONE)
    after = optimized(net.finish(net.same(Relu(bounds=Activation.RELU6), x)))
    assert kinds(after) == [Conv2D] and after.nodes[0].op.activation is Activation.RELU6


def test_relu_that_rescales_is_not_fused():
    net = image()
    x = net.conv(net.input, 3, activation=NONE)
    assert kinds(optimized(net.finish(net.apply(Relu(), x)))) == [Conv2D, Relu]


def test_relu_that_rescales_by_a_hair_is_not_fused():
    """Its table is a plain clamp, but what follows would take the wrong scale."""
    net = image()
    x = net.conv(net.input, 3, activation=NONE)
    old = net.quantization(x)
    q = Quantization.per_tensor(old.scale * 1.000001, old.zero_point)
    assert q != old
    y = net.conv(net.apply(Relu(), x, q=q), 2)
    assert kinds(optimized(net.finish(y))) == [Conv2D, Relu, Conv2D]


def test_relu_behind_a_tensor_with_other_readers_is_not_fused():
    net = image()
    x = net.conv(net.input, 4, activation=NONE)
    y = net.apply(Add(), x, net.same(Relu(), x))
    assert kinds(optimized(net.finish(y))) == [Conv2D, Relu, Add]


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (Activation.RELU, Activation.RELU6, Activation.RELU6),
        (Activation.RELU6, Activation.RELU, Activation.RELU6),
        (Activation.NONE, Activation.RELU_N1_TO_1, Activation.RELU_N1_TO_1),
        (Activation.RELU, Activation.RELU_N1_TO_1, None),
    ],
)
def test_intersection_of_activations(first, second, both):
    assert intersection(first, second) is both


def test_superfluous_requantization_before_a_function_merges():
    """A change of the zero point alone loses nothing where no value saturates."""
    net = image()
    x = net.conv(net.input, 3, activation=Activation.RELU6)
    scale = 6 / 100  # RELU6 reaches 100 steps
    _requantized(net, x, scale, -128)
    moved = net.apply(Requantize(), x, q=Quantization.per_tensor(scale, -20))
    y = net.apply(Tanh(), moved, q=Tanh.output_quantization)
    assert kinds(optimized(net.finish(y))) == [Conv2D, Tanh]


def test_requantization_that_loses_bits_stays():
    net = image()
    coarse = net.apply(Requantize(), net.input, q=Quantization.per_tensor(1.0, 0))
    y = net.apply(LeakyRelu(alpha=0.3), coarse, q=Quantization.per_tensor(0.01, 0))
    assert kinds(merge_unary(net.finish(y))) == [Requantize, LeakyRelu]


def _requantized(net, x, scale, zero_point):
    q = Quantization.per_tensor(scale, zero_point)
    net.tensors[x] = dataclasses.replace(net.tensors[x], quantization=q)


# Constants and dead nodes


def test_what_depends_on_constants_only_is_computed():
    net = image()
    data = np.arange(-10, 10, dtype=np.int8).reshape(1, 1, 5, 4)
    constant = net.constant(data, net.quantization(net.input))
    half = net.apply(LeakyRelu(alpha=0.5), constant)
    after = optimized(net.finish(net.apply(Add(), net.input, half)))
    assert kinds(after) == [Add] and after.tensors[after.nodes[0].inputs[1]].is_constant


def test_unused_branches_vanish():
    net = image()
    net.conv(net.conv(net.input, 3), 2)
    after = optimized(net.finish(net.conv(net.input, 2)))
    assert kinds(after) == [Conv2D] and len(after.tensors) == 4


# Reports


def test_reports_say_what_changed():
    net = image()
    padded = net.same(Pad(paddings=SIDES), net.input)
    _, reports = passes.optimize_integer(net.finish(net.conv(padded, 3)))
    assert [r.name for r in reports] == [p.name for p in passes.INTEGER_PASSES]
    (changed,) = [r for r in reports if r.changed]
    assert changed.name == "fold padding into windows"
    assert (changed.nodes_before, changed.nodes_after) == (2, 1)
    assert changed.weights_before == changed.weights_after == 3 * 3 * 3 * 4
