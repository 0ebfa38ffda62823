"""Convolutions by direct kernels for the Arm DSP extension: every tail, window, form and bound, on the host and on the
real cores."""

import itertools
from collections import Counter

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_pointwise_dsp import weighted_graph
from tests.strategies import inputs_for
from tinygen import device, reference, targets
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Graph
from tinygen.kernels import CATALOGUE, Kernel, conv2d_strips_dsp, select
from tinygen.kernels.conv2d_mixed import weight_sums
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import Form, find_scale
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Padding, Window

WIDE = "tg_conv2d_3_wide_s8_dsp"
WIDE_2 = "tg_conv2d_3_wide_stride2_s8_dsp"
WIDE_STRIPS = "tg_conv2d_3_wide_strips_s8_dsp"
WIDE_2_STRIPS = "tg_conv2d_3_wide_stride2_strips_s8_dsp"
STRIPS = "tg_conv2d_strips_s8_dsp"
ANY = "tg_conv2d_s8_dsp"
UNMIXED = "tg_conv2d_unmixed_s8_dsp"
SYMBOLS = (WIDE, WIDE_2, WIDE_STRIPS, WIDE_2_STRIPS, STRIPS, ANY, UNMIXED)
WIDE_STRIDES = {WIDE: 1, WIDE_2: 2, WIDE_STRIPS: 1, WIDE_2_STRIPS: 2}

FEATURES = targets.load("cortex-m4").features


def row(symbol: str) -> Kernel:
    """With the shortest strips, which small layers have otherwise only one of in a row."""
    kernel = next(k for k in CATALOGUE[Conv2D] if k.symbol == symbol)
    return kernel.less_scratch(1) if symbol in (WIDE_STRIPS, WIDE_2_STRIPS) else kernel


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = [row(symbol) for symbol in SYMBOLS]
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("conv2d")))


def form_of(graph: Graph) -> Form:
    (call,) = graph.calls()
    return find_scale(call, weight_sums(call)).form


def random_graph(
    rng: np.random.Generator,
    op: Conv2D,
    shape: tuple[int, ...],
    kernel: tuple[int, int],
    channels: int,
    *,
    groups: int = 1,
    octaves: float = 2.0,
    arithmetic: Arithmetic = Arithmetic.TFLM,
) -> Graph:
    """Random weights with extremes among them, and scales that spread the outputs over int8."""
    depth = shape[3] // groups
    weights = np.clip(np.rint(rng.normal(0, 45, (channels, *kernel, depth))), -127, 127)
    extreme = rng.random(weights.shape) < 0.1
    weights = np.where(extreme, rng.choice([-127, 127], weights.shape), weights)
    spread = 60 * 45 * np.sqrt(depth * kernel[0] * kernel[1])
    scales = 60 / spread * 2.0 ** rng.uniform(-octaves / 2, octaves / 2, channels)
    low = -128 if op.activation is not Activation.NONE else int(rng.integers(-128, 128))
    zero_points = (int(rng.choice([-128, 127, int(rng.integers(-128, 128))])), low)
    bias = rng.integers(-int(spread), int(spread), channels)
    return weighted_graph(
        op, shape, weights, scales=scales, bias=bias, zero_points=zero_points, arithmetic=arithmetic
    )


def check(library: KernelLibrary, symbol: str, graph: Graph, samples: int = 3) -> None:
    (call,) = graph.calls()
    assert row(symbol).reason_against(call, DSP) is None
    check_kernel(library, row(symbol), graph, samples)


SAME = Padding(top=1, bottom=1, left=1, right=1)


# Shapes


