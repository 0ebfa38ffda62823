"""Dilated columns as channels of wider pixels: the same bytes as the reference through every kernel."""

from dataclasses import replace

import numpy as np
import pytest

from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import layer, random_weights
from tinygen.ir import Graph, Range
from tinygen.kernels import Kernel, dilated_dsp
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Padding

LAYERS = [
    (
        Conv2D(dilation=(2, 2), padding=Padding(top=2, bottom=2, left=2, right=2)),
        (1, 5, 8, 5),
        (3, 3, 3, 5),
    ),
    (Conv2D(dilation=(1, 3)), (1, 4, 15, 6), (4, 2, 3, 3)),
    (DepthwiseConv2D(dilation=(1, 2), padding=Padding(top=1, left=4)), (1, 6, 10, 5), (1, 3, 3, 5)),
    (DepthwiseConv2D(stride=(2, 1), dilation=(2, 3)), (1, 9, 18, 3), (1, 2, 4, 6)),
]


def dilated(index: int) -> Graph:
    op, x, weights = LAYERS[index]
    return layer(op, x, random_weights(weights, 45), seed=index)


def taking(graph: Graph) -> list[Kernel]:
    (call,) = graph.calls()
    rows = (k for k in dilated_dsp.KERNELS if k.op is type(call.op))
    return [k for k in rows if k.reason_against(call, k.needs) is None]


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = {k.symbol: k for i in range(len(LAYERS)) for k in taking(dilated(i))}.values()
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("dilated")))


@pytest.mark.parametrize("index", range(len(LAYERS)))
def test_every_kernel_that_takes_it_is_exact(index, library):
    graph = dilated(index)
    taken = taking(graph)
    assert taken
    for kernel in taken:
        check_kernel(library, kernel, graph, samples=3)


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (Conv2D(dilation=(2, 1)), (1, 6, 8, 4)),
        (Conv2D(dilation=(1, 2), stride=(1, 2)), (1, 6, 8, 4)),
        (Conv2D(dilation=(1, 2)), (1, 6, 9, 4)),
        (Conv2D(dilation=(1, 2), padding=Padding(left=1, right=2)), (1, 6, 8, 4)),
        (Conv2D(dilation=(1, 2), padding=Padding(left=2, right=1)), (1, 6, 8, 4)),
    ],
)
def test_what_is_no_image_of_wider_pixels_is_left(op, shape):
    (call,) = layer(op, shape, random_weights((3, 2, 3, 4), 45)).calls()
    rows = [k for k in dilated_dsp.KERNELS if k.op is Conv2D]
    assert all("dilated columns" in k.fits(call) or "multiples" in k.fits(call) for k in rows)


def test_ranges_and_constants_are_those_of_every_pixel():
    (call,) = dilated(2).calls()
    known = Range(low=np.arange(-5, 0), high=np.arange(5))
    seen = dilated_dsp.without_dilation(replace(call, input_ranges=(known, None, None)))
    assert seen.inputs[0].shape == (1, 6, 5, 10)
    assert seen.output.shape == (1, 5, 5, 10)
    assert seen.input_range(0).low.tolist() == [*range(-5, 0)] * 2
    first = call.inputs[1].data
    assert (seen.inputs[1].data == np.concatenate([first, first], 3)).all()
    assert (seen.inputs[2].data == np.tile(call.inputs[2].data, 2)).all()
