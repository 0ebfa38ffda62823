"""Depthwise windows cut into runs of taps for Armv7-M: on the host in C, and in assembly on the core."""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_depthwise_runs import WINDOWS, network
from tests.kernels.test_swar import one_node
from tests.strategies import inputs_for
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.kernels import depthwise_runs_v7m
from tinygen.ops.activation import Activation
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import same_padding


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    rows = [k for k in depthwise_runs_v7m.KERNELS if not k.in_place]
    return KernelLibrary(build_library(rows, tmp_path_factory.mktemp("runs_v7m")))


@pytest.mark.parametrize(("kernel", "stride", "dilation"), WINDOWS, ids=str)
def test_windows_of_any_kind(kernel, stride, dilation, library):
    op = DepthwiseConv2D(
        stride=stride,
        dilation=dilation,
        padding=same_padding((6, 7), kernel, stride, dilation),
    )
    weights = np.random.default_rng(7).integers(-128, 128, (1, *kernel, 6))
    graph = one_node(op, (1, 6, 7, 3), weights, zero_points=(5, -9))
    fitting = [k for k in depthwise_runs_v7m.KERNELS if not k.fits(graph.calls()[0])]
    assert fitting
    for row in fitting:
        check_kernel(library, row, graph, samples=2)


@pytest.mark.parametrize("activation", [Activation.NONE, Activation.RELU6], ids=lambda a: a.name)
def test_the_core_computes_the_reference(activation, load_core, tmp_path):  # noqa: F811
    graph = network(activation)
    symbol = depthwise_runs_v7m.SYMBOL
    options = EmitOptions(kernels=tuple((node.name, symbol) for node in graph.nodes))
    target = load_core("cortex-m3")
    folder = emit(graph, target, tmp_path / "net", name="net", options=options).folder
    x = inputs_for(graph, 6)["x"]
    expected = reference.run_one_input(graph, x).reshape(6, -1)
    outputs = device.run_on_qemu(folder, "net", target, x.reshape(6, -1), expected.shape[1])
    np.testing.assert_array_equal(outputs, expected)