def random_layer(rng: np.random.Generator, symbol: str) -> Graph | None:
    """A layer of the kernel's family, with every tail and padding; None where the window does not fit."""
    height, width = rng.integers(1, 14, 2).tolist()
    kernel = (int(rng.choice([1, 2, 3, 5])), int(rng.choice([1, 2, 3, 4])))
    stride = tuple(rng.integers(1, 4, 2).tolist())
    dilation, groups, depth = (1, 1), 1, int(rng.integers(1, 10))
    if symbol in WIDE_STRIDES:
        kernel, depth = (kernel[0], 3), int(rng.choice([8, 16, 24]))
        stride = (stride[0], WIDE_STRIDES[symbol])
    elif symbol in (ANY, UNMIXED):
        dilation = tuple(rng.choice([1, 1, 2, 3], 2).tolist())
        groups = int(rng.choice([1, 1, 2, 3]))
    top, bottom, left, right = rng.integers(0, 5, 4).tolist()
    padding = Padding(top=top, bottom=bottom, left=left, right=right)
    extent = Window(kernel=kernel, dilation=dilation).extent
    least_width = extent[1] + WIDE_STRIDES.get(symbol, 0)
    if height + top + bottom < extent[0] or width + left + right < least_width:
        return None
    op = Conv2D(
        activation=list(Activation)[rng.integers(len(Activation))],
        padding=padding,
        stride=stride,
        dilation=dilation,
    )
    return random_graph(
        rng,
        op,
        (1, height, width, depth * groups),
        kernel,
        int(rng.integers(1, 10)) * groups,
        groups=groups,
        octaves=float(rng.choice([1, 4])),
        arithmetic=list(Arithmetic)[rng.integers(len(Arithmetic))],
    )


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_random_layers_are_exact(symbol, library):
    forms: Counter[Form] = Counter()
    for seed in range(60):
        graph = random_layer(np.random.default_rng(seed), symbol)
        if graph is not None:
            forms[form_of(graph)] += 1
            check(library, symbol, graph)
    assert min(forms[Form.ONE_PRODUCT], forms[Form.TWO_ROUNDINGS]) >= 3, forms


@pytest.mark.parametrize(
    ("symbol", "depths"),
    [
        (WIDE, [8]),
        (WIDE_2, [8]),
        (WIDE_STRIPS, [8]),
        (WIDE_2_STRIPS, [8]),
        (STRIPS, [1, 2]),
        (ANY, [1, 2, 5, 57]),
    ],
)
def test_every_tail_of_pixels_and_channels_is_exact(symbol, depths, library):
    rng = np.random.default_rng(3)
    for depth, width, channels in itertools.product(depths, range(1, 5), range(1, 10)):
        stride = WIDE_STRIDES.get(symbol, 1)
        if symbol in WIDE_STRIDES and width <= stride:
            continue
        op = Conv2D(padding=SAME, stride=(1, stride))
        graph = random_graph(rng, op, (1, 3, width, depth), (3, 3), channels)
        check(library, symbol, graph, 1)


@pytest.mark.parametrize("pairing", conv2d_strips_dsp.Pairing)
@pytest.mark.parametrize("room", [1, 300, 500])
def test_strips_of_any_length_are_exact(pairing, room, library):
    strips = conv2d_strips_dsp.strips(room)
    widths = {
        conv2d_strips_dsp.Pairing.HALVES: (8, 13, 24),
        conv2d_strips_dsp.Pairing.ROWS: (1, 5, 9),
        conv2d_strips_dsp.Pairing.NEIGHBOURS: (2, 7, 8, 15),
    }[pairing]
    depth = 3 if pairing is conv2d_strips_dsp.Pairing.NEIGHBOURS else 2
    rng = np.random.default_rng(room)
    for width, height, kernel in itertools.product(widths, (2, 3, 6), [(3, 3), (2, 1), (4, 2)]):
        op = Conv2D(padding=Padding(top=1, bottom=2, right=kernel[1] - 1))
        graph = random_graph(rng, op, (1, height, width, depth), kernel, 5)
        (fields,) = (k.params.fields for k in strips.lower(graph.calls()[0]))
        assert fields["pairing"] == pairing
        check_kernel(library, strips, graph, 1)


@pytest.mark.parametrize("symbol", [WIDE_STRIPS, WIDE_2_STRIPS])
@pytest.mark.parametrize("room", [1, 700, 1200])
def test_wide_strips_of_any_length_are_exact_in_their_scratch(symbol, room, library):
    kernel = row(symbol).less_scratch(room)
    rng = np.random.default_rng(room)
    lengths = set()
    for width, columns in itertools.product(range(7, 23, 3), ((1, 1), (0, 3))):
        padding = Padding(top=1, bottom=1, left=columns[0], right=columns[1])
        op = Conv2D(padding=padding, stride=(1, WIDE_STRIDES[symbol]))
        graph = random_graph(rng, op, (1, 3, width, 8), (3, 3), 5)
        (call,) = graph.calls()
        (fields,) = (k.params.fields for k in kernel.lower(call))
        lengths.add(fields["strip"] < call.output.shape[2])
        assert kernel.scratch_bytes(call) <= max(room, least_of_wide_strips(call))
        check_kernel(library, kernel, graph, 1)
    assert any(lengths), "some image takes several strips"


