"""The kernels for Helium (MVE): every tail and form on the host, and the real instructions under QEMU.

On the host their C versions run, which read the same packing; QEMU runs the assembly.
"""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.networks import NetworkBuilder
from tests.strategies import DETERMINISTIC, inputs_for, one_op_graph
from tinygen import device, reference, targets
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Quantization, Tensor, verify
from tinygen.kernels import CATALOGUE, add_mve, conv2d_joined_mve, mve, select
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mul import Mul
from tinygen.ops.relu import Relu
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.tanh import Tanh
from tinygen.ops.window import Padding

KERNELS = [k for found in CATALOGUE.values() for k in found if "mve" in k.needs]
WEIGHTED = [
    k
    for k in KERNELS
    if issubclass(k.op, WeightedOperator)
    and not k.in_place
    and not k.whole_only
    # rows that see groups as fewer ones call the function of another row; see test_groups_that_are_one
    and k not in conv2d_joined_mve.KERNELS
]
FEATURES = targets.load("cortex-m55").features
AROUND = Padding(top=1, bottom=1, left=1, right=1)


def one_layer(op, shape, weights_shape, data=None, seed=0) -> Graph:
    """A graph of one layer; with `data` for its weights."""
    builder = NetworkBuilder(rng=np.random.default_rng(seed))
    x = builder.input("x", shape, Quantization.per_tensor(0.05, -3))
    y = builder.weighted("y", op, x, weights_shape)
    if data is not None:
        w = builder.tensors["y/weights"]
        builder.tensors[w.name] = Tensor(
            name=w.name, shape=w.shape, dtype=w.dtype, quantization=w.quantization, data=data
        )
    return builder.graph((x,), (y,), Arithmetic.TFLM)


def without_proofs(monkeypatch) -> None:
    """Layers compute rule A6 as it stands, whatever could be proved."""
    monkeypatch.setattr(mve, "prove", lambda *_, **__: None)


@pytest.mark.parametrize("kernel", WEIGHTED, ids=lambda k: k.symbol)
def test_layers_without_a_proof_are_exact(kernel, library, monkeypatch):
    without_proofs(monkeypatch)
    runs = Counter()

    @DETERMINISTIC
    @given(one_op_graph(kernel.op))
    def check(graph):
        if kernel.reason_against(graph.calls()[0], FEATURES) is None:
            check_kernel(library, kernel, graph, samples=3)
            runs[kernel.symbol] += 1

    check()
    assert runs[kernel.symbol] >= 5


@pytest.mark.parametrize("depth", [1, 15, 16, 17, 33, 48])
@pytest.mark.parametrize("channels", range(1, 18))
def test_tails_of_channels_and_depth(channels, depth, library):
    graphs = {
        "tg_fully_connected_s8_mve": one_layer(FullyConnected(), (1, depth), (channels, depth)),
        "tg_conv2d_1x1_s8_mve": one_layer(
            Conv2D(), (1, 3, 5, depth), (channels, 1, 1, depth), seed=channels
        ),
    }
    for symbol, graph in graphs.items():
        kernel = select(graph.calls()[0], FEATURES)
        assert kernel.symbol == symbol
        check_kernel(library, kernel, graph, samples=3)


@pytest.mark.parametrize("extreme", [-128, 127])
@pytest.mark.parametrize("taps", [1, 2, 3, 9])
def test_depthwise_weights_at_their_bounds(extreme, taps, library):
    """Two products of -128 * -128 would not fit in 16 bits."""
    data = np.full((1, 3, 3, 20), 5, np.int8)
    data.reshape(9, 20)[:taps] = extreme
    graph = one_layer(DepthwiseConv2D(padding=AROUND), (1, 5, 6, 20), data.shape, data)
    kernel = select(graph.calls()[0], FEATURES)
    assert "depthwise" in kernel.symbol and "mve" in kernel.needs
    check_kernel(library, kernel, graph, samples=6)


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 8, 12, 16, 24, 43])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_lanes_of_every_size(channels, stride, library):
    op = DepthwiseConv2D(padding=AROUND, stride=(stride, stride), activation=Activation.RELU)
    for width in (1, 2, 7, 11):
        graph = one_layer(op, (1, 4, width, channels), (1, 3, 3, channels), seed=width)
        kernel = select(graph.calls()[0], FEATURES)
        assert "mve" in kernel.needs
        check_kernel(library, kernel, graph, samples=3)


