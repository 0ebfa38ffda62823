"""The kernels for Armv6-M: every size of block, every tail, both forms of the requantization, and the real core.

On the host the C versions run; on QEMU the assembly does.
"""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.harness import KernelLibrary, build_library
from tests.networks import NetworkBuilder
from tests.strategies import inputs_for
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Graph, Operator, Quantization
from tinygen.kernels import CATALOGUE, Kernel
from tinygen.kernels.lanes_v6m import QUAD_SIZES, SIZES, lanes_of
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.window import Padding

CONV2D, DEPTHWISE, DENSE, CONV2D_FOURS, DENSE_PAIRS = SYMBOLS = (
    "tg_conv2d_lanes_s8_v6m",
    "tg_depthwise_lanes_s8_v6m",
    "tg_fully_connected_quads_s8_v6m",
    "tg_conv2d_quads_s8_v6m",
    "tg_fully_connected_lanes_s8_v6m",
)
EVERY = [k for found in CATALOGUE.values() for k in found]
ROWS = [k for k in EVERY if k.symbol in SYMBOLS and not k.whole_only]
ARMV6M = frozenset({"armv6m"})
SAME = Padding(top=1, bottom=1, left=1, right=1)


def row(symbol: str, in_place: bool = False) -> Kernel:
    return next(k for k in ROWS if k.symbol == symbol and bool(k.in_place) == in_place)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    kernels = [row(symbol) for symbol in SYMBOLS]
    return KernelLibrary(build_library(kernels, tmp_path_factory.mktemp("armv6m")))


def layer(
    op: Operator,
    shape: tuple[int, ...],
    weights: NDArray[np.int8],
    zero_point: int = -3,
    seed: int = 0,
) -> Graph:
    """One layer with these weights; biases and scales are random."""
    builder = NetworkBuilder(rng=np.random.default_rng(seed))
    x = builder.input("x", shape, Quantization.per_tensor(0.05, zero_point))
    y = builder.weighted("y", op, x, weights.shape)
    given = builder.tensors["y/weights"]
    builder.tensors["y/weights"] = dataclasses.replace(given, data=weights)
    return builder.graph((x,), (y,), Arithmetic.TFLM)


def random_weights(shape: tuple[int, ...], spread: float, seed: int = 0) -> NDArray[np.int8]:
    values = np.random.default_rng(seed).normal(0, spread, shape)
    return np.clip(np.rint(values), -127, 127).astype(np.int8)


def samples(graph: Graph, seed: int = 0) -> list[NDArray[np.int8]]:
    """Random values, and nothing but extremes."""
    (call,) = graph.calls()
    rng = np.random.default_rng(seed)
    shape = call.inputs[0].shape
    extremes = [np.full(shape, v) for v in (-128, 127)] + [rng.choice([-128, 127], shape)]
    return [v.astype(np.int8) for v in (rng.integers(-128, 128, shape), *extremes)]


