"""1x1 convolutions with few outputs for the Arm DSP extension, on the host and on the core."""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_fully_connected_dsp import conflicting_graph, graphs_at_the_bounds
from tests.kernels.test_pointwise_dsp import (
    FORMS,
    check_on_device,
    form_of,
    kernel_of,
    random_graph,
    weighted_graph,
)
from tinygen.ir import Graph
from tinygen.kernels.dsp import DSP
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected

SYMBOL = "tg_conv2d_1x1_direct_s8_dsp"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernel = kernel_of(Conv2D, SYMBOL)
    return KernelLibrary(build_library([kernel], tmp_path_factory.mktemp("direct")))


def check(library: KernelLibrary, graph: Graph, samples: int = 2) -> None:
    (call,) = graph.calls()
    kernel = kernel_of(type(call.op), SYMBOL)
    assert kernel.reason_against(call, DSP) is None
    check_kernel(library, kernel, graph, samples)


SHAPES = [
    ((1, 1), 8, 1), ((1, 2), 9, 2), ((3, 3), 12, 3), ((2, 4), 15, 4), ((1, 3), 33, 5), ((3, 2), 66, 1),
    ((2, 2), 31, 6), ((3, 1), 100, 2),
]  # fmt: skip


def graph_of(index: int, stride: tuple[int, int] = (1, 1)) -> Graph:
    size, depth, channels = SHAPES[index]
    activation = Activation.RELU if index % 2 else Activation.NONE
    op = Conv2D(stride=stride, activation=activation)
    return random_graph(np.random.default_rng(index), op, (1, *size, depth), channels)


@pytest.mark.parametrize("index", range(len(SHAPES)))
def test_every_tail_is_exact(index, library):
    check(library, graph_of(index))


@pytest.mark.parametrize("stride", [(1, 2), (2, 1), (2, 3)])
def test_strides_leave_pixels_out(stride, library):
    for index in (2, 3, 5):
        check(library, graph_of(index, stride))


def test_rows_of_fully_connected_layers_are_pixels(library):
    rng = np.random.default_rng(1)
    for rows, depth, channels in [(1, 9, 2), (2, 33, 1), (5, 14, 3)]:
        check(library, random_graph(rng, FullyConnected(), (rows, depth), channels))
        check(library, conflicting_graph(rng, rows, depth, channels))


@pytest.mark.parametrize(("form", "arithmetic", "activation", "scale"), FORMS)
def test_every_form_is_exact(form, arithmetic, activation, scale, library):
    rng = np.random.default_rng(3)
    low = -128 if activation is Activation.RELU else 17
    for channels in (2, 3):
        graph = weighted_graph(
            Conv2D(activation=activation),
            (1, 1, 3, 22),
            rng.integers(-127, 128, (channels, 1, 1, 22)),
            scales=scale * rng.uniform(0.5, 1.0, channels),
            bias=rng.integers(-(2**14), 2**14, channels),
            zero_points=(-5, low),
            arithmetic=arithmetic,
        )
        assert form_of(graph) is form
        check(library, graph, samples=4)


def test_channels_that_cannot_be_mixed_go_alone(library):
    for graph, twos in graphs_at_the_bounds():
        (lowered,) = kernel_of(FullyConnected, SYMBOL).lower(graph.calls()[0])
        assert lowered.params.fields["row"].fields["twos"] == twos
        check(library, graph)


def test_conditions():
    rng = np.random.default_rng(1)
    (call,) = random_graph(rng, Conv2D(), (1, 2, 2, 7), 2).calls()
    assert "8 inputs" in kernel_of(Conv2D, SYMBOL).reason_against(call, DSP)
    (call,) = random_graph(rng, FullyConnected(), (32768, 8), 1).calls()
    assert "32768" in kernel_of(FullyConnected, SYMBOL).reason_against(call, DSP)


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m33"])
def test_on_the_core(core, load_core, tmp_path):  # noqa: F811
    target = load_core(core)
    for index in range(len(SHAPES)):
        check_on_device(graph_of(index), target, tmp_path / f"net_{index}", SYMBOL)
    graph = conflicting_graph(np.random.default_rng(5), 3, 45, 3)
    check_on_device(graph, target, tmp_path / "alone", SYMBOL)
