"""1x1 convolutions for the Arm DSP extension: every tail, form and stride, on the host and on the real cores."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.strategies import inputs_for
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Quantization, Tensor, verify
from tinygen.kernels import CATALOGUE, Kernel
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import Form, channel_order, find_scale
from tinygen.kernels.pointwise_dsp import PAIRS_BYTES
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.scaled import WeightedOperator

SYMBOL = "tg_conv2d_1x1_s8_dsp"
SHORT = {
    Form.ONE_PRODUCT: "tg_conv2d_1x1_short_s8_dsp",
    Form.TWO_ROUNDINGS: "tg_conv2d_1x1_short_signed_s8_dsp",
}
NARROW = "tg_conv2d_1x1_narrow_s8_dsp"
FEW = "tg_conv2d_1x1_few_s8_dsp"


def kernel_of(op: type[WeightedOperator], symbol: str) -> Kernel:
    return next(k for k in CATALOGUE[op] if k.symbol == symbol)


def weighted_graph(
    op: WeightedOperator,
    shape: tuple[int, ...],
    weights: NDArray,
    *,
    scales: NDArray | float,
    bias: NDArray | int = 0,
    zero_points: tuple[int, int] = (-3, 5),
    arithmetic: Arithmetic = Arithmetic.TFLM,
) -> Graph:
    """One layer. `scales` [channels] are what accumulators are multiplied by; `zero_points` of input and output."""
    channels = weights.shape[0]
    factors = np.broadcast_to(np.float32(scales), (channels,)).copy()
    w = Tensor(
        name="w",
        shape=weights.shape,
        dtype=DType.INT8,
        quantization=Quantization.per_channel(factors, 0),
        data=weights.astype(np.int8),
    )
    b = Tensor(
        name="b",
        shape=(channels,),
        dtype=DType.INT32,
        data=np.broadcast_to(np.int32(bias), (channels,)).copy(),
    )
    into, out = (Quantization.per_tensor(1.0, zero) for zero in zero_points)
    x = Tensor(name="x", shape=shape, dtype=DType.INT8, quantization=into)
    (out_shape,) = op.infer_shapes([x, w, b])
    y = Tensor(name="y", shape=tuple(out_shape), dtype=DType.INT8, quantization=out)
    node = Node(name="layer", op=op, inputs=("x", "w", "b"), outputs=("y",))
    tensors = {t.name: t for t in (x, w, b, y)}
    return verify(
        Graph(
            name="layer",
            tensors=tensors,
            nodes=(node,),
            inputs=("x",),
            outputs=("y",),
            arithmetic=arithmetic,
        )
    )


def random_graph(
    rng: np.random.Generator,
    op: WeightedOperator,
    shape: tuple[int, ...],
    channels: int,
    arithmetic: Arithmetic = Arithmetic.TFLM,
    octaves: float = 2.0,
) -> Graph:
    """Random weights with extremes among them, and scales that spread the outputs over int8."""
    depth = shape[-1]
    kernel = (1, 1) if len(shape) == 4 else ()
    weights = np.clip(np.rint(rng.normal(0, 45, (channels, *kernel, depth))), -127, 127)
    weights = np.where(
        rng.random(weights.shape) < 0.1, rng.choice([-127, 127], weights.shape), weights
    )
    spread = 60 * 45 * np.sqrt(depth)
    scales = 60 / spread * 2.0 ** rng.uniform(-octaves / 2, octaves / 2, channels)
    low = -128 if op.activation is not Activation.NONE else int(rng.integers(-128, 128))
    zero_points = (int(rng.choice([-128, 127, int(rng.integers(-128, 128))])), low)
    bias = rng.integers(-int(spread), int(spread), channels)
    return weighted_graph(
        op, shape, weights, scales=scales, bias=bias, zero_points=zero_points, arithmetic=arithmetic
    )


def form_of(graph: Graph) -> Form:
    (call,) = graph.calls()
    weights = call.inputs[1].data.astype(np.int64)
    return find_scale(call, weights.reshape(len(weights), -1).sum(1)).form


def check_on_device(graph: Graph, target, folder, symbol: str | None = None) -> str:
    """Compare a one-layer network on QEMU with the reference; returns the kernel's symbol, which may be given."""
    samples = 6
    options = EmitOptions(kernels=((graph.nodes[0].name, symbol),) if symbol else ())
    emission = emit(graph, target, folder, name="layer", options=options)
    x = inputs_for(graph, samples)["x"]
    expected = reference.run_one_input(graph, x).reshape(samples, -1)
    got = device.run_on_qemu(
        emission.folder, "layer", target, x.reshape(samples, -1), expected.shape[1]
    )
    np.testing.assert_array_equal(got, expected)
    (layer,) = emission.program.layers
    return layer.kernel.symbol


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = [kernel_of(Conv2D, symbol) for symbol in (SYMBOL, *SHORT.values(), NARROW, FEW)]
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("pointwise")))


