"""Convolutions in small groups and with few outputs for the Arm DSP extension: tg_conv2d_runs_s8_dsp."""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_armv6m import layer
from tests.kernels.test_conv2d_few_dsp import LAYERS as OTHER_LAYERS
from tests.kernels.test_conv2d_few_dsp import convolution
from tests.kernels.test_pointwise_dsp import FORMS, check_on_device, weighted_graph
from tinygen.kernels import conv2d_runs_dsp
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import Form
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D

DIRECT, RUNS = conv2d_runs_dsp.KERNELS


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library([RUNS], tmp_path_factory.mktemp("runs")))


LAYERS = [
    *OTHER_LAYERS,
    ((5, 7), 3, 3, (3, 3), (1, 1), (1, 1), 3),
    ((4, 4), 16, 24, (3, 3), (3, 1), (1, 1), 2),
]


@pytest.mark.parametrize("index", range(len(LAYERS)))
def test_windows(index, library):
    check_kernel(library, RUNS, convolution(*LAYERS[index]), samples=3)
    padded = convolution(*LAYERS[index][:6], is_padded=False) if index in (0, 1, 4) else None
    if padded is not None:
        check_kernel(library, RUNS, padded, samples=2)
        check_kernel(library, DIRECT, padded, samples=2)


def test_bands_of_rows(library):
    graph = convolution((9, 6), 12, 4, (3, 3), (2, 1), (1, 1), 2)
    (call,) = graph.calls()
    assert RUNS.lower(call)[0].params.fields["band_rows"] == 5
    for most, rows in ((1, 1), (400, 3)):
        small = RUNS.less_scratch(most)
        assert small.lower(call)[0].params.fields["band_rows"] == rows
        assert small.scratch_bytes(call) < RUNS.scratch_bytes(call)
        check_kernel(library, small, graph, samples=2)


@pytest.mark.parametrize("activation", list(Activation), ids=lambda a: a.name)
def test_activations(activation, library):
    graph = convolution((4, 5), 8, 6, (3, 3), groups=2, activation=activation)
    check_kernel(library, RUNS, graph, samples=4)


@pytest.mark.parametrize(("form", "arithmetic", "activation", "scale"), FORMS)
def test_forms(form, arithmetic, activation, scale, library):
    rng = np.random.default_rng(3)
    low = -128 if activation is Activation.RELU else 17
    graph = weighted_graph(
        Conv2D(activation=activation),
        (1, 3, 5, 11),
        rng.integers(-127, 128, (3, 1, 2, 11)),
        scales=scale * rng.uniform(0.5, 1.0, 3),
        bias=rng.integers(-(2**14), 2**14, 3),
        zero_points=(-5, low),
        arithmetic=arithmetic,
    )
    reason = RUNS.reason_against(graph.calls()[0], DSP)
    if form in (Form.RULE_A6, Form.RULE_A7):
        assert reason == "has no code for the rules"
        return
    assert reason is None
    check_kernel(library, RUNS, graph, samples=4)


@pytest.mark.parametrize(("first", "second", "twos"), [(0, -128, 2), (-1, -128, 0), (-128, 127, 2)])
def test_channels_that_cannot_be_mixed_go_alone(first, second, twos, library):
    weights = np.empty((4, 3, 3, 4), np.int8)
    weights[0::2], weights[1::2] = first, second
    graph = layer(Conv2D(), (1, 5, 6, 4), weights)
    (lowered,) = RUNS.lower(graph.calls()[0])
    assert lowered.params.fields["first"].fields["twos"] == twos
    check_kernel(library, RUNS, graph, samples=4)


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m33"])
def test_on_the_core(core, load_core, tmp_path):  # noqa: F811
    target = load_core(core)
    for index in (0, 1, 2, 4, 5, 6, 7):
        graph = convolution(*LAYERS[index])
        check_on_device(graph, target, tmp_path / f"net_{index}", RUNS.symbol)
