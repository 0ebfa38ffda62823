"""Fully connected layers for the Arm DSP extension: every tail and form, on the host and on the real cores."""

from dataclasses import replace

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_pointwise_dsp import (
    FORMS,
    check_on_device,
    form_of,
    kernel_of,
    random_graph,
    weighted_graph,
)
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, Quantization, verify
from tinygen.kernels.dsp import DSP
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected

SYMBOL = "tg_fully_connected_s8_dsp"
ANY = "tg_fully_connected_any_s8_dsp"
FEW = "tg_fully_connected_few_s8_dsp"


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = [kernel_of(FullyConnected, symbol) for symbol in (SYMBOL, ANY, FEW)]
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("fully_connected")))


def check(library: KernelLibrary, graph: Graph, samples: int = 5, symbol: str = SYMBOL) -> None:
    (call,) = graph.calls()
    kernel = kernel_of(type(call.op), symbol)
    assert kernel.reason_against(call, DSP) is None
    check_kernel(library, kernel, graph, samples)


@pytest.mark.parametrize("depth", [*range(1, 14), 31, 32, 33, 34, 35, 66, 100])
def test_every_tail_is_exact(depth, library):
    rng = np.random.default_rng(depth)
    for channels in (1, 2, 4, 5, 7, 8, 9, 12, 13, 16, 23):
        check(library, random_graph(rng, FullyConnected(), (1, depth), channels))


def test_rows_are_exact(library):
    rng = np.random.default_rng(2)
    check(library, random_graph(rng, FullyConnected(), (3, 21), 11))


@pytest.mark.parametrize("channels", [3, 16])
def test_a_window_over_the_whole_input_is_fully_connected(channels, library):
    rng = np.random.default_rng(channels)
    weights = rng.integers(-127, 128, (channels, 3, 2, 5))
    check(library, weighted_graph(Conv2D(), (1, 3, 2, 5), weights, scales=0.002))
    smaller = weighted_graph(Conv2D(), (1, 4, 2, 5), weights, scales=0.002).calls()[0]
    assert "as large as" in kernel_of(Conv2D, SYMBOL).reason_against(smaller, DSP)


@pytest.mark.parametrize("activation", list(Activation), ids=lambda a: a.name)
@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_every_activation_is_exact(activation, arithmetic, library):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        op = FullyConnected(activation=activation)
        check(library, random_graph(rng, op, (1, 45), 19, arithmetic, octaves=seed))


def graph_of_form(
    arithmetic: Arithmetic, activation: Activation, scale: float, *, per_channel: bool
) -> Graph:
    """21 channels: two blocks of eight in assembly, and five through their accumulators."""
    rng = np.random.default_rng(3)
    low = -128 if activation is Activation.RELU else 17
    factors = rng.uniform(0.5, 1.0, 21) if per_channel else 0.7
    return weighted_graph(
        FullyConnected(activation=activation),
        (1, 22),
        rng.integers(-127, 128, (21, 22)),
        scales=scale * factors,
        bias=rng.integers(-(2**14), 2**14, 21),
        zero_points=(-5, low),
        arithmetic=arithmetic,
    )


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize(("form", "arithmetic", "activation", "scale"), FORMS)
def test_every_form_is_exact(form, arithmetic, activation, scale, per_channel, library):
    graph = graph_of_form(arithmetic, activation, scale, per_channel=per_channel)
    assert form_of(graph) is form
    (lowered,) = kernel_of(FullyConnected, SYMBOL).lower(graph.calls()[0])
    assert (lowered.params.fields["channel_words"] == 0) is not per_channel
    check(library, graph, samples=12)


def extreme_graph(low: int, high: int, bias: int = 0) -> Graph:
    weights = np.empty((4, 8))
    weights[0::2], weights[1::2] = low, high
    return weighted_graph(
        FullyConnected(), (1, 8), weights, scales=0.01, bias=bias, zero_points=(0, 0)
    )


def reason_against(graph: Graph, symbol: str = SYMBOL) -> str | None:
    return kernel_of(FullyConnected, symbol).reason_against(graph.calls()[0], DSP)


def test_conditions_hold_at_their_bounds(library):
    largest = 2**23 - 1 - 8 * 127 * 127
    check(library, extreme_graph(0, -128))
    check(library, extreme_graph(127, 127, bias=largest))
    assert "-128" in reason_against(extreme_graph(-1, -128))
    assert "24 bits" in reason_against(extreme_graph(127, 127, bias=largest + 1))


