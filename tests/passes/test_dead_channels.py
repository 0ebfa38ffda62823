"""Planted dead and constant channels are really removed, through every kind of operator."""

import dataclasses

import numpy as np
import pytest

from tests.passes.network import Network
from tests.passes.planted import plant_constant, plant_unread
from tests.passes.test_exact import assert_same_bytes
from tinygen import importers, passes
from tinygen.ir import Quantization
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pad import Pad
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.window import Padding
from tinygen.passes.dead_channels import remove_dead_channels

NONE = Activation.NONE


def removed(graph):
    """The graph without dead channels, after the check that every output byte stays."""
    after = remove_dead_channels(graph)
    assert_same_bytes(graph, after)
    return after


def channels(graph, name):
    return graph.tensors[name].channels


def chain(between):
    """conv, `between`, then a convolution without padding and a classifier; returns names too."""
    net = Network((1, 8, 8, 3))
    first = net.conv(net.input, 8)
    middle = between(net, first)
    last = net.conv(middle, 4, kernel=(2, 2), padding=Padding())
    return net.finish(net.dense(net.flatten(last), 3)), first, middle


THROUGH = {
    "nothing": lambda net, x: x,
    "depthwise": lambda net, x: net.depthwise(x),
    "max pool": lambda net, x: net.same(MaxPool2D(kernel=(2, 2)), x),
    "average pool": lambda net, x: net.same(AveragePool2D(kernel=(2, 2)), x),
    "requantize": lambda net, x: net.apply(Requantize(), x),
    "leaky relu": lambda net, x: net.apply(LeakyRelu(alpha=0.5), x),
    "reshape": lambda net, x: net.same(Reshape(shape=(1, 4, 16, 8)), x),
    "multiplied by a constant": lambda net, x: net.apply(
        Mul(), x, net.constant(np.arange(1, 9, dtype=np.int8), net.quantization(x))
    ),
    "hard swish": lambda net, x: net.same(HardSwish(), x),
    "added constant": lambda net, x: net.apply(
        Add(), x, net.constant(np.arange(8, dtype=np.int8), net.quantization(x))
    ),
}


@pytest.mark.parametrize("between", THROUGH)
def test_constant_channels_go_with_what_follows_them(between):
    graph, first, middle = chain(THROUGH[between])
    graph = plant_constant(graph, graph.nodes[0].name, [0, 3, 7])
    after = removed(graph)
    assert channels(after, first) == 5 and channels(after, middle) == 5
    assert after.macs < graph.macs


@pytest.mark.parametrize("between", THROUGH)
def test_unread_channels_go_with_what_makes_them(between):
    graph, first, middle = chain(THROUGH[between])
    reader = next(n for n in graph.nodes if middle in n.inputs)
    after = removed(plant_unread(graph, reader.name, [1, 2]))
    assert channels(after, first) == 6 and channels(after, middle) == 6


AROUND = Padding(top=1, bottom=1, left=1, right=1)


@pytest.mark.parametrize(("zero_point", "left"), [(-128, 7), (-40, 8)])
def test_under_padding_only_constants_at_the_zero_point_go(zero_point, left):
    """Padding reads zero points, so that another constant is none any more for a padded layer."""
    net = Network((1, 8, 8, 3))
    x = net.conv(net.input, 8, activation=NONE)
    scale = net.quantization(x).scale
    q = Quantization.per_tensor(scale, zero_point)
    net.tensors[x] = dataclasses.replace(net.tensors[x], quantization=q)
    graph = net.finish(net.conv(x, 4, padding=AROUND))
    planted = plant_constant(graph, graph.nodes[0].name, [2])  # saturates at -128
    assert channels(removed(planted), x) == left


def test_residual_channels_go_where_both_sides_can():
    net = Network((1, 6, 6, 3), 5)
    a = net.conv(net.input, 6)
    b = net.conv(a, 6, activation=NONE)
    total = net.apply(Add(), a, b)
    graph = net.finish(net.dense(net.apply(Mean(axes=(1, 2)), total), 3))
    for name in (graph.nodes[0].name, graph.nodes[1].name):
        graph = plant_constant(graph, name, [0, 4])
    after = removed(graph)
    assert {channels(after, name) for name in (a, b, total)} == {4}
    # one side alone must stay: the sum is not constant
    graph = plant_constant(graph, graph.nodes[0].name, [1])
    assert channels(removed(graph), a) == 4


def test_concatenation_shifts_channels():
    net = Network((1, 6, 6, 3), 6)
    a = net.conv(net.input, 5)
    b = net.apply(Requantize(), net.conv(net.input, 4), q=net.quantization(a))
    joined = net.same(Concatenate(axis=3), a, b)
    graph = net.finish(net.conv(joined, 4, kernel=(1, 1)))
    graph = plant_constant(graph, graph.nodes[1].name, [0, 3])
    graph = plant_unread(graph, graph.nodes[4].name, [1, 6])  # a[1] and b[1]
    after = removed(graph)
    assert [channels(after, name) for name in (a, b, joined)] == [4, 1, 5]


