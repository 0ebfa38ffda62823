"""Models whose inputs and outputs are unusual: read by nobody, passed through, given twice, without an arena."""

import dataclasses

import numpy as np
import pytest

from tests.example_graphs import Network
from tinygen import host, reference, samples, targets
from tinygen.emit import ArenaMode, EmitOptions, InputMode, emit
from tinygen.ir import Graph
from tinygen.ops.activation import Activation
from tinygen.ops.relu import Relu

HOST = targets.load("host")


def passed_through() -> Graph:
    net = Network((1, 6))
    return net.finish(net.input, net.dense(net.input, 4))


def given_twice() -> Graph:
    net = Network((1, 6))
    y = net.dense(net.input, 4)
    return net.finish(y, net.dense(y, 3), y, y)


def unread() -> Graph:
    net = Network((1, 6))
    net._activation("spare", (1, 3))
    graph = net.finish(net.dense(net.input, 4))
    return graph.replace(inputs=(net.input, "spare"), tensors=net.tensors)


def in_place_only() -> Graph:
    net = Network((1, 6))
    return net.finish(net.same_quantization(Relu(bounds=Activation.RELU), net.input))


def flat() -> Graph:
    net = Network((1, 2, 3, 2))
    return net.finish(net.flatten(net.input))


def named_like_the_interface() -> Graph:
    """Layers whose names are those of functions and arrays of the generated files."""
    net = Network((1, 6, 6, 2))
    y = net.conv(net.conv(net.conv(net.input, 3), 3), 3)
    y = net.dense(net.flatten(y), 4)
    for _ in range(3):
        y = net.dense(y, 4)
    graph = net.finish(y)
    names = iter(
        ["run", "arena", "conv", "conv_weights", "flat", "dequantize_output", "selftest", "input"]
    )
    return graph.replace(nodes=[dataclasses.replace(n, name=next(names)) for n in graph.nodes])


GRAPHS = {
    f.__name__: f
    for f in (passed_through, given_twice, unread, in_place_only, flat, named_like_the_interface)
}


@pytest.mark.parametrize("arena", ArenaMode)
@pytest.mark.parametrize("input_mode", [InputMode.CALLER, InputMode.ARENA])
@pytest.mark.parametrize("name", GRAPHS)
def test_odd_ends_compute_what_the_reference_computes(tmp_path, name, input_mode, arena):
    graph = GRAPHS[name]()
    if input_mode is InputMode.ARENA and len(graph.inputs) > 1:
        return  # refused: see test_generated_code.py
    data = samples.generate(graph, 12)
    expected = reference.run(graph, data)
    options = EmitOptions(input=input_mode, arena=arena)
    emission = emit(graph, HOST, tmp_path / "net", name="net", options=options)
    with host.build(emission) as model:
        assert model.selftest() == 0
        outputs = model.run(*data.values())
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for output, wanted in zip(outputs, graph.outputs, strict=True):
        np.testing.assert_array_equal(output, expected[wanted])