# Weights that do not mix as they are, or have a zero point


def conflicting_graph(rng: np.random.Generator, rows: int, depth: int, channels: int) -> Graph:
    """Weights of -128 above weights below 0, and some that are not."""
    weights = rng.choice([-128, -128, -1, 0, 127, *rng.integers(-128, 128, 20)], (channels, depth))
    return weighted_graph(
        FullyConnected(),
        (rows, depth),
        weights,
        scales=0.02 / np.sqrt(depth) * rng.uniform(0.5, 1.0, channels),
        bias=rng.integers(-20000, 20000, channels),
    )


def with_zero_point(graph: Graph, zero_point: int) -> Graph:
    """One scale, and this zero point, for all weights."""
    w = graph.tensors["w"]
    scale = float(w.quantization.scales[0])
    moved = replace(w, quantization=Quantization.per_tensor(scale, zero_point))
    return verify(replace(graph, tensors={**graph.tensors, "w": moved}))


@pytest.mark.parametrize("channels", [1, 2, 3, 7, 8, 12, 17])
def test_conflicting_weights_are_exact(channels, library):
    rng = np.random.default_rng(channels)
    for depth in (1, 2, 5, 16, 33):
        graph = conflicting_graph(rng, 1, depth, channels)
        check(library, graph, symbol=ANY)
    if channels > 1:
        assert "-128" in reason_against(graph)


def test_conflicts_everywhere_and_nowhere_are_exact(library):
    check(library, extreme_graph(-1, -128), symbol=ANY)
    check(library, extreme_graph(-128, -128), symbol=ANY)
    check(library, extreme_graph(3, 5), symbol=ANY)


@pytest.mark.parametrize("zero_point", [-128, -3, 0, 127])
def test_a_zero_point_of_the_weights_is_exact(zero_point, library):
    rng = np.random.default_rng(4)
    for rows, depth, channels in [(1, 19, 5), (3, 8, 12)]:
        graph = with_zero_point(conflicting_graph(rng, rows, depth, channels), zero_point)
        check(library, graph, symbol=ANY)
        if zero_point != 0:
            assert "zero point" in reason_against(graph)


def parts_of(graph: Graph) -> int:
    (lowered,) = kernel_of(FullyConnected, ANY).lower(graph.calls()[0])
    return lowered.params.fields["parts"]


@pytest.mark.parametrize("zero_point", [0, 9])
@pytest.mark.parametrize("channels", [3, 8, 13])
def test_accumulators_of_more_than_24_bits_are_exact(channels, zero_point, library):
    rng = np.random.default_rng(channels)
    weights = rng.integers(-128, 128, (channels, 1500))
    weights[0], weights[-1] = 127, -127
    scales = 1e-5 if zero_point else 1e-5 * rng.uniform(0.5, 1.5, channels)
    graph = weighted_graph(FullyConnected(), (2, 1500), weights, scales=scales, bias=-400000)
    graph = with_zero_point(graph, zero_point) if zero_point else graph
    assert parts_of(graph) >= 3
    check(library, graph, samples=3, symbol=ANY)


def test_parts_begin_where_24_bits_end(library):
    # eight weights of 127: accumulators are bounded by bias + 8 * 127 * 128
    largest = 2**23 - 1 - 8 * 127 * 128
    graph = extreme_graph(127, 127, bias=largest)
    assert parts_of(graph) == 1
    check(library, graph, symbol=ANY)
    assert "parts" in reason_against(extreme_graph(127, 127, bias=2**23 - 1), ANY)


# Few outputs


def mixing_graph(rng: np.random.Generator, depth: int, channels: int, rows: int = 1) -> Graph:
    weights = rng.choice([-127, 0, 127, *rng.integers(-127, 128, 20)], (channels, depth))
    return weighted_graph(
        FullyConnected(activation=Activation.RELU if depth % 2 else Activation.NONE),
        (rows, depth),
        weights,
        scales=0.02 / np.sqrt(depth) * rng.uniform(0.5, 1.0, channels),
        bias=rng.integers(-20000, 20000, channels),
        zero_points=(-128, -128) if depth % 2 else (127, 4),
    )


def few_fields(graph: Graph) -> dict[str, object]:
    (lowered,) = kernel_of(FullyConnected, FEW).lower(graph.calls()[0])
    return lowered.params.fields


