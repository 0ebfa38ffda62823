"""Convolutions with few output channels on cores without SIMD instructions: windows, tails, groups; on host and core.

It is tg_conv2d_few_s8.
"""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import layer, samples
from tests.kernels.test_conv2d_few_dsp import convolution
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.kernels import conv2d_few
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D

ONE_CELL, KERNEL = conv2d_few.KERNELS[:2]


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library([KERNEL], tmp_path_factory.mktemp("few")))


LAYERS = [
    ((5, 9), 6, 1, (3, 3)),
    ((4, 7), 5, 3, (3, 2), (1, 2)),
    ((3, 1), 7, 2, (3, 3)),
    ((2, 3), 33, 4, (1, 1)),
    ((9, 12), 2, 2, (3, 3), (1, 1), (2, 3)),
    ((5, 9), 8, 4, (3, 3), (2, 1), (1, 1), 4),
    ((4, 12), 6, 6, (3, 5), (1, 1), (1, 2), 2),
    ((1, 21), 3, 1, (1, 13)),
    ((6, 5), 6, 1, (7, 7)),
]
"""Of `convolution`: tiles inside and over either edge, pixels left of them, runs of every length modulo 4."""


@pytest.mark.parametrize("index", range(len(LAYERS)))
def test_layers_are_exact(index, library):
    check_kernel(library, KERNEL, convolution(*LAYERS[index]), samples=3)


@pytest.mark.parametrize("activation", list(Activation), ids=lambda a: a.name)
def test_activations(activation, library):
    graph = convolution((4, 7), 8, 3, (3, 3), activation=activation)
    check_kernel(library, KERNEL, graph, samples=2)


@pytest.mark.parametrize("weight", [-128, 127])
def test_extreme_weights(weight, library):
    weights = np.full((2, 3, 3, 4), weight, np.int8)
    check_kernel(library, KERNEL, layer(Conv2D(), (1, 4, 8, 4), weights), samples=3)


def test_windows_inside_the_image_take_no_cells_of_scratch():
    (inside,) = convolution((5, 10), 6, 1, (3, 3), is_padded=False).calls()
    (padded,) = convolution((5, 9), 6, 1, (3, 3)).calls()
    assert KERNEL.scratch_bytes(inside) == (3 + 9) * 8
    assert KERNEL.scratch_bytes(padded) == (3 + 9) * 8 + 3 * (3 + 3) * 6


def test_five_channels_are_too_many():
    (call,) = convolution((5, 9), 6, 5, (3, 3)).calls()
    assert "up to 4" in KERNEL.fits(call)


def test_pixels_of_one_cell_are_one_row(library):
    graph = convolution((3, 3), 33, 2, (1, 1))
    (call,) = graph.calls()
    assert ONE_CELL.lower(call)[0].params.fields["window"].fields["out_width"] == 9
    check_kernel(library, ONE_CELL, graph, samples=3)
    assert ONE_CELL.fits(convolution((3, 3), 8, 1, (1, 1), (2, 2)).calls()[0]) is not None


@pytest.mark.parametrize("core", ["cortex-m3", "rv32imc"])
def test_on_the_core(core, load_core, tmp_path):  # noqa: F811
    target = load_core(core)
    for index in (0, 4, 5):
        graph = convolution(*LAYERS[index])
        options = EmitOptions(kernels=((graph.nodes[0].name, KERNEL.symbol),))
        emission = emit(graph, target, tmp_path / str(index), name="net", options=options)
        x = np.concatenate([s.reshape(1, -1) for s in samples(graph)])
        shape = graph.input_tensors[0].shape
        expected = reference.run_one_input(graph, x.reshape(len(x), *shape[1:])).reshape(len(x), -1)
        outputs = device.run_on_qemu(emission.folder, "net", target, x, expected.shape[1])
        np.testing.assert_array_equal(outputs, expected)