def check(library: KernelLibrary, kernel: Kernel, graph: Graph) -> None:
    """Whole tensors, in place where it may, and by rows."""
    (call,) = graph.calls()
    assert kernel.reason_against(call, ARMV6M) is None
    for x in samples(graph):
        wanted = call.op.evaluate_integer(call, [x, *(t.data for t in call.inputs[1:])])
        np.testing.assert_array_equal(library.run(kernel, call, [x]), wanted)
        for index in kernel.in_place:
            got = library.run(kernel, call, [x], in_place=index)
            np.testing.assert_array_equal(got, wanted)
        if library.has_rows(kernel):
            height = wanted.shape[1]
            for first, count in ((0, height), (height - 1, 1), (height // 2, 1)):
                rows = library.run_rows(kernel, call, x, first, count)
                np.testing.assert_array_equal(rows, wanted[:, first : first + count])


def spreads_for(size: int) -> NDArray[np.float64]:
    """Spreads of weights that give blocks of about this size."""
    return 130 / size * np.geomspace(0.4, 2, 24)


def conv2d_layer(shape: tuple[int, ...], spread: float) -> Graph:
    return layer(Conv2D(padding=SAME), (1, 4, 3, shape[3]), random_weights(shape, spread), seed=1)


def lanes_size(call: Call, sizes: tuple[int, ...]) -> int:
    data = call.inputs[1].data
    return lanes_of(data.reshape(len(data), -1), 1, sizes, in_pairs=sizes is SIZES).size


@pytest.mark.parametrize("size", SIZES)
def test_every_size_of_block_of_a_convolution(size, library):
    graphs = (conv2d_layer((6, 3, 3, 2 * size), spread) for spread in spreads_for(size))
    graph = next(g for g in graphs if lanes_size(g.calls()[0], SIZES) == size)
    check(library, row(CONV2D), graph)
    check(library, row(CONV2D_FOURS), graph)


@pytest.mark.parametrize("size", QUAD_SIZES)
def test_every_size_of_block_of_a_dense_layer(size, library):
    graphs = (
        layer(FullyConnected(), (3, depth), random_weights((7, depth), spread, 7), seed=1)
        for depth in (2 * size, 48)
        for spread in spreads_for(size)
    )
    graph = next(g for g in graphs if lanes_size(g.calls()[0], QUAD_SIZES) == size)
    check(library, row(DENSE), graph)
    check(library, row(DENSE_PAIRS), graph)


@pytest.mark.parametrize("channels", range(1, 10))
def test_tails_of_channels(channels, library):
    for depth in (1, 2, 3, 7):
        weights = random_weights((channels, 1, 1, depth), 50, channels)
        for symbol in (CONV2D, CONV2D_FOURS):
            check(library, row(symbol), layer(Conv2D(), (1, 2, 3, depth), weights))
        dense = random_weights((channels, depth), 50, channels)
        for symbol in (DENSE, DENSE_PAIRS):
            check(library, row(symbol), layer(FullyConnected(), (2, depth), dense))


@pytest.mark.parametrize("activation", list(Activation), ids=lambda a: a.name)
@pytest.mark.parametrize("zero_point", [-128, 0, 127])
def test_activations_and_zero_points(activation, zero_point, library):
    op = Conv2D(padding=SAME, activation=activation)
    weights = random_weights((9, 3, 3, 4), 40)
    for symbol in (CONV2D, CONV2D_FOURS):
        check(library, row(symbol), layer(op, (1, 5, 6, 4), weights, zero_point))
    depthwise = DepthwiseConv2D(padding=SAME, activation=activation)
    graph = layer(depthwise, (1, 5, 6, 4), random_weights((1, 3, 3, 4), 50), zero_point)
    check(library, row(DEPTHWISE, in_place=True), graph)


@pytest.mark.parametrize(
    ("op", "shape", "kernel"),
    [
        (Conv2D(stride=(2, 2)), (1, 7, 8, 3), (5, 1, 1, 3)),
        (
            Conv2D(stride=(1, 3), padding=Padding(top=0, bottom=3, left=2, right=0)),
            (1, 5, 9, 2),
            (4, 4, 3, 2),
        ),
        (
            Conv2D(dilation=(2, 3), padding=Padding(top=2, bottom=1, left=0, right=4)),
            (1, 8, 9, 3),
            (4, 2, 3, 3),
        ),
        (Conv2D(padding=SAME), (1, 6, 5, 6), (9, 3, 3, 2)),
        (Conv2D(), (1, 3, 4, 6), (6, 1, 1, 1)),
        (Conv2D(padding=SAME), (1, 1, 11, 4), (5, 1, 3, 4)),
        (Conv2D(padding=Padding(top=5, bottom=5, left=5, right=5)), (1, 2, 2, 1), (3, 3, 3, 1)),
    ],
    ids=["strided-1x1", "strides", "dilated", "groups", "a group for each", "line", "wide-padding"],
)
def test_shapes_of_convolutions(op, shape, kernel, library):
    for symbol in (CONV2D, CONV2D_FOURS):
        check(library, row(symbol), layer(op, shape, random_weights(kernel, 45)))


@pytest.mark.parametrize("spread", [20, 60])
@pytest.mark.parametrize("stride", [(1, 1), (1, 2), (2, 1), (2, 2), (3, 2), (4, 1)])
def test_depthwise_of_any_size(stride, spread, library):
    rng = np.random.default_rng(stride[0] + 10 * stride[1])
    for seed in range(12):
        top, bottom, left, right = rng.integers(0, 4, 4).tolist()
        padding = Padding(top=top, bottom=bottom, left=left, right=right)
        channels, multiplier = int(rng.integers(1, 5)), int(rng.choice([1, 1, 3]))
        shape = (1, *rng.integers(3, 12, 2).tolist(), channels)
        weights = random_weights((1, 3, 3, channels * multiplier), spread, seed)
        op = DepthwiseConv2D(padding=padding, stride=stride)
        check(library, row(DEPTHWISE), layer(op, shape, weights, seed=seed))


def test_depthwise_in_several_passes_works_in_place(library):
    graph = layer(DepthwiseConv2D(padding=SAME), (1, 21, 17, 3), random_weights((1, 3, 3, 3), 40))
    kernel = row(DEPTHWISE, in_place=True)
    assert kernel.lower(graph.calls()[0])[0].params.fields["pass_rows"] < 21
    check(library, kernel, graph)


def test_weights_on_the_bound_of_a_block(library):
    """255 in every block of three, so that lanes reach 32640 with the worst inputs; and one more is not taken."""
    row_of = np.array([-127, -127, -1], np.int8)
    weights = np.broadcast_to(row_of[None, None, :, None], (1, 3, 3, 2)).copy()
    graph = layer(DepthwiseConv2D(), (1, 5, 5, 2), weights)
    assert row(DEPTHWISE).lower(graph.calls()[0])[0].params.fields["blocks"].data.tolist() == [3, 3]
    check(library, row(DEPTHWISE), graph)
    weights[0, 1, 2, 1] = -2
    graph = layer(DepthwiseConv2D(), (1, 5, 5, 2), weights)
    assert row(DEPTHWISE).lower(graph.calls()[0])[0].params.fields["blocks"].data.tolist() == [3, 2]
    check(library, row(DEPTHWISE), graph)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_two_weights_of_minus_128_are_kept_apart_or_refused(symbol, library):
    op, shape, weights = {
        Conv2D: (Conv2D(), (1, 3, 3, 4), np.zeros((2, 1, 1, 4), np.int8)),
        FullyConnected: (FullyConnected(), (1, 4), np.zeros((2, 4), np.int8)),
        DepthwiseConv2D: (DepthwiseConv2D(), (1, 4, 4, 2), np.zeros((1, 3, 3, 2), np.int8)),
    }[row(symbol).op]
    axis = op.channel_axis()
    first = np.moveaxis(weights, axis, 0)[0]
    first.flat[0], first.flat[3] = -128, -128
    check(library, row(symbol), layer(op, shape, weights))
    first.flat[:] = -128
    reason = row(symbol).reason_against(layer(op, shape, weights).calls()[0], ARMV6M)
    assert reason == "two weights of -128 meet in a block"


def network() -> Graph:
    """Every kernel, with odd sizes, both strides, both forms, and many sizes of blocks."""
    builder = NetworkBuilder(rng=np.random.default_rng(5))
    relu = Activation.RELU

    def add(name: str, op: Operator, x: str, shape: tuple[int, ...], spread: float) -> str:
        y = builder.weighted(name, op, x, shape)
        data = random_weights(shape, spread, len(builder.nodes))
        weights = builder.tensors[f"{name}/weights"]
        builder.tensors[weights.name] = dataclasses.replace(weights, data=data)
        return y

    x = builder.input("x", (1, 13, 11, 3), Quantization.per_tensor(0.04, 5))
    y = add("first", Conv2D(padding=SAME, activation=relu), x, (9, 3, 3, 3), 90)
    y = add("dw", DepthwiseConv2D(padding=SAME), y, (1, 3, 3, 9), 60)
    for i, spread in enumerate((90, 45, 33, 28, 22, 16, 8)):
        y = add(
            f"pointwise{i}",
            Conv2D(activation=relu),
            y,
            (14 - i, 1, 1, 9 if i == 0 else 15 - i),
            spread,
        )
    strided = DepthwiseConv2D(padding=SAME, stride=(2, 2), activation=Activation.RELU6)
    y = add("dw_strided", strided, y, (1, 3, 3, 16), 20)
    y = add("dw_again", DepthwiseConv2D(padding=SAME, stride=(1, 2)), y, (1, 3, 3, 16), 90)
    y = add("dw_light", DepthwiseConv2D(padding=SAME), y, (1, 3, 3, 16), 15)
    y = add("groups", Conv2D(padding=SAME), y, (10, 3, 3, 8), 40)
    y = add("fours", Conv2D(padding=SAME, activation=relu), y, (10, 3, 3, 10), 40)
    y = add("fours_in_groups", Conv2D(padding=SAME), y, (10, 3, 3, 5), 60)
    y = add("dense", FullyConnected(activation=relu), y, (11, 10), 30)
    y = add("scores", FullyConnected(), y, (6, 11), 5)
    return builder.graph((x,), (y,), Arithmetic.TFLM)


def test_the_core_computes_the_reference(load_core, tmp_path):  # noqa: F811
    graph = network()
    target = load_core("cortex-m0plus")
    of = {Conv2D: CONV2D, DepthwiseConv2D: DEPTHWISE, FullyConnected: DENSE}
    forced = {node.name: of[type(node.op)] for node in graph.nodes if type(node.op) in of}
    forced |= {"fours_node": CONV2D_FOURS, "fours_in_groups_node": CONV2D_FOURS}
    forced["scores_node"] = DENSE_PAIRS
    options = EmitOptions(kernels=tuple(forced.items()))
    emission = emit(graph, target, tmp_path / "net", name="net", options=options)
    used = {layer.kernel.symbol for layer in emission.program.layers}
    assert used == set(SYMBOLS)
    dense = [c for c in graph.calls() if type(c.op) is Conv2D and c.op.groups(c) == 1]
    assert {lanes_size(c, SIZES) for c in dense} == set(SIZES)
    x = inputs_for(graph, 6)["x"]
    expected = reference.run_one_input(graph, x).reshape(6, -1)
    outputs = device.run_on_qemu(
        emission.folder, "net", target, x.reshape(6, -1), expected.shape[1]
    )
    np.testing.assert_array_equal(outputs, expected)