@pytest.mark.parametrize("channels", [127, 128, 129, 133, 256, 261])
def test_many_channels_are_computed_in_blocks(channels, library):
    for op, shape, weights in (
        (FullyConnected(), (2, 20), (channels, 20)),
        (Conv2D(), (1, 1, 3, 20), (channels, 1, 1, 20)),
        (Conv2D(padding=AROUND), (1, 2, 3, 3), (channels, 3, 3, 3)),
    ):
        graph = one_layer(op, shape, weights)
        check_kernel(library, select(graph.calls()[0], FEATURES), graph, samples=2)


def test_means_are_the_quotients_of_all_sums():
    """The constants of tg_pool2d_mve.h, in 16 bits without sign."""
    for count in range(2, 257):
        shift = (count - 1).bit_length() - 1
        multiplier = -(-(2 ** (16 + shift)) // count)
        numerators = np.arange(128 * count + 1) + count // 2
        assert multiplier < 2**16 and numerators.max() < 2**16
        np.testing.assert_array_equal(numerators * multiplier >> (16 + shift), numerators // count)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (16, 16)])
@pytest.mark.parametrize("op", [AveragePool2D, MaxPool2D], ids=lambda op: op.__name__)
def test_pools_of_any_channels(op, height, width, library):
    for channels in (1, 15, 16, 17, 33):
        graph = layer_without_weights(op(kernel=(height, width)), (1, height + 1, width, channels))
        kernel = select(graph.calls()[0], FEATURES)
        assert "mve" in kernel.needs
        check_kernel(library, kernel, graph, samples=6)


def layer_without_weights(op, shape) -> Graph:
    builder = NetworkBuilder(rng=np.random.default_rng(1))
    x = builder.input("x", shape, Quantization.per_tensor(0.05, -3))
    y = builder.layer("y", op, (x,), builder.tensors[x].quantization)
    return builder.graph((x,), (y,), Arithmetic.TFLM)


def test_rows_wider_than_a_pass(library):
    graph = one_layer(Conv2D(padding=AROUND), (1, 3, 41, 30), (5, 3, 3, 30))
    kernel = select(graph.calls()[0], FEATURES)
    assert kernel.lower(graph.calls()[0])[0].params.fields["pass_pixels"] < 41
    check_kernel(library, kernel, graph, samples=3)


def add_graph(scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> Graph:
    """A sum over all pairs of int8 values."""
    shape = (1, 256, 256)
    names = ("a", "b", "y")
    tensors = {
        n: Tensor(name=n, shape=shape, dtype=DType.INT8, quantization=Quantization.per_tensor(s, z))
        for n, s, z in zip(names, scales, zeros, strict=True)
    }
    node = Node(name="add", op=Add(), inputs=("a", "b"), outputs=("y",))
    return verify(
        Graph(
            name="add",
            tensors=tensors,
            nodes=(node,),
            inputs=("a", "b"),
            outputs=("y",),
            arithmetic=Arithmetic.TFLM,
        )
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_pair_of_a_sum(seed, library):
    rng = np.random.default_rng(seed)
    scales = (*(0.03 * np.exp(rng.normal(0, 0.5, 2))), 0.05)
    call = add_graph(scales, tuple(rng.integers(-128, 60, 3).tolist())).calls()[0]
    kernel = select(call, FEATURES)
    assert kernel.symbol == "tg_add_s8_mve"
    values = np.arange(-128, 128).astype(np.int8)
    pairs = [v[None] for v in np.meshgrid(values, values, indexing="ij")]
    wanted = call.op.evaluate_integer(call, pairs)
    np.testing.assert_array_equal(library.run(kernel, call, pairs), wanted)


def test_nothing_is_selected_without_the_feature():
    call = one_layer(Conv2D(), (1, 4, 4, 4), (4, 1, 1, 4)).calls()[0]
    assert "mve" not in select(call, FEATURES - {"mve"}).needs


def network(arithmetic: Arithmetic) -> Graph:
    """Every kernel that takes layers, with odd sizes."""
    n = NetworkBuilder(rng=np.random.default_rng(5))
    x = n.input("x", (1, 9, 7, 3), Quantization.per_tensor(0.04, 5))
    relu = Activation.RELU
    y = n.weighted("first", Conv2D(padding=AROUND, activation=relu), x, (9, 3, 3, 3))
    y = n.weighted("dw", DepthwiseConv2D(padding=AROUND), y, (1, 3, 3, 9))
    left = n.weighted("pointwise", Conv2D(activation=relu), y, (14, 1, 1, 9))
    right = n.weighted("grouped", Conv2D(), left, (14, 1, 1, 7))
    wider = Quantization.per_tensor(n.tensors[right].quantization.scale * 1.7, -40)
    y = n.layer("sum", Add(), (left, right), wider)
    y = n.layer("product", Mul(), (y, left), Quantization.per_tensor(wider.scale * 2, 11))
    strided = DepthwiseConv2D(padding=AROUND, stride=(2, 2), activation=Activation.RELU6)
    y = n.weighted("dw_strided", strided, y, (1, 3, 3, 14))
    wide = Padding(top=2, bottom=2, left=2, right=2)
    y = n.weighted("dw_wide", DepthwiseConv2D(padding=wide), y, (1, 5, 4, 28))
    y = n.weighted("dw_planes", DepthwiseConv2D(padding=AROUND), y, (1, 3, 3, 28))
    y = n.weighted("dilated", Conv2D(dilation=(2, 2), padding=wide), y, (6, 2, 3, 28))
    pooled = n.layer("pooled", MaxPool2D(kernel=(2, 2)), (y,), n.tensors[y].quantization)
    y = n.layer("mean", AveragePool2D(kernel=(2, 1)), (pooled,), n.tensors[y].quantization)
    y = n.layer("clipped", Relu(bounds=Activation.RELU), (y,), n.tensors[y].quantization)
    y = n.weighted("dense", FullyConnected(activation=relu), y, (11, 6))
    y = n.layer("table", Tanh(), (y,), Tanh.output_quantization)
    return n.graph((x,), (y,), arithmetic)


FORCED = {
    "first_node": "tg_conv2d_runs_s8_mve",
    "dw_node": "tg_depthwise_conv2d_nine_s8_mve",
    "dw_wide_node": "tg_depthwise_conv2d_s8_mve",
    "dw_planes_node": "tg_depthwise_planes_s8_mve",
}
"""Kernels of the network's layers that costs alone would not spread over all that there are."""


def check_on_the_core(graph: Graph, target, folder, optimize: str, forced=FORCED) -> set[str]:
    """Compare with the reference under QEMU; the kernels that ran."""
    options = EmitOptions(kernels=tuple(forced.items()))
    emission = emit(graph, target, folder, name="net", options=options)
    x = inputs_for(graph, 6)["x"]
    expected = reference.run_one_input(graph, x).reshape(6, -1)
    outputs = device.run_on_qemu(
        emission.folder, "net", target, x.reshape(6, -1), expected.shape[1], optimize=optimize
    )
    np.testing.assert_array_equal(outputs, expected)
    return {layer.kernel.symbol for layer in emission.program.layers}


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("optimize", ["O2", "Os"])
def test_the_core_computes_the_reference(arithmetic, optimize, load_core, tmp_path):  # noqa: F811
    target = load_core("cortex-m55")
    used = check_on_the_core(network(arithmetic), target, tmp_path / "net", optimize)
    ours = {k.symbol for k in KERNELS if arithmetic in k.arithmetics}
    assert used >= ours - {"tg_add_textbook_s8_mve"}


def test_the_core_computes_layers_without_proofs(load_core, monkeypatch, tmp_path):  # noqa: F811
    without_proofs(monkeypatch)
    monkeypatch.setattr(add_mve, "_exact_sum", lambda _: None)
    target = load_core("cortex-m55")
    used = check_on_the_core(network(Arithmetic.TFLM), target, tmp_path / "net", "O2")
    assert used >= {"tg_add_textbook_s8_mve", *(k.symbol for k in WEIGHTED)}


COLUMNS, PLANES = "tg_conv2d_s8_mve", "tg_depthwise_planes_s8_mve"


def windows() -> Graph:
    """Columns with cells of 1 to 9 bytes; planes of one to four steps, of rows in ones, twos and fours."""
    n = NetworkBuilder(rng=np.random.default_rng(3))
    y = x = n.input("x", (1, 9, 11, 1), Quantization.per_tensor(0.04, 5))
    for cell in range(1, 10):
        op = Conv2D(padding=AROUND, activation=Activation.RELU)
        y = n.weighted(f"cell_{cell}", op, y, (cell + 1 if cell < 9 else 21, 3, 3, cell))
    same = {"padding": AROUND, "activation": Activation.RELU6}
    y = n.weighted("square", DepthwiseConv2D(**same), y, (1, 3, 3, 21))
    two = Padding(top=2, bottom=2, left=2, right=2)
    y = n.weighted("five", DepthwiseConv2D(padding=two), y, (1, 5, 5, 21))
    eight = DepthwiseConv2D(padding=Padding(top=4, bottom=3, left=3, right=4))
    y = n.weighted("eight", eight, y, (1, 8, 8, 21))
    y = n.weighted("dilated", DepthwiseConv2D(padding=two, dilation=(2, 2)), y, (1, 3, 3, 21))
    y = n.weighted("twice", DepthwiseConv2D(padding=AROUND, stride=(1, 2)), y, (1, 2, 4, 42))
    y = n.weighted("strided", DepthwiseConv2D(stride=(2, 1)), y, (1, 3, 3, 42))
    return n.graph((x,), (y,), Arithmetic.TFLM)


@pytest.mark.parametrize("is_proved", [True, False])
def test_columns_and_planes_of_every_kind_on_the_core(
    is_proved,
    load_core,  # noqa: F811
    monkeypatch,
    tmp_path,
):
    if not is_proved:
        without_proofs(monkeypatch)
    graph = windows()
    of = {Conv2D: COLUMNS, DepthwiseConv2D: PLANES}
    forced = {node.name: of[type(node.op)] for node in graph.nodes}
    used = check_on_the_core(graph, load_core("cortex-m55"), tmp_path / "net", "O2", forced)
    assert used == {COLUMNS, PLANES}


def test_the_planes_of_windows_are_of_every_kind():
    calls = [c for c in windows().calls() if isinstance(c.op, DepthwiseConv2D)]
    fields = [k.lower(c)[0].params.fields for c in calls for k in KERNELS if k.symbol == PLANES]
    assert {f["rows"] for f in fields} == {1, 2, 4}
    assert {f["steps"] for f in fields} >= {1, 2, 4}
    assert {f["is_shared"] for f in fields} == {0, 1}


@pytest.mark.parametrize("is_proved", [True, False])
@pytest.mark.parametrize(("groups", "channels"), [(12, 4), (6, 2), (8, 1)])
def test_groups_that_are_one(groups, channels, is_proved, library, monkeypatch):
    """Every number of groups for one gives the bytes of the layer as it is."""
    if not is_proved:
        without_proofs(monkeypatch)
    graph = one_layer(
        Conv2D(padding=AROUND, activation=Activation.RELU),
        (1, 4, 5, groups * channels),
        (groups * 3, 3, 3, channels),
    )
    call = graph.calls()[0]
    rows = [k for k in conv2d_joined_mve.KERNELS if k.reason_against(call, FEATURES) is None]
    assert len(rows) >= 2
    for kernel in rows:
        check_kernel(library, kernel, graph, samples=3)
