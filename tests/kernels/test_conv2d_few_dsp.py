"""Convolutions in groups and with few outputs for the Arm DSP extension: windows, tails, forms; on host and core.

They are tg_conv2d_groups_s8_dsp and tg_conv2d_quads_s8_dsp.
"""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import layer, random_weights, samples
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.ir import Graph
from tinygen.kernels import conv2d_groups_dsp, conv2d_quads_dsp
from tinygen.kernels.dsp import DSP
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Padding, same_padding

(MERGED, QUADS), (GROUPS,) = conv2d_quads_dsp.KERNELS, conv2d_groups_dsp.KERNELS


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library([QUADS, GROUPS], tmp_path_factory.mktemp("few")))


def convolution(
    size, depth, count, kernel, stride=(1, 1), dilation=(1, 1), groups=1, *, is_padded=True,
    activation=Activation.NONE, spread=40.0,
) -> Graph:  # fmt: skip
    padding = same_padding(size, kernel, stride, dilation) if is_padded else Padding()
    op = Conv2D(stride=stride, dilation=dilation, padding=padding, activation=activation)
    weights = random_weights((count, *kernel, depth // groups), spread, count)
    return layer(op, (1, *size, depth), weights, seed=depth)


LAYERS = [
    ((5, 6), 8, 1, (3, 3)),
    ((4, 7), 5, 3, (3, 2), (1, 2)),
    ((6, 1), 7, 2, (3, 3)),
    ((3, 4), 33, 5, (1, 1)),
    ((9, 8), 4, 2, (3, 3), (1, 1), (2, 3)),
    ((7, 9), 12, 8, (3, 3), (2, 2), (1, 1), 4),
    ((6, 5), 12, 6, (3, 5), (1, 1), (1, 1), 2),
    ((5, 5), 9, 9, (3, 3), (1, 1), (2, 2), 3),
    ((1, 30), 6, 1, (1, 8), (1, 2)),
    ((3, 5), 8, 3, (3, 3)),
]


@pytest.mark.parametrize("index", range(len(LAYERS)))
def test_layers_by_fours(index, library):
    check_kernel(library, QUADS, convolution(*LAYERS[index]), samples=4)


def test_without_padding_nothing_is_copied(library):
    graph = convolution((5, 6), 8, 3, (3, 2), is_padded=False)
    assert QUADS.lower(graph.calls()[0])[0].params.fields["is_direct"] == 1
    check_kernel(library, QUADS, graph, samples=4)
    odd = convolution((5, 6), 7, 3, (3, 3), is_padded=False)
    assert QUADS.lower(odd.calls()[0])[0].params.fields["is_direct"] == 0
    check_kernel(library, QUADS, odd, samples=4)


@pytest.mark.parametrize(
    ("size", "depth", "count", "rows"),
    [((4, 5), 8, 1, 1), ((6, 7), 33, 2, 1), ((9, 20), 12, 3, 3), ((5, 50), 8, 1, 5)],
)
def test_rows_of_small_images_are_merged(size, depth, count, rows, library):
    graph = convolution(size, depth, count, (1, 1))
    (call,) = graph.calls()
    if rows == size[0]:
        assert MERGED.reason_against(call, DSP) == "has rows that are long enough"
        return
    window = MERGED.lower(call)[0].params.fields["window"].fields
    assert (window["in_height"], window["in_width"]) == (rows, size[0] // rows * size[1])
    check_kernel(library, MERGED, graph, samples=4)


@pytest.mark.parametrize("activation", list(Activation), ids=lambda a: a.name)
def test_activations(activation, library):
    graph = convolution((4, 5), 8, 6, (3, 3), groups=2, activation=activation)
    check_kernel(library, QUADS, graph, samples=4)
    check_kernel(library, GROUPS, graph, samples=4)


def test_weights_of_minus_128_that_cannot_be_mixed(library):
    weights = np.full((4, 3, 3, 4), -128, np.int8)
    graph = layer(Conv2D(), (1, 5, 6, 8), weights)
    assert "-128" in GROUPS.reason_against(graph.calls()[0], DSP)
    check_kernel(library, QUADS, graph, samples=4)


@pytest.mark.parametrize("index", [5, 6])
def test_groups(index, library):
    check_kernel(library, GROUPS, convolution(*LAYERS[index]), samples=4)


def test_groups_of_one_channel_each_and_of_many_outputs(library):
    for depth, count, groups in ((3, 3, 3), (4, 18, 2), (10, 20, 5)):
        graph = convolution((5, 7), depth, count, (3, 3), groups=groups)
        check_kernel(library, GROUPS, graph, samples=3)


@pytest.mark.parametrize(
    ("index", "symbol"),
    [(i, QUADS.symbol) for i in range(len(LAYERS))] + [(5, GROUPS.symbol), (6, GROUPS.symbol)],
)
def test_on_the_core(index, symbol, load_core, tmp_path):  # noqa: F811
    graph = convolution(*LAYERS[index])
    target = load_core("cortex-m4")
    options = EmitOptions(kernels=((graph.nodes[0].name, symbol),))
    emission = emit(graph, target, tmp_path / "net", name="net", options=options)
    x = np.concatenate([s.reshape(1, -1) for s in samples(graph)])
    shape = graph.input_tensors[0].shape
    expected = reference.run_one_input(graph, x.reshape(len(x), *shape[1:])).reshape(len(x), -1)
    outputs = device.run_on_qemu(emission.folder, "net", target, x, expected.shape[1])
    np.testing.assert_array_equal(outputs, expected)