def least_of_wide_strips(call: Call) -> int:
    """Scratch for two pixels, or three where the width is odd: their columns, and sums."""
    pixels = 2 + call.output.shape[2] % 2
    columns = (pixels - 1) * call.op.stride[1] + 3
    return 32 + 3 * columns * 16


@pytest.mark.parametrize("symbol", [ANY, UNMIXED])
def test_many_pairs_of_a_chunk_and_wide_padding_are_exact(symbol, library):
    rng = np.random.default_rng(4)
    around = Padding(top=6, bottom=5, left=4, right=7)
    graph = random_graph(rng, Conv2D(padding=around), (1, 9, 11, 4), (3, 2), 6)
    (fields,) = (k.params.fields for k in row(symbol).lower(graph.calls()[0]))
    assert 1 < fields["chunk"] < 150
    check(library, symbol, graph)


# Forms and bounds


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("channels", [3, 4, 6])
def test_every_form_is_exact(symbol, form, channels, library):
    rng = np.random.default_rng(channels)
    rules = {Form.RULE_A6: Arithmetic.TFLM, Form.RULE_A7: Arithmetic.NATIVE}
    relu = form is Form.ONE_PRODUCT
    activation = Activation.RELU if relu else Activation.NONE
    op = Conv2D(padding=SAME, stride=(1, WIDE_STRIDES.get(symbol, 1)), activation=activation)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        weights = rng.integers(-127, 128, (channels, 3, 3, 8))
        # a factor of 2 or more is a shift to the left, which only the rules take
        scales = (
            rng.uniform(2, 3, channels) if form in rules else rng.uniform(0.001, 0.01, channels)
        )
        graph = weighted_graph(
            op,
            (1, 3, 5, 8),
            weights,
            scales=scales,
            bias=rng.integers(-9000, 9000, channels),
            zero_points=(-7, -128 if relu else int(rng.integers(-90, 90))),
            arithmetic=rules.get(form, Arithmetic.TFLM),
        )
        if form_of(graph) is form:
            check(library, symbol, graph)
            return
    pytest.fail(f"no layer with {form.name}")


@pytest.mark.parametrize("symbol", [WIDE, WIDE_2, STRIPS, ANY])
def test_weights_mix_up_to_the_bound_and_not_beyond(symbol, library):
    weights = np.full((4, 3, 3, 8), 127)
    weights[1] = weights[3] = -128
    weights[0] = weights[2] = 0
    op = Conv2D(padding=SAME, stride=(1, WIDE_STRIDES.get(symbol, 1)))
    graph = weighted_graph(op, (1, 4, 5, 8), weights, scales=0.001)
    check(library, symbol, graph)
    weights[2, 2, 1, 7] = -1
    graph = weighted_graph(op, (1, 4, 5, 8), weights, scales=0.001)
    (call,) = graph.calls()
    assert "-128" in row(symbol).reason_against(call, DSP)
    assert "dsp" in select(call, FEATURES).needs
    check(library, UNMIXED, graph)


@pytest.mark.parametrize("symbol", [WIDE, WIDE_2, STRIPS, ANY])
def test_accumulators_of_24_bits_mix_and_longer_ones_do_not(symbol, library):
    weights = np.full((4, 3, 3, 8), 127)
    weights[1] = -127
    op = Conv2D(padding=SAME, stride=(1, WIDE_STRIDES.get(symbol, 1)))
    shape, scales = (1, 4, 5, 8), 2.0**-17
    # the sums of full windows are in -128 * 127 * 72 .. 127 * 127 * 72
    room = 2**23 - 1 - 128 * 127 * 72
    graph = weighted_graph(op, shape, weights, scales=scales, bias=-room, zero_points=(0, 3))
    check(library, symbol, graph)
    longer = weighted_graph(op, shape, weights, scales=scales, bias=-room - 1, zero_points=(0, 3))
    assert "24 bits" in row(symbol).reason_against(longer.calls()[0], DSP)
    check(library, UNMIXED, longer)


