"""Depthwise convolutions with any window for Armv6-M: strides, dilations, tails, bounds; on the host and on the core.

It is tg_depthwise_taps_s8_v6m.
"""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import ARMV6M, check, layer, random_weights, samples
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.ir import Graph
from tinygen.kernels import depthwise_taps_v6m
from tinygen.ops.activation import Activation
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import same_padding

IN_PLACE, ANYWHERE = depthwise_taps_v6m.KERNELS
SYMBOL = ANYWHERE.symbol


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library([ANYWHERE], tmp_path_factory.mktemp("taps")))


def depthwise(
    size, kernel, stride=(1, 1), dilation=(1, 1), *, channels=3, multiplier=1, spread=40.0, seed=0,
    activation=Activation.NONE,
) -> Graph:  # fmt: skip
    padding = same_padding(size, kernel, stride, dilation)
    op = DepthwiseConv2D(stride=stride, dilation=dilation, padding=padding, activation=activation)
    weights = random_weights((1, *kernel, channels * multiplier), spread, seed)
    return layer(op, (1, *size, channels), weights, seed=seed)


WINDOWS = [
    ((1, 1), (3, 3), (1, 1), (1, 1)),
    ((2, 2), (3, 3), (1, 1), (1, 1)),
    ((7, 6), (5, 5), (1, 1), (1, 1)),
    ((9, 11), (4, 7), (2, 2), (1, 1)),
    ((8, 9), (3, 3), (1, 1), (2, 3)),
    ((10, 13), (2, 3), (3, 4), (1, 1)),
    ((1, 40), (1, 9), (1, 2), (1, 1)),
    ((40, 1), (9, 1), (2, 1), (1, 1)),
    ((37, 8), (3, 2), (1, 1), (2, 1)),
    ((40, 30), (5, 3), (2, 1), (1, 1)),
]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("spread", [30.0, 90.0])
def test_windows(window, spread, library):
    graph = depthwise(*window, spread=spread)
    check(library, ANYWHERE, graph)
    (call,) = graph.calls()
    if IN_PLACE.reason_against(call, ARMV6M) is None:
        check(library, IN_PLACE, graph)


@pytest.mark.parametrize("activation", [Activation.RELU6, Activation.NONE])
def test_channels_and_multipliers(activation, library):
    for channels, multiplier in ((1, 1), (5, 1), (2, 3)):
        check(
            library,
            ANYWHERE,
            depthwise(
                (5, 6), (3, 5), channels=channels, multiplier=multiplier, activation=activation
            ),
        )


def test_blocks_on_their_bound(library):
    """Sums that just fit, and one more, which leads to blocks of two; two of -128 lead to another kernel."""
    weights = np.zeros((1, 3, 3, 1), np.int8)
    for values, size in (((85, 86, 85), 3), ((85, 86, 86), 2), ((-128, 127, 0), 3)):
        weights[0, 1, :, 0] = values
        graph = layer(DepthwiseConv2D(), (1, 5, 6, 1), weights.copy())
        assert ANYWHERE.lower(graph.calls()[0])[0].params.fields["blocks"].data.tolist() == [size]
        check(library, ANYWHERE, graph)
    weights[0, 0, :, 0] = (-128, -128, 0)
    reason = ANYWHERE.reason_against(
        layer(DepthwiseConv2D(), (1, 5, 6, 1), weights).calls()[0], ARMV6M
    )
    assert "-128" in reason


@pytest.mark.parametrize("index", [1, 3, 5, 9])
@pytest.mark.parametrize("spread", [30.0, 90.0])
def test_on_the_core(index, spread, load_core, tmp_path):  # noqa: F811
    graph = depthwise(*WINDOWS[index], spread=spread, seed=index)
    target = load_core("cortex-m0plus")
    options = EmitOptions(kernels=((graph.nodes[0].name, SYMBOL),))
    emission = emit(graph, target, tmp_path / "net", name="net", options=options)
    x = np.concatenate([s.reshape(1, -1) for s in samples(graph)])
    shape = graph.input_tensors[0].shape
    expected = reference.run_one_input(graph, x.reshape(len(x), *shape[1:])).reshape(len(x), -1)
    outputs = device.run_on_qemu(emission.folder, "net", target, x, expected.shape[1])
    np.testing.assert_array_equal(outputs, expected)
