"""Depthwise windows cut into runs of taps: on the host in C, and in assembly on the core."""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_swar import one_node
from tests.networks import NetworkBuilder
from tests.strategies import inputs_for
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, Quantization
from tinygen.kernels import depthwise_runs
from tinygen.ops.activation import Activation
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Padding, same_padding

SYMBOL = "tg_depthwise_conv2d_s8_rv32"

WINDOWS = [
    # kernel, stride, dilation
    ((5, 5), (1, 1), (1, 1)),
    ((1, 8), (1, 1), (1, 1)),
    ((4, 1), (2, 3), (1, 1)),
    ((2, 5), (1, 2), (1, 1)),
    ((3, 3), (1, 1), (2, 2)),
    ((2, 4), (1, 2), (2, 3)),
    ((1, 3), (1, 4), (1, 1)),
    ((2, 2), (3, 1), (1, 9)),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    rows = [k for k in depthwise_runs.KERNELS if not k.in_place]
    return KernelLibrary(build_library(rows, tmp_path_factory.mktemp("runs")))


@pytest.mark.parametrize("width", [1, 4, 5, 17])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), WINDOWS, ids=str)
def test_windows_of_any_kind(kernel, stride, dilation, width, library):
    padding = same_padding((6, width), kernel, stride, dilation)
    op = DepthwiseConv2D(stride=stride, dilation=dilation, padding=padding)
    weights = np.random.default_rng(width).integers(-128, 128, (1, *kernel, 6))
    graph = one_node(op, (1, 6, width, 3), weights, zero_points=(5, -9))
    fitting = [k for k in depthwise_runs.KERNELS if not k.fits(graph.calls()[0])]
    assert fitting
    for row in fitting:
        check_kernel(library, row, graph, samples=2)


def test_rows_are_written_over_their_own_input(library):
    (in_place, _) = depthwise_runs.KERNELS
    op = DepthwiseConv2D(padding=Padding(top=3, bottom=1, left=2, right=2), dilation=(1, 2))
    weights = np.random.default_rng(1).integers(-128, 128, (1, 5, 3, 4))
    check_kernel(library, in_place, one_node(op, (1, 7, 9, 4), weights), samples=3)
    all_above = DepthwiseConv2D(padding=Padding(top=2))
    weights = weights[:, :3, :1]
    assert in_place.fits(one_node(all_above, (1, 7, 9, 4), weights).calls()[0]) is None
    beyond = DepthwiseConv2D(padding=Padding(top=3), stride=(1, 1))
    assert in_place.fits(one_node(beyond, (1, 7, 9, 4), weights).calls()[0]) is not None


def network(activation: Activation) -> Graph:
    """A layer of each kind, one behind the other."""
    n = NetworkBuilder(rng=np.random.default_rng(8))
    y = x = n.input("x", (1, 11, 121, 3), Quantization.per_tensor(0.04, 5))
    for i, (kernel, stride, dilation) in enumerate(WINDOWS):
        _, height, width, channels = n.tensors[y].shape
        padding = same_padding((height, width), kernel, stride, dilation)
        op = DepthwiseConv2D(
            stride=stride, dilation=dilation, padding=padding, activation=activation
        )
        y = n.weighted(f"window{i}", op, y, (1, *kernel, channels * (1 + i % 3 % 2)))
    return n.graph((x,), (y,), Arithmetic.TFLM)


@pytest.mark.parametrize("activation", [Activation.NONE, Activation.RELU6], ids=lambda a: a.name)
def test_the_core_computes_the_reference(activation, load_core, tmp_path):  # noqa: F811
    graph = network(activation)
    options = EmitOptions(kernels=tuple((node.name, SYMBOL) for node in graph.nodes))
    target = load_core("rv32imc")
    folder = emit(graph, target, tmp_path / "net", name="net", options=options).folder
    x = inputs_for(graph, 6)["x"]
    expected = reference.run_one_input(graph, x).reshape(6, -1)
    outputs = device.run_on_qemu(folder, "net", target, x.reshape(6, -1), expected.shape[1])
    np.testing.assert_array_equal(outputs, expected)
