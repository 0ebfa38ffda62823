"""Signals that stand upright: the same bytes as the reference through every kernel that takes them on its side."""

import pytest

from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import layer, random_weights
from tinygen.ir import Graph
from tinygen.kernels import upright
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Padding

SIGNALS = [
    (Conv2D(stride=(2, 1), padding=Padding(top=3, bottom=1)), (1, 23, 1, 6), (9, 8, 1, 6)),
    (Conv2D(dilation=(3, 1), padding=Padding(top=2, bottom=4)), (1, 17, 1, 8), (5, 3, 1, 8)),
    (DepthwiseConv2D(padding=Padding(top=2, bottom=2)), (1, 19, 1, 7), (1, 5, 1, 7)),
    (DepthwiseConv2D(stride=(3, 2), padding=Padding(top=1)), (1, 20, 1, 3), (1, 3, 1, 6)),
]


def signal(index: int) -> Graph:
    op, x, weights = SIGNALS[index]
    return layer(op, x, random_weights(weights, 45), seed=index)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = {k.symbol: k for k in upright.KERNELS}.values()
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("upright")))


@pytest.mark.parametrize("index", range(len(SIGNALS)))
def test_every_kernel_that_takes_it_is_exact(index, library):
    graph = signal(index)
    (call,) = graph.calls()
    rows = [k for k in upright.KERNELS if k.op is type(call.op)]
    taken = [k for k in rows if k.reason_against(call, k.needs) is None]
    assert len({k.symbol for k in taken}) >= 3
    for kernel in taken:
        check_kernel(library, kernel, graph, samples=3)


def test_a_wider_image_is_not_upright():
    wide = layer(Conv2D(), (1, 9, 2, 8), random_weights((5, 3, 1, 8), 45))
    flat = layer(Conv2D(), (1, 1, 1, 8), random_weights((5, 1, 1, 8), 45))
    for graph in (wide, flat):
        (call,) = graph.calls()
        assert all("one column" in k.fits(call) for k in upright.KERNELS if k.op is Conv2D)
