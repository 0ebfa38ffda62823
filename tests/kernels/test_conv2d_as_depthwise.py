"""Convolutions in groups of one input channel through the kernels of depthwise convolutions."""

import pytest

from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import layer, random_weights
from tinygen.kernels import conv2d_as_depthwise
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Padding

KERNELS = conv2d_as_depthwise.KERNELS


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = {k.symbol: k for k in KERNELS}.values()
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("as_depthwise")))


@pytest.mark.parametrize(("channels", "outputs"), [(5, 5), (3, 12)])
@pytest.mark.parametrize("kernel", [(3, 3), (5, 2)])
def test_every_kernel_that_takes_it_is_exact(channels, outputs, kernel, library):
    op = Conv2D(padding=Padding(top=1, left=1, right=1), activation=Activation.RELU6)
    graph = layer(op, (1, 7, 6, channels), random_weights((outputs, *kernel, 1), 45))
    (call,) = graph.calls()
    taken = {k.symbol: k for k in KERNELS if k.reason_against(call, k.needs) is None}
    assert len(taken) >= 4
    for row in taken.values():
        check_kernel(library, row, graph, samples=3)


def test_groups_of_two_are_not_depthwise():
    graph = layer(Conv2D(), (1, 7, 6, 4), random_weights((4, 3, 3, 2), 45))
    assert all("one input channel" in k.fits(graph.calls()[0]) for k in KERNELS)
