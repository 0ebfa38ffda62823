"""Kernels that can do with small buffers compute the same bytes with them, in no more memory than they say."""

import numpy as np
import pytest

from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_conv2d_dsp import random_graph, random_layer
from tinygen.ir import Graph
from tinygen.kernels import CATALOGUE, Kernel
from tinygen.kernels.dsp import DSP
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Padding
from tinygen.streaming.network import SCRATCH_BYTES

STRIPS = "tg_conv2d_strips_s8_dsp"
PIECES = "tg_conv2d_strips_pieces_s8_dsp"
SYMBOLS = (PIECES, "tg_conv2d_s8_dsp", "tg_conv2d_unmixed_s8_dsp")
LEAST = min(SCRATCH_BYTES)


def row(symbol: str) -> Kernel:
    return next(k for k in CATALOGUE[Conv2D] if k.symbol == symbol)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = [row(symbol) for symbol in SYMBOLS]
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("less")))


def strips_of(graph: Graph, kernel: Kernel) -> dict:
    (call,) = graph.calls()
    (fields,) = (k.params.fields for k in kernel.lower(call))
    return fields


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_random_layers_are_exact(symbol, library):
    """Windows that reach beyond the image on every side, strides, dilations, groups."""
    checked = 0
    for seed in range(40):
        graph = random_layer(np.random.default_rng(seed), symbol)
        if graph is not None and row(symbol).reason_against(graph.calls()[0], DSP) is None:
            check_kernel(library, row(symbol).less_scratch(LEAST), graph, 2)
            checked += 1
    assert checked > 15


@pytest.mark.parametrize("most", SCRATCH_BYTES)
@pytest.mark.parametrize(("width", "depth"), [(24, 2), (23, 3), (5, 2)])
def test_strips_that_read_rows_in_their_place_are_exact(most, width, depth, library):
    """Several strips of a row, of which only the outer ones reach beyond it; halves, neighbours and pairs of rows."""
    rng = np.random.default_rng(most)
    op = Conv2D(padding=Padding(top=1, bottom=1, left=1, right=1))
    graph = random_graph(rng, op, (1, 5, width, depth), (3, 3), 6)
    kernel = row(PIECES).less_scratch(most)
    assert strips_of(graph, kernel)["strip"] <= strips_of(graph, row(PIECES))["strip"]
    check_kernel(library, kernel, graph, 2)


def test_less_scratch_is_less():
    graph = random_graph(np.random.default_rng(1), Conv2D(), (1, 9, 60, 3), (3, 3), 8)
    (call,) = graph.calls()
    sizes = [row(PIECES).less_scratch(most).scratch_bytes(call) for most in SCRATCH_BYTES]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < row(STRIPS).scratch_bytes(call) / 4
