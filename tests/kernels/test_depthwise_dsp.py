"""Depthwise convolutions in channel planes: every shape on the host, the assembly on the cores."""

import dataclasses
import re

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.networks import NetworkBuilder
from tests.strategies import inputs_for
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, Quantization
from tinygen.kernels import depthwise_planes_dsp
from tinygen.kernels.depthwise_planes_dsp import KERNELS
from tinygen.ops.activation import Activation
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Padding, same_padding

SYMBOLS = {kernel.symbol: kernel for kernel in KERNELS}


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(library=build_library(KERNELS, tmp_path_factory.mktemp("planes")))


def network(
    size: tuple[int, int],
    channels: int,
    *,
    kernel: tuple[int, int] = (3, 3),
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    multiplier: int = 1,
    padding: Padding | None = None,
    activation: Activation = Activation.RELU,
    arithmetic: Arithmetic = Arithmetic.TFLM,
    seed: int = 0,
) -> Graph:
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder(rng=rng)
    zero_point = int(rng.choice([-128, 127, -3]))
    x = builder.input("x", (1, *size, channels), Quantization.per_tensor(0.05, zero_point))
    if padding is None:
        padding = same_padding(size, kernel, stride, dilation)
    op = DepthwiseConv2D(activation=activation, stride=stride, dilation=dilation, padding=padding)
    y = builder.weighted("y", op, x, (1, *kernel, channels * multiplier))
    return builder.graph((x,), (y,), arithmetic)


def fitting(graph: Graph):
    (call,) = graph.calls()
    return [k for k in KERNELS if k.reason_against(call, k.needs) is None]


SIZES = [
    (1, 1),
    (1, 7),
    (2, 2),
    (3, 3),
    (5, 5),
    (6, 6),
    (25, 5),
    (4, 17),
    (3, 33),
    (30, 18),
    (19, 49),
    (11, 70),
]


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (2, 1), (1, 2), (3, 2)])
@pytest.mark.parametrize("size", SIZES)
def test_3x3_of_any_size_is_exact(size, stride, library):
    for seed, channels in enumerate((1, 3, 4, 5, 8, 15)):
        graph = network(size, channels, stride=stride, multiplier=1 + (seed == 3), seed=seed)
        kernels = fitting(graph)
        assert kernels, f"no kernel in planes takes {size} {stride} {channels}"
        for kernel in kernels:
            check_kernel(library, kernel, graph, samples=3)


def test_any_padding_is_exact(library):
    rng = np.random.default_rng(5)
    for seed in range(40):
        top, bottom, left, right = rng.integers(0, 5, 4).tolist()
        size = tuple(rng.integers(3, 22, 2).tolist())
        graph = network(
            size,
            int(rng.integers(1, 10)),
            stride=(int(rng.integers(1, 4)), int(rng.integers(1, 3))),
            padding=Padding(top=top, bottom=bottom, left=left, right=right),
            activation=list(Activation)[seed % len(Activation)],
            arithmetic=list(Arithmetic)[seed % 2],
            seed=seed,
        )
        for kernel in fitting(graph):
            check_kernel(library, kernel, graph, samples=2)


WINDOWS = [
    ((5, 5), (1, 1), (1, 1)),
    ((1, 9), (1, 2), (1, 1)),
    ((9, 1), (2, 1), (1, 1)),
    ((3, 3), (1, 1), (2, 2)),
    ((2, 4), (2, 3), (3, 1)),
    ((7, 7), (2, 2), (1, 1)),
    ((2, 6), (1, 1), (1, 3)),
    ((3, 17), (1, 1), (1, 1)),
    ((2, 1), (1, 1), (1, 1)),
    ((1, 3), (1, 2), (2, 4)),
]
"""Kernels, strides and dilations of the general kernel, and of those for up to 9 columns."""


@pytest.mark.parametrize(("kernel", "stride", "dilation"), WINDOWS)
def test_any_window_is_exact(kernel, stride, dilation, library):
    any_kernel = SYMBOLS["tg_depthwise_any_s8_dsp"]
    for seed, size in enumerate([(1, 1), (5, 4), (6, 6), (9, 21), (23, 7)]):
        graph = network(
            size,
            int((1, 4, 6, 9, 3)[seed]),
            kernel=kernel,
            stride=stride,
            dilation=dilation,
            multiplier=1 + (seed == 2),
            activation=list(Activation)[seed % len(Activation)],
            arithmetic=list(Arithmetic)[seed % 2],
            seed=seed,
        )
        assert any_kernel in fitting(graph)
        for found in fitting(graph):
            check_kernel(library, found, graph, samples=3)


def test_extreme_weights_and_inputs_are_exact(library):
    """Every weight -128 or 127, inputs that meet them with their signs, biases at the edge of what is taken."""
    for seed in range(12):
        kernel = [(3, 3), (5, 3)][seed % 2]
        graph = network((5, 6), 5, kernel=kernel, stride=(1, 1 + seed % 3 % 2), seed=seed)
        rng = np.random.default_rng(seed)
        w = graph.tensors["y/weights"]
        data = rng.choice(np.array([-128, 127], np.int8), w.shape)
        tensors = {**graph.tensors, w.name: dataclasses.replace(w, data=data)}
        extreme = dataclasses.replace(graph, tensors=tensors)
        assert fitting(extreme)
        for found in fitting(extreme):
            check_kernel(library, found, extreme, samples=4)


