"""Signals that lie are laid upright without another byte, and only where the whole graph can be."""

import numpy as np
import pytest

from tests.example_graphs import Network, cnn
from tinygen import host, reference, samples, targets
from tinygen.emit import EmitOptions, InputMode, emit
from tinygen.ir import Graph
from tinygen.ops.add import Add
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.pad import Pad
from tinygen.ops.reshape import Reshape
from tinygen.passes.stand_upright import stand_upright

STEPS = 24


def signal(seed: int = 3, steps: int = STEPS) -> Graph:
    """As converters write 1-D networks: three axes outside, four inside, causal padding, branches, a residual."""
    net = Network((1, steps, 3), seed)
    padded = net.same_quantization(Pad(paddings=((0, 0), (4, 0), (0, 0))), net.input)
    x = net.same_quantization(Reshape(shape=(1, 1, steps + 4, 3)), padded)
    x = net.conv(x, 8, kernel=(1, 5), stride=(1, 2))
    y = net.depthwise(x, kernel=(1, 3))
    z = net.conv(x, 8, kernel=(1, 3), dilation=(1, 2))
    length = net.tensors[x].shape[2]
    flat = [net.same_quantization(Reshape(shape=(1, length, 8)), t) for t in (y, z)]
    both = net.apply(Add(), flat)
    again = net.apply(Add(), (both, both), net.tensors[both].quantization)
    joined = net.same_quantization(Concatenate(axis=2), both, again)
    x = net.same_quantization(Reshape(shape=(1, 1, length, 16)), joined)
    x = net.same_quantization(MaxPool2D(kernel=(1, 2), stride=(1, 2)), x)
    x = net.same_quantization(Reshape(shape=(1, length // 2, 16)), x)
    x = net.apply(Mean(axes=(1,), keep_dims=False), (x,))
    return net.finish(net.dense(x, 4), name="signal")


@pytest.mark.parametrize("seed", range(3))
def test_every_byte_stays(seed):
    graph = signal(seed)
    upright = stand_upright(graph)
    assert upright.input_tensors[0].shape == (1, STEPS, 1, 3)
    images = [t.shape for t in upright.tensors.values() if t.data is None and len(t.shape) == 4]
    assert all(shape[2] == 1 for shape in images) and len(upright.nodes) < len(graph.nodes)
    x = samples.generate(graph, 8)[graph.inputs[0]]
    np.testing.assert_array_equal(
        reference.run_one_input(upright, x.reshape(8, STEPS, 1, 3)),
        reference.run_one_input(graph, x),
    )


def test_images_and_other_axes_are_left_alone():
    assert stand_upright(cnn()) is None
    net = Network((1, 1, STEPS, 3))
    rows = net.same_quantization(Reshape(shape=(1, 6, STEPS // 2)), net.conv(net.input, 3))
    assert stand_upright(net.finish(net.apply(Mean(axes=(2,)), (rows,)))) is None


def test_samples_of_a_signal_arrive_one_by_one(tmp_path):
    graph = signal()
    options = EmitOptions(input=InputMode.ROWS)
    emission = emit(graph, targets.load("host"), tmp_path / "net", name="net", options=options)
    assert "define NET_INPUT_ROW_BYTES 3" in (tmp_path / "net" / "net.h").read_text()
    x = samples.generate(graph, 5)[graph.inputs[0]]
    with host.build(emission) as model:
        np.testing.assert_array_equal(
            model.run(x.reshape(5, STEPS, 1, 3)), reference.run_one_input(graph, x)
        )


def test_a_signal_needs_less_memory_by_rows(tmp_path):
    graph, options = signal(steps=4 * STEPS), EmitOptions(least_ram=True)
    whole = emit(graph, targets.load("host"), tmp_path / "whole", name="net").program
    least = emit(
        graph, targets.load("host"), tmp_path / "least", name="net", options=options
    ).program
    assert least.segments and not whole.segments
    assert least.plan.arena_bytes < whole.plan.arena_bytes / 2