def fits(graph: Graph, symbol: str) -> bool:
    (call,) = graph.calls()
    return kernel_of(type(call.op), symbol).reason_against(call, DSP) is None


def check(library: KernelLibrary, graph: Graph, samples: int = 5, symbol: str = SYMBOL) -> None:
    """Of the general kernel's brothers those that take the layer are checked as well."""
    (call,) = graph.calls()
    assert fits(graph, symbol)
    brothers = SHORT.values() if symbol == SYMBOL else ()
    for name in (symbol, *(s for s in brothers if fits(graph, s))):
        check_kernel(library, kernel_of(type(call.op), name), graph, samples)


# Shapes


@pytest.mark.parametrize("depth", [4, 5, 6, 7, 8, 13, 31, 32, 33, 34, 35, 64, 67])
def test_every_tail_of_channels_is_exact(depth, library):
    rng = np.random.default_rng(depth)
    for channels in (4, 5, 6, 7, 8, 15):
        check(library, random_graph(rng, Conv2D(), (1, 1, 3, depth), channels))


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (1, 3), (3, 1)])
def test_every_image_and_stride_is_exact(stride, library):
    rng = np.random.default_rng(7)
    for height in range(1, 5):
        for width in range(1, 7):
            check(library, random_graph(rng, Conv2D(stride=stride), (1, height, width, 5), 6))


@pytest.mark.parametrize("pixels", [1, 2, 3, 127, 128, 129, 193, 194, 195, 256])
def test_chunks_of_every_size_are_exact(pixels, library):
    rng = np.random.default_rng(pixels)
    depth = 16
    assert PAIRS_BYTES // (4 * depth) < 128, "the longer images take several chunks"
    check(library, random_graph(rng, Conv2D(), (1, 1, pixels, depth), 5))


def test_deep_pixels_take_a_chunk_of_one_pair(library):
    rng = np.random.default_rng(5)
    graph = random_graph(rng, Conv2D(), (1, 1, 5, 900), 4)
    (call,) = graph.calls()
    (lowered,) = kernel_of(Conv2D, SYMBOL).lower(call)
    assert lowered.params.fields["chunk"] == 2
    check(library, graph)


@pytest.mark.parametrize("rows", [2, 3, 40])
def test_rows_of_a_fully_connected_layer_are_pixels(rows, library):
    rng = np.random.default_rng(rows)
    check(library, random_graph(rng, FullyConnected(), (rows, 19), 10))


@pytest.mark.parametrize("channels", range(4, 40))
def test_the_order_of_channels_names_each_once(channels):
    order = channel_order(channels).ravel()
    named = order[order >= 0]
    assert sorted(named) == list(range(channels))


# Up to 16 steps


