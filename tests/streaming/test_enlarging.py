"""Upsampling, transposed convolutions and croppings by rows: what they make of a network's rows."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.example_graphs import Network
from tests.strategies import DETERMINISTIC, inputs_for
from tests.streaming.plans import check_plan, has_segment, segments_everywhere
from tests.tools import require_tools
from tinygen import device, host, passes, poison, reference, targets
from tinygen.emit import ArenaMode, EmitOptions, InputMode, Member, emit, emit_together
from tinygen.emit.program import lower
from tinygen.ir import Graph
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.crop import Crop
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.upsampling2d import UpSampling2D

HOST, M4 = targets.load("host"), targets.load("cortex-m4")
FEW = settings(DETERMINISTIC, max_examples=25)


def transposed(net: Network, x: str, channels: int, kernel: int, stride: int, *, same: bool) -> str:
    """As Keras has it."""
    _, *size, depth = net.tensors[x].shape
    most = max(kernel - stride, 0)
    op = TransposeConv2D(
        stride=(stride, stride),
        size=tuple(n * stride + (0 if same else most) for n in size),
        offset=(most // 2, most // 2) if same else (0, 0),
        activation=Activation.RELU,
    )
    return net._weighted(op, x, (channels, kernel, kernel, depth), 0)


def _transposed(draw: st.DrawFn, net: Network, x: str) -> str:
    kernel, stride = draw(st.sampled_from([(2, 2), (3, 2), (4, 2), (3, 3), (5, 2), (3, 1), (1, 2)]))
    return transposed(net, x, draw(st.integers(1, 5)), kernel, stride, same=draw(st.booleans()))


def _upsampled(draw: st.DrawFn, net: Network, x: str) -> str:
    factor = draw(st.sampled_from([(2, 2), (2, 1), (1, 2), (3, 2)]))
    return net.same_quantization(UpSampling2D(factor=factor), x)


def _cropped(draw: st.DrawFn, net: Network, x: str) -> str:
    before = [min(draw(st.integers(0, 2)), n - 1) for n in net.tensors[x].shape[1:]]
    return net.same_quantization(Crop(crops=((0, 0), *((b, 0) for b in before))), x)


def _conv(draw: st.DrawFn, net: Network, x: str) -> str:
    stride = draw(st.sampled_from([(1, 1), (2, 2)]))
    return net.conv(x, draw(st.integers(1, 5)), stride=stride)


def _skip(draw: st.DrawFn, net: Network, x: str) -> str:
    """Down, up and beside what was there, as in a U-Net."""
    small = net.conv(net.same_quantization(UpSampling2D(factor=(2, 2)), x), 3, stride=(2, 2))
    q = net.tensors[x].quantization
    y = net.apply(Concatenate(axis=3), (x, x), q)
    return net.conv(y, 3) if draw(st.booleans()) else small


@st.composite
def enlarging_graphs(draw: st.DrawFn) -> Graph:
    """Small networks that enlarge their images, after the passes."""
    shape = (1, draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    net = Network(shape, draw(st.integers(0, 2**16)))
    x = net.input
    for _ in range(draw(st.integers(2, 3))):
        block = draw(
            st.sampled_from([_transposed, _transposed, _upsampled, _cropped, _conv, _skip])
        )
        x = block(draw, net, x)
    return passes.optimize(net.finish(net.conv(x, 2)))


@FEW
@given(enlarging_graphs(), st.integers(0, 1000))
def test_rows_are_intact_when_they_are_read(graph, seed):
    with segments_everywhere(seed):
        program = lower(graph, HOST)
    check_plan(program, program.graph)


@settings(DETERMINISTIC, max_examples=4, phases=(Phase.generate,))
@given(enlarging_graphs(), st.sampled_from([HOST, M4]), st.integers(0, 1000))
def test_c_by_rows_computes_what_the_reference_computes(graph, target, seed):
    data = inputs_for(graph, 3)
    options = EmitOptions(arena=ArenaMode.CALLER)
    with tempfile.TemporaryDirectory() as scratch:
        with segments_everywhere(seed):
            emission = emit(graph, target, Path(scratch) / "net", name="net", options=options)
        poison.instrument(emission)
        with host.build(emission) as model:
            got = model.run(*data.values())
    expected = reference.run(graph, data)[graph.outputs[0]]
    np.testing.assert_array_equal(got.ravel(), expected.ravel())


def autoencoder() -> Graph:
    """Down by strides, up by transposed convolutions of both kinds and by repetition, with a skip."""
    net = Network((1, 8, 8, 2))
    first = net.conv(net.input, 4)
    x = net.conv(first, 6, stride=(2, 2))
    x = net.conv(x, 8, stride=(2, 2))
    x = transposed(net, x, 5, 3, 2, same=True)
    x = transposed(net, x, 4, 2, 2, same=True)
    q = net.tensors[x].quantization
    beside = net.apply(Add(), (first, first), q)
    skip = net.apply(Concatenate(axis=3), (x, beside), q)
    x = net.same_quantization(UpSampling2D(factor=(2, 2)), net.conv(skip, 3))
    x = net.same_quantization(Crop(crops=((0, 0), (3, 2), (1, 0), (0, 0))), x)
    return passes.optimize(net.finish(transposed(net, x, 2, 4, 2, same=True)))


def test_a_core_computes_what_the_reference_computes(tmp_path):
    """Whole, by rows, and with an input that arrives row by row; dead memory is filled with a pattern."""
    require_tools(M4.compiler, M4.qemu[0].emulator)
    graph = autoencoder()
    ways = {
        "whole": EmitOptions(),
        "least": EmitOptions(least_ram=True),
        "pushed": EmitOptions(least_ram=True, input=InputMode.ROWS),
    }
    members = [Member(graph=graph, name=name, options=way) for name, way in ways.items()]
    models = emit_together(members, M4, tmp_path / "models", shared_arena=True)
    assert [has_segment(emission.program) for emission in models.models] == [False, True, True]
    for emission in models.models:
        poison.instrument(emission)
    assert device.selftest_on_qemu(models.folder, models.name, M4) == 0