@pytest.mark.parametrize("depth", [8, 9, 11, 12, 14, 31, 33, 100])
def test_few_outputs_are_exact(depth, library):
    rng = np.random.default_rng(depth)
    for channels in (1, 2, 3, 4, 5, 6, 7, 11):
        mixed, alone = (
            mixing_graph(rng, depth, channels),
            conflicting_graph(rng, 1, depth, channels),
        )
        assert few_fields(mixed)["twos"] == channels // 2
        check(library, mixed, samples=2, symbol=FEW)
        check(library, alone, samples=2, symbol=FEW)
    for rows, channels in [(2, 3), (3, 20), (5, 4)]:
        check(library, conflicting_graph(rng, rows, depth, channels), samples=2, symbol=FEW)
        check(library, mixing_graph(rng, depth, channels, rows), samples=2, symbol=FEW)


@pytest.mark.parametrize(("form", "arithmetic", "activation", "scale"), FORMS)
def test_few_outputs_have_every_form(form, arithmetic, activation, scale, library):
    graph = graph_of_form(arithmetic, activation, scale, per_channel=True)
    assert few_fields(graph)["form"] == form
    check(library, graph, samples=6, symbol=FEW)


def graphs_at_the_bounds() -> list[tuple[Graph, int]]:
    """On each bound of mixed weights and one past it, with how many twos are mixed."""
    largest = 2**23 - 1 - 8 * 127 * 127
    return [
        (extreme_graph(0, -128), 2),
        (extreme_graph(-1, -128), 0),
        (extreme_graph(127, 127, bias=largest), 2),
        (extreme_graph(127, 127, bias=largest + 1), 0),
    ]


def test_channels_that_cannot_be_mixed_go_alone(library):
    for graph, twos in graphs_at_the_bounds():
        assert few_fields(graph)["twos"] == twos
        check(library, graph, symbol=FEW)


def test_few_outputs_have_their_conditions():
    rng = np.random.default_rng(1)
    assert "8 inputs" in reason_against(conflicting_graph(rng, 1, 7, 2), FEW)
    moved = with_zero_point(conflicting_graph(rng, 1, 8, 2), 1)
    assert "zero point" in reason_against(moved, FEW)
    largest = 2**31 - 1 - 8 * 127 * 128
    assert reason_against(extreme_graph(127, 127, bias=largest), FEW) is None
    assert "int32" in reason_against(extreme_graph(127, 127, bias=largest + 1), FEW)


FEW_ON_THE_CORE = [(8, 1), (9, 2), (12, 3), (15, 4), (33, 5), (66, 6), (129, 7), (40, 8), (31, 9)]


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m33"])
def test_few_outputs_on_the_core(core, load_core, tmp_path):  # noqa: F811
    rng, target = np.random.default_rng(5), load_core(core)
    for depth, channels in FEW_ON_THE_CORE:
        graph = mixing_graph(rng, depth, channels)
        check_on_device(graph, target, tmp_path / f"mixed_{depth}", FEW)
    graph = conflicting_graph(rng, 2, 45, 3)
    check_on_device(graph, target, tmp_path / "alone", FEW)


def test_assembly_takes_any_weights(load_core, tmp_path):  # noqa: F811
    rng = np.random.default_rng(6)
    graph = with_zero_point(conflicting_graph(rng, 2, 45, 13), -7)
    core = load_core("cortex-m4")
    assert check_on_device(graph, core, tmp_path / "layer") == ANY
    graph = conflicting_graph(rng, 1, 45, 13)
    assert check_on_device(graph, core, tmp_path / "conflicting") == ANY


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize(("form", "arithmetic", "activation", "scale"), FORMS)
def test_assembly_has_every_form(
    form,
    arithmetic,
    activation,
    scale,
    per_channel,
    load_core,  # noqa: F811
    tmp_path,
):
    graph = graph_of_form(arithmetic, activation, scale, per_channel=per_channel)
    assert check_on_device(graph, load_core("cortex-m4"), tmp_path / "layer") == SYMBOL


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
@pytest.mark.parametrize(("depth", "channels"), [(128, 8), (97, 14), (30, 20), (3, 9), (70, 33)])
def test_assembly_is_exact_for_any_shape(core, depth, channels, load_core, tmp_path):  # noqa: F811
    rng = np.random.default_rng(depth)
    graph = random_graph(rng, FullyConnected(activation=Activation.RELU), (1, depth), channels)
    assert check_on_device(graph, load_core(core), tmp_path / "layer") == SYMBOL
