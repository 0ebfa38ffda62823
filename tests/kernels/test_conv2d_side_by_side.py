"""Convolutions whose neighbouring pixels are channels of one: strides, edges, conditions; on host and core."""

from unittest import mock

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import samples
from tests.kernels.test_conv2d_few_dsp import convolution
from tinygen import device, reference
from tinygen.emit import emit
from tinygen.ir import Graph
from tinygen.kernels import CATALOGUE, Kernel, conv2d_side_by_side
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D

ROWS = dict(zip(conv2d_side_by_side.PIXELS, conv2d_side_by_side.KERNELS, strict=True))


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library([ROWS[2]], tmp_path_factory.mktemp("side_by_side")))


def reason_against(kernel: Kernel, graph: Graph) -> str | None:
    (call,) = graph.calls()
    return kernel.reason_against(call, kernel.needs)


@pytest.mark.parametrize(
    ("pixels", "arguments"),
    [
        (2, ((5, 8), 6, 3, (3, 3))),
        (3, ((4, 9), 5, 2, (3, 5), (2, 1))),
        (4, ((3, 12), 3, 1, (2, 4))),
        (4, ((1, 40), 2, 1, (1, 13), (1, 2))),
        (2, ((6, 12), 4, 2, (3, 3), (1, 3), (2, 1))),
    ],
)
def test_layers_are_exact(pixels, arguments, library):
    for is_padded in (True, False):
        graph = convolution(*arguments, is_padded=is_padded, activation=Activation.RELU6)
        if graph.calls()[0].output.shape[2] % pixels == 0:
            assert reason_against(ROWS[pixels], graph) is None
            check_kernel(library, ROWS[pixels], graph, samples=3)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (((5, 9), 6, 1, (3, 3)), "several times 2"),
        (((5, 2), 6, 1, (3, 3)), "several times 2"),
        (((5, 8), 6, 4, (3, 3)), "up to 3 output channels"),
        (((5, 16), 6, 1, (3, 3), (1, 4)), "wide windows"),
        (((5, 8), 6, 2, (3, 3), (1, 1), (1, 1), 2), "one group"),
        (((5, 8), 6, 2, (3, 3), (1, 1), (1, 2)), "without dilation"),
    ],
)
def test_layers_that_gain_nothing(arguments, reason):
    assert reason in reason_against(ROWS[2], convolution(*arguments))


def test_on_the_core(load_core, tmp_path):  # noqa: F811
    target = load_core("cortex-m0plus")
    graph = convolution((6, 12), 8, 1, (3, 3))
    with mock.patch.dict(CATALOGUE, {Conv2D: (ROWS[4],)}):
        emission = emit(graph, target, tmp_path / "net", name="net")
    x = np.concatenate([s.reshape(1, -1) for s in samples(graph)])
    shape = graph.input_tensors[0].shape
    expected = reference.run_one_input(graph, x.reshape(len(x), *shape[1:])).reshape(len(x), -1)
    outputs = device.run_on_qemu(emission.folder, "net", target, x, expected.shape[1])
    np.testing.assert_array_equal(outputs, expected)