@pytest.mark.parametrize("form", SHORT, ids=lambda f: f.name)
def test_short_kernels_take_their_form_and_16_steps(form):
    rng = np.random.default_rng(1)
    activation = Activation.RELU if form is Form.ONE_PRODUCT else Activation.NONE
    for depth, is_short in [(31, True), (32, True), (33, False)]:
        graph = random_graph(rng, Conv2D(activation=activation), (1, 2, 2, depth), 8)
        assert form_of(graph) is form
        assert [fits(graph, SHORT[f]) for f in SHORT] == [is_short and f is form for f in SHORT]


# Fewer than four channels


@pytest.mark.parametrize(("depth", "channels"), [(1, 1), (2, 5), (3, 16), (33, 1), (8, 2), (64, 3)])
@pytest.mark.parametrize(
    ("size", "stride"),
    [((1, 1), (1, 1)), ((3, 5), (1, 1)), ((5, 6), (2, 2)), ((2, 9), (1, 3)), ((7, 70), (1, 1))],
)
def test_few_channels_are_exact(depth, channels, size, stride, library):
    rng = np.random.default_rng(depth)
    for activation in (Activation.NONE, Activation.RELU):
        op = Conv2D(stride=stride, activation=activation)
        graph = random_graph(rng, op, (1, *size, depth), channels)
        check(library, graph, samples=3, symbol=FEW)


def test_few_channels_in_several_chunks_are_exact(library):
    rng = np.random.default_rng(3)
    graph = random_graph(rng, Conv2D(), (1, 3, 41, 300), 2)
    (call,) = graph.calls()
    (lowered,) = kernel_of(Conv2D, FEW).lower(call)
    assert lowered.params.fields["chunk"] < 41
    check(library, graph, samples=2, symbol=FEW)


@pytest.mark.parametrize(("depth", "channels"), [(3, 16), (32, 2)])
def test_few_channels_on_the_device(depth, channels, load_core, tmp_path):  # noqa: F811
    rng = np.random.default_rng(depth)
    for i, size in enumerate([(7, 9), (1, 1)]):
        graph = random_graph(rng, Conv2D(), (1, *size, depth), channels)
        folder = tmp_path / str(i)
        assert check_on_device(graph, load_core("cortex-m4"), folder, FEW) == FEW


# Up to eight input channels


def narrow_graph(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    channels: int,
    arithmetic: Arithmetic = Arithmetic.TFLM,
    stride: tuple[int, int] = (1, 1),
) -> Graph:
    weights = rng.choice([-128, -127, 127, *rng.integers(-128, 128, 9)], (channels, 1, 1, shape[3]))
    return weighted_graph(
        Conv2D(stride=stride, activation=Activation.RELU),
        shape,
        weights,
        scales=0.006 * rng.uniform(0.5, 1.0, channels),
        bias=rng.integers(-20000, 20000, channels),
        zero_points=(int(rng.choice([-128, 0, 127])), -128),
        arithmetic=arithmetic,
    )


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("depth", [4, 5, 6, 7, 8])
def test_narrow_pixels_are_exact(depth, arithmetic, library):
    rng = np.random.default_rng(depth)
    for channels in (4, 5, 6, 7, 8, 11):
        for size, stride in [
            ((1, 1), (1, 1)),
            ((3, 5), (1, 1)),
            ((5, 6), (2, 2)),
            ((2, 4), (1, 3)),
        ]:
            graph = narrow_graph(rng, (1, *size, depth), channels, arithmetic, stride)
            check(library, graph, symbol=NARROW)


def test_narrow_rows_of_a_fully_connected_layer_are_pixels(library):
    rng = np.random.default_rng(1)
    weights = rng.integers(-128, 128, (6, 7))
    graph = weighted_graph(
        FullyConnected(), (5, 7), weights, scales=0.004, arithmetic=Arithmetic.NATIVE
    )
    check(library, graph, symbol=NARROW)


