"""Channels that are joined are made where they belong, pixel by pixel: the bytes, on every kind of core."""

from collections.abc import Sequence
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
from tinygen.kernels import candidates
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


PARTS = (
    *({"channels": n, "kernel": (1, 1)} for n in (7, 12, 2)),
    *({"channels": n, "kernel": (3, 3)} for n in (5, 8, 2)),
    {"channels": 5, "kernel": (5, 3), "dilation": (1, 2)},
    {"channels": 6, "kernel": (3, 3), "groups": 2},
)
"""Convolutions of pixels that are joined: odd ends of blocks, and all the families of kernels."""

PARTS_STRIDED = tuple({"channels": 7, "kernel": k, "stride": (2, 2)} for k in ((1, 1), (3, 3)))

WIDTHS = (4, 6, 18)
"""Channels of what they read."""


def parts_joined(parts: Sequence[dict]) -> Graph:
    net = Joining((1, 48, 28, 3))
    x = net.shrunk(net.shrunk(net.input))
    made = [net.make(y, **part) for y in [net.make(x, n) for n in WIDTHS] for part in parts]
    return net.finish(net.make(net.join(*made), 3))


def layers_by_kernel(graph: Graph, features: frozenset[str], need: str) -> dict[str, list[str]]:
    """The joined layers that each kernel takes which can leave room between pixels, and is for cores with the need."""
    (join,) = (call for call in graph.calls() if isinstance(call.op, Concatenate))
    joined = {tensor.name for tensor in join.inputs}
    found: dict[str, list[str]] = {}
    for call in graph.calls():
        if call.output.name in joined:
            for kernel in candidates(call, features):
                if kernel.spreads(call) and need in (*kernel.needs, ""):
                    found.setdefault(kernel.symbol, []).append(call.node.name)
    return found


@pytest.mark.parametrize(
    ("core", "need"),
    [("cortex-m0plus", ""), ("cortex-m3", ""), ("cortex-m4", "dsp"), ("cortex-m55", "mve")],
)
def test_every_kernel_that_can_leaves_room_on_its_core(core, need, tmp_path):
    """The assembly too, which no host runs."""
    target = targets.load(core)
    require_tools(target.compiler, target.qemu[0].emulator)
    members, wanted = [], []
    for graph in map(parts_joined, (PARTS, PARTS_STRIDED)):
        for symbol, layers in layers_by_kernel(graph, target.features, need).items():
            options = EmitOptions(kernels=tuple((layer, symbol) for layer in layers))
            members.append(Member(graph=graph, name=f"net{len(members)}", options=options))
            wanted.append((symbol, set(layers)))
    models = emit_together(members, target, tmp_path / "nets", shared_arena=True)
    for emission, (symbol, names) in zip(models.models, wanted, strict=True):
        in_pieces = {x.name for x in emission.program.layers if x.is_spread}
        assert names & in_pieces, f"{symbol} was not asked to"
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
