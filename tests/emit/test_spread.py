"""Channels that are joined are made where they belong, pixel by pixel: the bytes, on every kind of core."""

from dataclasses import replace

import numpy as np
import pytest

from tests.example_graphs import Network
from tests.strategies import inputs_for
from tests.tools import require_tools
from tinygen import device, host, poison, reference, targets
from tinygen.emit import ArenaMode, EmitOptions, Member, emit, emit_together
from tinygen.emit.program import lower
from tinygen.ir import Call, Graph, Quantization
from tinygen.ops.activation import Activation
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.max_pool2d import MaxPool2D

Q = Quantization.per_tensor(0.4, -128)
CORES = ("host", "cortex-m4", "cortex-m55")


class Joining(Network):
    """Tensors of one quantization, so that they can be joined."""

    def make(self, x, channels, kernel=(1, 1), activation=Activation.RELU, **options):
        name = self.conv(x, channels, kernel, activation=activation, **options)
        self.tensors[name] = replace(self.tensors[name], quantization=Q)
        return name

    def join(self, *parts):
        return self.apply(Concatenate(axis=3), parts, Q)

    def shrunk(self, x):
        """So that the arena is fullest before the layers that are joined."""
        pool = MaxPool2D(kernel=(2, 2), stride=(2, 2))
        return self.same_quantization(pool, self.make(x, 24))


def squeezed(net):
    """One kind of 1x1 kernels, one of 3x3; pixels of 19 bytes."""
    x = net.shrunk(net.input)
    x = net.make(x, 16)
    return net.make(net.join(net.make(x, 11), net.make(x, 8, (3, 3))), 4)


def joined_at_once(net):
    """An output of the model, and strides."""
    x = net.shrunk(net.input)
    stride = {"stride": (2, 2)}
    return net.join(net.make(x, 5, **stride), net.make(x, 6, (3, 3), **stride))


def joined_twice(net):
    x = net.shrunk(net.input)
    x = net.make(x, 13)
    inner = net.join(net.make(x, 9, (3, 3)), net.make(x, 6))
    return net.make(net.join(net.make(x, 5), inner), 4)


def clamped(net):
    """Bounds that saturation does not give: they are those of a pixel, or the part is copied."""
    x = net.shrunk(net.input)
    one = net.make(x, 8, activation=Activation.RELU6)
    return net.make(net.join(one, net.make(x, 8, (3, 3), activation=Activation.RELU6)), 4)


CASES = (squeezed, joined_at_once, joined_twice, clamped)


def graph_of(case) -> Graph:
    net = Joining((1, 18, 26, 4))
    return net.finish(case(net))


def kernels(graph: Graph, core: str) -> dict[str, str]:
    """On the core with many kernels those that can leave room, whichever are fastest."""

    def kernel(call: Call) -> str:
        if call.inputs[1].shape[1:3] == (3, 3):
            return "tg_conv2d_winograd_s8_dsp" if call.op.stride == (1, 1) else "tg_conv2d_s8_dsp"
        return "tg_conv2d_1x1_s8_dsp"

    calls = graph.calls() if core == "cortex-m4" else ()
    return {call.node.name: kernel(call) for call in calls if isinstance(call.op, Conv2D)}


def spread(graph: Graph, core: str) -> int:
    program = lower(graph, targets.load(core), forced=kernels(graph, core))
    return sum(layer.is_spread for layer in program.layers)


@pytest.mark.parametrize("core", CORES)
def test_channels_are_made_in_their_place(core):
    assert [spread(graph_of(case), core) for case in CASES[:-1]] == [2, 2, 2]


@pytest.mark.parametrize("case", [joined_twice, clamped], ids=lambda case: case.__name__)
def test_the_bytes_are_right(case, tmp_path):
    graph = graph_of(case)
    data = inputs_for(graph, 3)
    options = EmitOptions(arena=ArenaMode.CALLER)
    emission = emit(graph, targets.load("host"), tmp_path / "net", name="net", options=options)
    poison.instrument(emission)
    with host.build(emission) as model:
        got = model.run(*data.values())
    np.testing.assert_array_equal(got, reference.run(graph, data)[graph.outputs[0]])


@pytest.mark.parametrize("core", CORES[1:])
def test_the_bytes_are_right_on_the_core(core, tmp_path):
    target = targets.load(core)
    require_tools(target.compiler, target.qemu[0].emulator)
    members = [
        Member(
            graph=graph,
            name=f"net{i}",
            options=EmitOptions(kernels=tuple(kernels(graph, core).items())),
        )
        for i, graph in enumerate(map(graph_of, CASES))
    ]
    models = emit_together(members, target, tmp_path / "nets", shared_arena=True)
    for emission in models.models:
        poison.instrument(emission)
    assert device.selftest_on_qemu(models.folder, models.name, target) == 0


def test_a_layer_in_pieces_is_not_shown_as_one_tensor(tmp_path):
    graph = graph_of(squeezed)
    emission = emit(graph, targets.load("host"), tmp_path / "net", name="net")
    (first, *_), wanted = (inputs_for(graph, 1).values()), {}
    reference.run(graph, {graph.inputs[0]: first}, lambda c, y: wanted.update({c.output.name: y}))
    layers = [layer for layer in emission.program.layers if layer.kernel_calls]
    with host.build(emission) as model:
        traced = model.trace(first)
    assert len(traced) == len(layers)
    for layer, seen in zip(layers, traced, strict=True):
        assert (seen.data.size == 0) == layer.is_spread
        if not layer.is_spread:
            np.testing.assert_array_equal(seen.data, wanted[layer.call.output.name][0].ravel())