def test_nine_channels_or_an_unproved_scale_are_not_narrow():
    rng = np.random.default_rng(1)
    kernel = kernel_of(Conv2D, NARROW)
    nine = narrow_graph(rng, (1, 2, 2, 9), 4).calls()[0]
    assert "up to 8" in kernel.reason_against(nine, DSP)
    signed = weighted_graph(
        Conv2D(), (1, 2, 2, 8), rng.integers(-127, 128, (4, 1, 1, 8)), scales=0.006
    )
    assert "every output byte" in kernel.reason_against(signed.calls()[0], DSP)


# Forms


@pytest.mark.parametrize("activation", list(Activation), ids=lambda a: a.name)
@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_every_activation_is_exact(activation, arithmetic, library):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        op = Conv2D(activation=activation)
        check(library, random_graph(rng, op, (1, 3, 3, 24), 9, arithmetic, octaves=seed))


FORMS = [
    (Form.ONE_PRODUCT, Arithmetic.TFLM, Activation.RELU, 0.004),
    (Form.ONE_PRODUCT, Arithmetic.NATIVE, Activation.NONE, 0.004),
    (Form.TWO_ROUNDINGS, Arithmetic.TFLM, Activation.NONE, 0.004),
    (Form.TWO_ROUNDINGS, Arithmetic.TFLM, Activation.RELU, 0.0001),
    (Form.RULE_A6, Arithmetic.TFLM, Activation.NONE, 1.7),
    (Form.RULE_A7, Arithmetic.NATIVE, Activation.NONE, 1.7),
]


def graph_of_form(arithmetic: Arithmetic, activation: Activation, scale: float) -> Graph:
    rng = np.random.default_rng(3)
    weights = rng.integers(-127, 128, (10, 1, 1, 22))
    low = -128 if activation is Activation.RELU else 17
    return weighted_graph(
        Conv2D(activation=activation),
        (1, 3, 5, 22),
        weights,
        scales=scale * rng.uniform(0.5, 1.0, 10),
        bias=rng.integers(-(2**14), 2**14, 10),
        zero_points=(-5, low),
        arithmetic=arithmetic,
    )


@pytest.mark.parametrize(("form", "arithmetic", "activation", "scale"), FORMS)
def test_every_form_is_exact(form, arithmetic, activation, scale, library):
    graph = graph_of_form(arithmetic, activation, scale)
    assert form_of(graph) is form
    check(library, graph, samples=12)


def test_a_clamp_inside_of_int8_is_applied(library):
    op = Conv2D(activation=Activation.RELU)
    rng = np.random.default_rng(1)
    weights = rng.integers(-127, 128, (5, 1, 1, 9))
    graph = weighted_graph(op, (1, 2, 3, 9), weights, scales=0.01, zero_points=(0, 20))
    x = inputs_for(graph, 5)
    assert reference.run(graph, x)["y"].min() == 20
    check(library, graph)


# Conditions


def extreme_graph(low: int, high: int, bias: int = 0) -> Graph:
    """Channel A has the weights `low`, channel B `high`, and so on."""
    weights = np.empty((4, 1, 1, 8))
    weights[0::2], weights[1::2] = low, high
    return weighted_graph(
        Conv2D(), (1, 1, 2, 8), weights, scales=0.01, bias=bias, zero_points=(0, 0)
    )


@pytest.mark.parametrize(
    ("low", "high"), [(127, -128), (0, -128), (-128, -127), (-128, 127), (127, 127)]
)
def test_extreme_weights_that_can_be_mixed(low, high, library):
    check(library, extreme_graph(low, high))


def reason_against(graph: Graph) -> str | None:
    return kernel_of(Conv2D, SYMBOL).reason_against(graph.calls()[0], DSP)


def test_a_weight_of_minus_128_above_a_negative_one_is_refused():
    assert "-128" in reason_against(extreme_graph(-1, -128))


def test_accumulators_up_to_23_bits_are_taken(library):
    # eight weights of 127: accumulators reach bias + 8 * 127 * 127
    largest = 2**23 - 1 - 8 * 127 * 127
    check(library, extreme_graph(127, 127, bias=largest))
    assert "24 bits" in reason_against(extreme_graph(127, 127, bias=largest + 1))