# What is chosen


@pytest.mark.parametrize(
    ("shape", "kernel", "op"),
    [
        ((1, 12, 12, 30), (3, 3), Conv2D(padding=SAME)),
        ((1, 12, 12, 8), (5, 5), Conv2D(dilation=(2, 2))),
        ((1, 1, 64, 12), (1, 5), Conv2D()),
        ((1, 64, 1, 12), (5, 1), Conv2D()),
        ((1, 9, 9, 7), (3, 3), Conv2D(padding=Padding(top=5, left=5), stride=(2, 3))),
    ],
)
def test_no_window_is_left_to_portable_c(shape, kernel, op):
    for groups in (1, 2) if shape[3] % 2 == 0 else (1,):
        graph = random_graph(np.random.default_rng(1), op, shape, kernel, 8, groups=groups)
        assert "dsp" in select(graph.calls()[0], FEATURES).needs


# The real instructions


DEVICE_LAYERS = {
    "wide": (WIDE, Conv2D(padding=SAME, activation=Activation.RELU), (1, 6, 7, 16), (3, 3), 9, 1),
    "wide, strided": (WIDE, Conv2D(padding=SAME, stride=(2, 1)), (1, 7, 6, 8), (5, 3), 4, 1),
    "wide, stride 2": (WIDE_2, Conv2D(padding=SAME, stride=(2, 2)), (1, 7, 9, 24), (3, 3), 6, 1),
    "wide, few": (WIDE, Conv2D(padding=SAME), (1, 4, 5, 8), (1, 3), 3, 1),
    "wide, by strips": (WIDE_STRIPS, Conv2D(padding=SAME), (1, 5, 37, 24), (3, 3), 6, 1),
    "wide, by strips of 2": (
        WIDE_2_STRIPS,
        Conv2D(padding=SAME, stride=(2, 2)),
        (1, 5, 42, 24),
        (3, 3),
        6,
        1,
    ),
    "strips": (STRIPS, Conv2D(padding=SAME, stride=(2, 2)), (1, 9, 12, 3), (3, 3), 8, 1),
    "strips, rows": (STRIPS, Conv2D(padding=SAME, stride=(2, 2)), (1, 11, 9, 1), (10, 4), 6, 1),
    "strips, neighbours": (STRIPS, Conv2D(padding=SAME), (1, 6, 9, 3), (3, 3), 5, 1),
    "any": (ANY, Conv2D(padding=SAME, dilation=(1, 2)), (1, 9, 8, 7), (3, 3), 7, 1),
    "any, long": (ANY, Conv2D(padding=SAME, stride=(2, 2)), (1, 5, 7, 19), (3, 3), 12, 1),
    "any, groups": (ANY, Conv2D(padding=SAME), (1, 5, 4, 18), (3, 3), 10, 2),
    "any, shortest": (ANY, Conv2D(), (1, 3, 3, 2), (2, 1), 2, 1),
    "unmixed": (UNMIXED, Conv2D(padding=SAME, stride=(2, 2)), (1, 5, 7, 11), (3, 3), 7, 1),
}


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m33"])
@pytest.mark.parametrize("name", DEVICE_LAYERS)
def test_the_cores_compute_the_reference(core, name, load_core, tmp_path):  # noqa: F811
    symbol, op, shape, kernel, channels, groups = DEVICE_LAYERS[name]
    target, samples = load_core(core), 6
    rng = np.random.default_rng(7)
    graph = random_graph(rng, op, shape, kernel, channels, groups=groups)
    options = EmitOptions(kernels=((graph.nodes[0].name, symbol),))
    emission = emit(graph, target, tmp_path / "layer", name="layer", options=options)
    assert [layer.kernel.symbol for layer in emission.program.layers] == [symbol]
    x = inputs_for(graph, samples)["x"]
    expected = reference.run_one_input(graph, x).reshape(samples, -1)
    flat = x.reshape(samples, -1)
    got = device.run_on_qemu(emission.folder, "layer", target, flat, expected.shape[1])
    np.testing.assert_array_equal(got, expected)