@pytest.mark.parametrize(
    ("core", "kernel", "stride", "dilation"),
    [
        *(("cortex-m4", *window) for window in WINDOWS),
        *(("cortex-m33", *window) for window in WINDOWS[::5]),
    ],
)
def test_the_general_kernels_on_the_cores(core, kernel, stride, dilation, load_core, tmp_path):  # noqa: F811
    graph = network(
        (11, 7), 6, kernel=kernel, stride=stride, dilation=dilation, activation=Activation.NONE
    )
    check_on_core(graph, load_core(core), tmp_path)


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m33"])
@pytest.mark.parametrize("activation", [Activation.RELU, Activation.NONE])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
@pytest.mark.parametrize(
    ("size", "channels"), [((25, 5), 5), ((3, 3), 9), ((9, 34), 6), ((7, 7), 3)]
)
def test_the_cores_compute_the_reference(
    core,
    activation,
    stride,
    size,
    channels,
    load_core,  # noqa: F811
    tmp_path,
):
    graph = network(size, channels, stride=stride, activation=activation, seed=sum(size))
    check_on_core(graph, load_core(core), tmp_path)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
@pytest.mark.parametrize(("size", "channels"), [((25, 5), 5), ((9, 34), 6), ((3, 3), 4)])
def test_a_shift_of_every_channel_computes_the_reference(
    size,
    channels,
    stride,
    monkeypatch,
    load_core,  # noqa: F811
    tmp_path,
):
    """What takes the layers without a proof: so nothing is proved here."""
    monkeypatch.setattr(depthwise_planes_dsp, "prove", lambda *_, **__: None)
    graph = network(size, channels, stride=stride, activation=Activation.NONE, seed=3)
    assert all(re.search("shifted|any|wide", k.symbol) for k in fitting(graph))
    check_on_core(graph, load_core("cortex-m4"), tmp_path, "shifted")


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 9, 15, 16, 31, 61, 62, 63, 126])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_core_computes_every_layout_of_lines(width, stride, load_core, tmp_path):  # noqa: F811
    """Four, two and one channels in a line, then two tiles and three; every rest of the loops."""
    graph = network((5, width), 6, stride=(stride, stride), seed=width)
    check_on_core(graph, load_core("cortex-m4"), tmp_path)


@pytest.mark.parametrize("size", [(25, 5), (7, 40)])
@pytest.mark.parametrize("packed", ["", "packed_"])
def test_the_core_computes_two_channels_at_a_time(packed, size, load_core, tmp_path):  # noqa: F811
    """Turned, and in lines of one channel; an odd number of channels."""
    graph = network(size, 5, seed=size[0])
    symbol = f"tg_depthwise_3x3_{packed}twos_s8_dsp"
    options = EmitOptions(kernels=((graph.nodes[0].name, symbol),))
    check_on_core(graph, load_core("cortex-m4"), tmp_path, "twos", options)


def check_on_core(graph, target, folder, part="", options=EmitOptions()):
    emission = emit(graph, target, folder / "net", name="net", options=options)
    symbol = emission.program.layers[0].kernel.symbol
    assert symbol in SYMBOLS
    assert part in symbol
    x = inputs_for(graph, 4)["x"]
    expected = reference.run_one_input(graph, x).reshape(4, -1)
    outputs = device.run_on_qemu(
        emission.folder, "net", target, x.reshape(4, -1), expected.shape[1]
    )
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("activation", [Activation.RELU, Activation.NONE])
@pytest.mark.parametrize(
    ("kernel", "stride"), [((3, 3), (1, 1)), ((3, 3), (2, 2)), ((5, 2), (1, 1))]
)
def test_a_core_without_fpu_computes_the_reference(activation, kernel, stride, load_core, tmp_path):  # noqa: F811
    """What the assembly keeps in registers of the FPU is on the stack there."""
    flags = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft")
    target = dataclasses.replace(load_core("cortex-m4"), compile_flags=flags)
    graph = network((9, 21), 6, kernel=kernel, stride=stride, activation=activation)
    check_on_core(graph, target, tmp_path)


@pytest.mark.parametrize(
    ("size", "channels"), [((25, 5), 8), ((5, 25), 8), ((25, 1), 8), ((9, 9), 8), ((25, 5), 3)]
)
def test_high_images_are_taken_turned_too(size, channels):
    graph = network(size, channels)
    (call,) = graph.calls()
    calls = [k.lower(call)[0] for k in fitting(graph)]
    turned = [c for c in calls if c.params.fields["is_turned"]]
    assert bool(turned) == (size == (25, 5) and channels == 8)


def test_two_channels_at_a_time_take_half_the_scratch():
    (call,) = network((5, 25), 8).calls()
    scratch = {k.symbol: k.scratch_bytes(call) for k in fitting(network((5, 25), 8))}
    assert (
        scratch["tg_depthwise_3x3_packed_twos_s8_dsp"]
        == scratch["tg_depthwise_3x3_packed_s8_dsp"] / 2
    )