def test_what_is_not_pointwise_is_refused():
    rng = np.random.default_rng(0)
    assert "4 channels" in reason_against(random_graph(rng, Conv2D(), (1, 2, 2, 3), 8))
    assert "4 channels" in reason_against(random_graph(rng, Conv2D(), (1, 2, 2, 8), 3))
    wide = weighted_graph(Conv2D(), (1, 2, 2, 4), np.ones((4, 1, 2, 4)), scales=0.1)
    assert "1x1" in reason_against(wide)
    grouped = weighted_graph(Conv2D(), (1, 2, 2, 8), np.ones((4, 1, 1, 4)), scales=0.1)
    assert "one group" in reason_against(grouped)


# The assembly, on the cores


@pytest.mark.parametrize(("form", "arithmetic", "activation", "scale"), FORMS)
def test_assembly_has_every_form(form, arithmetic, activation, scale, load_core, tmp_path):  # noqa: F811
    graph = graph_of_form(arithmetic, activation, scale)
    assert form_of(graph) is form
    core = load_core("cortex-m4")
    assert check_on_device(graph, core, tmp_path / "layer", SYMBOL) == SYMBOL
    if form in SHORT:
        assert check_on_device(graph, core, tmp_path / "short") == SHORT[form]


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
@pytest.mark.parametrize(
    ("shape", "channels", "stride"),
    [
        ((1, 5, 5, 64), 8, (1, 1)),
        ((1, 7, 3, 57), 30, (1, 1)),
        ((1, 5, 7, 34), 7, (2, 2)),
        ((1, 1, 40, 31), 5, (1, 3)),
        ((1, 3, 1, 13), 6, (1, 1)),
        ((1, 1, 1, 20), 4, (1, 1)),
        ((1, 1, 3, 129), 4, (1, 1)),
    ],
)
def test_assembly_is_exact_for_any_shape(core, shape, channels, stride, load_core, tmp_path):  # noqa: F811
    rng = np.random.default_rng(11)
    graph = random_graph(rng, Conv2D(activation=Activation.RELU, stride=stride), shape, channels)
    assert check_on_device(graph, load_core(core), tmp_path / "layer", SYMBOL) == SYMBOL


@pytest.mark.parametrize("activation", [Activation.RELU, Activation.NONE], ids=lambda a: a.name)
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
@pytest.mark.parametrize(
    ("shape", "channels", "stride"),
    [
        ((1, 5, 5, 32), 8, (1, 1)),
        ((1, 7, 3, 31), 30, (1, 1)),
        ((1, 5, 7, 9), 7, (2, 2)),
        ((1, 1, 40, 13), 5, (1, 3)),
        ((1, 3, 1, 4), 6, (1, 1)),
        ((1, 1, 1, 20), 4, (1, 1)),
        ((1, 1, 140, 16), 12, (1, 1)),
    ],
)
def test_short_assembly_is_exact(core, shape, channels, stride, activation, load_core, tmp_path):  # noqa: F811
    rng = np.random.default_rng(12)
    graph = random_graph(rng, Conv2D(activation=activation, stride=stride), shape, channels)
    (symbol,) = (s for s in SHORT.values() if fits(graph, s))
    assert check_on_device(graph, load_core(core), tmp_path / "layer", symbol) == symbol


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
@pytest.mark.parametrize(
    ("shape", "channels", "stride"),
    [
        ((1, 5, 5, 8), 16, (1, 1)),
        ((1, 5, 7, 5), 7, (2, 2)),
        ((1, 2, 3, 4), 6, (1, 1)),
        ((1, 1, 2, 7), 5, (1, 1)),
    ],
)
def test_narrow_assembly_is_exact(core, shape, channels, stride, load_core, tmp_path):  # noqa: F811
    graph = narrow_graph(np.random.default_rng(2), shape, channels, stride=stride)
    assert check_on_device(graph, load_core(core), tmp_path / "layer") == NARROW