def test_flatten_repeats_channels_into_columns():
    net = Network((1, 4, 3, 2), 7)
    x = net.conv(net.input, 6)
    graph = net.finish(net.dense(net.flatten(x), 5))
    after = removed(plant_constant(graph, graph.nodes[0].name, [2, 5]))
    dense = after.nodes[-1]
    assert after.tensors[dense.inputs[1]].shape == (5, 4 * 3 * 4)
    assert after.nodes[1].op.shape == (1, 4 * 3 * 4)


def test_flattened_channel_stays_while_one_of_its_columns_is_read():
    net = Network((1, 2, 2, 2), 7)
    x = net.conv(net.input, 3)
    graph = net.finish(net.dense(net.flatten(x), 5))
    all_but_one_pixel = [0, 3, 6]  # channel 0 at three of four pixels
    after = removed(plant_unread(graph, graph.nodes[2].name, all_but_one_pixel))
    assert channels(after, x) == 3


def test_added_channels_of_a_pad_go():
    net = Network((1, 4, 4, 2), 8)
    x = net.conv(net.input, 3)
    padded = net.same(Pad(paddings=((0, 0), (0, 0), (0, 0), (2, 1))), x)
    graph = net.finish(net.conv(padded, 4, kernel=(1, 1)))
    after = removed(plant_constant(graph, graph.nodes[0].name, [0]))
    assert channels(after, padded) == 2
    assert after.nodes[1].op.paddings[-1] == (0, 0)


def test_depthwise_with_multiplier_goes_when_all_of_its_outputs_can():
    net = Network((1, 5, 5, 2), 9)
    x = net.conv(net.input, 4)
    wide = net.depthwise(x, multiplier=2)
    graph = net.finish(net.conv(wide, 3, kernel=(1, 1)))
    both, one = [4, 5], [0]
    after = removed(plant_unread(graph, graph.nodes[2].name, both + one))
    assert channels(after, x) == 3 and channels(after, wide) == 6


def test_death_spreads_backwards_until_nothing_changes():
    """A channel that only dead channels read is dead."""
    net = Network((1, 4, 4, 2), 10)
    a = net.conv(net.input, 6, kernel=(1, 1))
    b = net.conv(a, 5, kernel=(1, 1))
    c = net.conv(b, 4, kernel=(1, 1))
    graph = net.finish(net.conv(c, 3, kernel=(1, 1)))
    graph = plant_unread(graph, graph.nodes[3].name, [0])  # c[0] is dead
    weights = graph.tensors[graph.nodes[2].inputs[1]].data.copy()
    weights[1:, ..., 2] = 0  # b[2] is read by c[0] only
    weights2 = graph.tensors[graph.nodes[1].inputs[1]].data.copy()
    weights2[[0, 1, 3, 4], ..., 5] = 0  # a[5] is read by b[2] only
    graph = _with_data(graph, graph.nodes[2].inputs[1], weights)
    graph = _with_data(graph, graph.nodes[1].inputs[1], weights2)
    after = removed(graph)
    assert [channels(after, name) for name in (a, b, c)] == [5, 4, 3]


def _with_data(graph, name, data):
    return graph.with_tensors([dataclasses.replace(graph.tensors[name], data=data)])


def test_inputs_and_outputs_keep_their_shapes():
    net = Network((1, 4, 4, 5), 11)
    x = net.conv(net.input, 6)
    graph = net.finish(x, net.dense(net.apply(Mean(axes=(1, 2)), x), 3))
    graph = plant_constant(graph, graph.nodes[0].name, [0, 1])
    graph = plant_unread(graph, graph.nodes[0].name, [2])  # an input channel
    after = removed(graph)
    assert after.input_tensors[0].shape == (1, 4, 4, 5) and channels(after, x) == 6


def test_grouped_convolutions_are_barriers():
    net = Network((1, 4, 4, 2), 12)
    a = net.conv(net.input, 6)
    b = net.conv(a, 6, groups=2)
    graph = net.finish(net.conv(b, 3, kernel=(1, 1)))
    for node in graph.nodes[:2]:
        graph = plant_constant(graph, node.name, [0, 1])
    after = removed(graph)
    assert channels(after, a) == 6 and channels(after, b) == 6


def test_one_channel_stays_where_all_are_constant():
    graph, first, _ = chain(THROUGH["depthwise"])
    after = removed(plant_constant(graph, graph.nodes[0].name, range(8)))
    assert channels(after, first) == 1


def test_weights_that_two_layers_share_are_not_cut_for_both():
    net = Network((1, 4, 4, 3), 13)
    a = net.conv(net.input, 3, kernel=(1, 1))
    weights, bias = net.nodes[0].inputs[1:]
    b = net.apply(net.nodes[0].op, net.input, weights, bias)
    c = net.conv(a, 2, kernel=(1, 1))
    graph = net.finish(c, b)
    after = removed(plant_unread(graph, graph.nodes[2].name, [1]))
    assert channels(after, a) == 2 and channels(after, b) == 3


def test_half_of_the_published_visual_wake_words_model_is_dead(published):
    graph = importers.load(published("vww_mobilenet_int8.tflite"))
    after, reports = passes.optimize_integer(graph)
    report = next(r for r in reports if r.name == "remove dead channels")
    assert (report.macs_before, report.macs_after) == (7_489_664, 3_727_313)
    assert (report.weights_before, report.weights_after) == (208_112, 29_066)
    assert_same_bytes(graph, after)
