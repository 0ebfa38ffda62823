"""Kernels for cores without SIMD instructions: two sums in a word, four weights in a word, columns of rows.

On the host their C versions run; the assembly runs on the cores in QEMU, on inputs that drive every sum to its ends.
"""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.networks import NetworkBuilder
from tests.strategies import DETERMINISTIC, inputs_for, one_op_graph
from tinygen import device, reference
from tinygen.emit import emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Quantization, Range, Tensor, verify
from tinygen.kernels import (
    CATALOGUE,
    Kernel,
    conv2d_swar,
    depthwise_columns,
    depthwise_runs,
    depthwise_runs_v7m,
    depthwise_sliding,
    fully_connected_swar,
    select,
    swar,
)
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.window import Padding

NEEDS = (swar.V7M, swar.RV32)
OTHERS = {k.symbol for k in (*depthwise_runs.KERNELS, *depthwise_runs_v7m.KERNELS)}
"""Kernels of these cores with a test file of their own."""
ROWS = [
    k
    for found in CATALOGUE.values()
    for k in found
    if k.needs in NEEDS and not k.whole_only and k.symbol not in OTHERS
]
KERNELS = list({k.symbol: k for k in ROWS if not k.in_place}.values())
GENERAL = {
    k
    for k in (
        *conv2d_swar.KERNELS,
        *depthwise_columns.KERNELS,
        *depthwise_sliding.KERNELS,
        *fully_connected_swar.KERNELS,
    )
    if not k.in_place and not (k.op is Conv2D and k.header == "tg_fully_connected_swar.h")
}
AROUND = Padding(top=1, bottom=1, left=1, right=1)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library(KERNELS, tmp_path_factory.mktemp("swar")))


def one_node(op, shape, weights, bias=None, *, scale=None, zero_points=(0, -128)) -> Graph:
    """A node with these weights; without a scale, outputs of random inputs spread over int8."""
    weights = np.asarray(weights, np.int8)
    axis = op.channel_axis()
    zero_in, zero_out = zero_points
    spread = 80.0 * np.sqrt((weights.astype(float) ** 2).sum() / weights.shape[axis] + 1)
    q_x = Quantization.per_tensor(0.05, zero_in)
    q_w = Quantization.per_tensor(0.01, 0)
    q_y = Quantization.per_tensor(scale or float(0.05 * 0.01 * spread / 50), zero_out)
    inputs = {
        "x": Tensor(name="x", shape=shape, dtype=DType.INT8, quantization=q_x),
        "w": Tensor(
            name="w", shape=weights.shape, dtype=DType.INT8, quantization=q_w, data=weights
        ),
    }
    if bias is not None:
        data = np.asarray(bias, np.int32)
        inputs["b"] = Tensor(name="b", shape=data.shape, dtype=DType.INT32, data=data)
    (out_shape,) = op.infer_shapes(list(inputs.values()))
    y = Tensor(name="y", shape=out_shape, dtype=DType.INT8, quantization=q_y)
    node = Node(name="node", op=op, inputs=tuple(inputs), outputs=("y",))
    return verify(
        Graph(
            name="one",
            tensors=inputs | {"y": y},
            nodes=(node,),
            inputs=("x",),
            outputs=("y",),
            arithmetic=Arithmetic.TFLM,
        )
    )


def kernels_of(op) -> list[Kernel]:
    """Rows for any layer of the operator, one for each core."""
    return [k for k in ROWS if k.op is op and k in GENERAL]


def check_all(graph: Graph, library: KernelLibrary, samples: int = 5) -> None:
    """Every row of ours that is for the operator takes the node, and is right."""
    (call,) = graph.calls()
    rows = kernels_of(type(call.op))
    assert rows
    for kernel in rows:
        assert kernel.reason_against(call, kernel.needs) is None
        check_kernel(library, kernel, graph, samples)


@pytest.mark.parametrize("cells", [(1, 1), (2, 3), (4, 1)])
@pytest.mark.parametrize("channels", [1, 5])
def test_a_convolution_as_large_as_the_image_is_a_dense_layer(channels, cells, library):
    rng = np.random.default_rng(channels)
    weights = rng.integers(-50, 51, (channels, *cells, 6))
    graph = one_node(Conv2D(), (1, *cells, 6), weights, zero_points=(9, -4))
    (call,) = graph.calls()
    rows = [k for k in fully_connected_swar.KERNELS if k.op is Conv2D]
    assert {k.needs for k in rows} == set(NEEDS)
    for kernel in rows:
        assert kernel.reason_against(call, kernel.needs) is None
        check_kernel(library, kernel, graph, samples=5)


# Any shape


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("op", [Conv2D, DepthwiseConv2D, FullyConnected], ids=lambda o: o.__name__)
def test_any_shape_is_exact(op, arithmetic, library):
    runs: Counter[str] = Counter()

    @DETERMINISTIC
    @given(one_op_graph(op, arithmetic))
    def check(graph):
        (call,) = graph.calls()
        for kernel in (k for k in ROWS if k.op is op):
            if kernel.reason_against(call, kernel.needs) is None:
                check_kernel(library, kernel, graph, samples=5)
                runs[kernel.symbol] += 1

    check()
    assert min(runs[k.symbol] for k in kernels_of(op)) >= 10, runs


@pytest.mark.parametrize("channels", range(1, 10))
def test_channels_that_are_no_multiple_of_three_or_four(channels, library):
    rng = np.random.default_rng(channels)
    for width in (2, 3, 4, 5):  # pixels that do not fill the last pass
        weights = rng.integers(-60, 61, (channels, 3, 3, 5))
        check_all(one_node(Conv2D(padding=AROUND), (1, 1, width, 5), weights), library)
    weights = rng.integers(-60, 61, (channels, 23))
    check_all(one_node(FullyConnected(), (2, 23), weights), library)


@pytest.mark.parametrize("padding", [Padding(), AROUND], ids=["none", "around"])
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_groups_have_orders_of_their_own(channels, padding, library):
    rng = np.random.default_rng(channels)
    weights = rng.integers(-60, 61, (3 * channels, 3, 3, 5))
    weights[channels:] //= 4  # these groups alone would have longer blocks
    graph = one_node(Conv2D(padding=padding), (1, 4, 5, 15), weights, zero_points=(11, -6))
    assert conv2d_swar.KERNELS[0].lower(graph.calls()[0])[0].params.fields["groups"] == 3
    check_all(graph, library)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dilation", [(1, 1), (1, 2), (2, 3)])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 1), (2, 3)])
def test_windows_over_both_edges(kernel, dilation, groups, library):
    rng = np.random.default_rng(kernel[1])
    op = Conv2D(padding=Padding(left=1, right=4, bottom=1), dilation=dilation)
    weights = rng.integers(-60, 61, (4, *kernel, 5))
    check_all(one_node(op, (1, 4, 3, 5 * groups), weights, zero_points=(-9, 2)), library)


@pytest.mark.parametrize("stride", [(1, 1), (1, 2), (2, 1), (2, 2)])
@pytest.mark.parametrize("height", range(1, 6))
def test_depthwise_heights_and_strides(height, stride, library):
    rng = np.random.default_rng(height)
    op = DepthwiseConv2D(padding=AROUND, stride=stride, activation=Activation.RELU6)
    for multiplier in (1, 2):
        weights = rng.integers(-127, 128, (1, 3, 3, 3 * multiplier))
        check_all(one_node(op, (1, height, 4, 3), weights), library)


def test_depthwise_takes_several_chunks_of_passes_and_works_in_place(library):
    weights = np.random.default_rng(3).integers(-127, 128, (1, 3, 3, 2))
    graph = one_node(DepthwiseConv2D(padding=AROUND), (1, 41, 60, 2), weights)
    (call,) = graph.calls()
    for kernel in (k for k in depthwise_columns.KERNELS if k.in_place):
        passes = kernel.lower(call)[0].params.fields["passes"]
        assert 2 <= passes < 10
        check_kernel(library, kernel, graph, samples=3)


@pytest.mark.parametrize("stride", [(1, 1), (1, 2), (2, 1), (3, 2)])
@pytest.mark.parametrize("padding", [Padding(), Padding(right=2), Padding(left=1), AROUND], ids=str)
def test_windows_slide_over_any_width_and_over_their_own_input(padding, stride, library):
    rng = np.random.default_rng(4)
    rows = depthwise_sliding.KERNELS
    for width in range(3 - padding.left - padding.right, 8):
        op = DepthwiseConv2D(padding=padding, stride=stride)
        weights = rng.integers(-127, 128, (1, 3, 3, 4))
        graph = one_node(op, (1, 5, width, 2), weights, zero_points=(7, -128))
        for kernel in rows:
            assert kernel.reason_against(graph.calls()[0], kernel.needs) is None
            check_kernel(library, kernel, graph, samples=2)
    assert all(k.lead is not None for k in rows)


# Sums at their ends


@pytest.mark.parametrize("size", swar.BLOCK_SIZES)
def test_every_size_of_block_is_used_and_exact(size, library):
    weights = block_weights(size, channels=4)
    graph = one_node(Conv2D(), (1, 2, 3, weights.shape[3]), weights)
    assert conv2d_swar.KERNELS[0].lower(graph.calls()[0])[0].params.fields["block"] == size
    check_all(graph, library)


def block_weights(size: int, channels: int, sizes=swar.BLOCK_SIZES) -> np.ndarray:
    """[channels, 1, 1, inputs] of one absolute value, of which `size` fit in a block, but no more."""
    longer = min([s for s in sizes if s > size], default=size)
    weights = np.full((channels, 1, 1, 3 * longer), 255 // size)
    weights[1::2] *= -1
    return weights


@pytest.mark.parametrize("size", fully_connected_swar.BLOCK_SIZES)
def test_every_size_of_block_of_a_dense_layer_is_used_and_exact(size, library):
    weights = block_weights(size, 5, fully_connected_swar.BLOCK_SIZES)[:, 0, 0]
    graph = one_node(FullyConnected(), (1, weights.shape[1]), weights)
    fields = fully_connected_swar.KERNELS[0].lower(graph.calls()[0])[0].params.fields
    assert fields["block"] == size
    check_all(graph, library)


@pytest.mark.parametrize(("weights", "size"), [((-127, -128, 0), 8), ((-127, -128, -1), 2)])
def test_a_weight_too_many_makes_blocks_shorter(weights, size, library):
    # 255 * 128 fits in int16 and 256 * 128 does not; the three inputs are one block or two
    graph = one_node(Conv2D(), (1, 1, 2, 3), np.tile(weights, (3, 1)).reshape(3, 1, 1, 3))
    assert conv2d_swar.KERNELS[0].lower(graph.calls()[0])[0].params.fields["block"] == size
    check_all(graph, library)


def test_weights_of_which_no_two_fit_go_to_another_kernel():
    graph = one_node(Conv2D(), (1, 1, 2, 4), np.full((3, 1, 1, 4), -128))
    for needs in NEEDS:
        assert select(graph.calls()[0], needs).source.startswith("portable/")


def test_small_inputs_allow_longer_blocks():
    (call,) = one_node(Conv2D(), (1, 1, 2, 12), np.full((3, 1, 1, 12), 80)).calls()
    small = dataclasses.replace(call, input_ranges=(Range.full(12, -40, 40), None))
    sizes = [conv2d_swar.KERNELS[0].lower(c)[0].params.fields["block"] for c in (call, small)]
    assert sizes == [3, 8]


@pytest.mark.parametrize("zero_out", [-128, -5, 127])
@pytest.mark.parametrize("octave", range(-12, 3))
def test_any_scale_and_zero_point(octave, zero_out, library):
    """Shifts below 16, sign terms, and outputs that hardly leave their zero point."""
    rng = np.random.default_rng(octave & 15)
    weights = rng.integers(-70, 71, (5, 40))
    bias = rng.integers(-9000, 9000, 5)
    graph = one_node(
        FullyConnected(), (1, 40), weights, bias, scale=2.0**octave, zero_points=(3, zero_out)
    )
    (call,) = graph.calls()
    for kernel in kernels_of(FullyConnected):
        if kernel.reason_against(call, kernel.needs) is None:
            check_kernel(library, kernel, graph, samples=5)
        else:
            assert octave < -9, kernel.reason_against(call, kernel.needs)


# The real instructions

DENSE_OUTPUTS = (5, 6, 7, 8, 9, 12, 3, 17)
"""Ends of every length behind eights, and behind fours."""


def network(activation: Activation, seed: int) -> Graph:
    """Every kernel and size of block, with tails of channels and pixels, and weights that drive sums to their ends."""
    n = NetworkBuilder(rng=np.random.default_rng(seed))
    y = x = n.input("x", (1, 7, 9, 4), Quantization.per_tensor(0.04, 5))
    for i, size in enumerate(swar.BLOCK_SIZES):
        op = Conv2D(padding=AROUND, activation=activation)
        y = n.weighted(f"conv{size}", op, y, (4 + i % 3, 3, 3, n.tensors[y].channels))
        limit_blocks(n, f"conv{size}/weights", size)
    y = n.weighted(
        "depthwise", DepthwiseConv2D(padding=AROUND, activation=activation), y, (1, 3, 3, 6)
    )
    strided = DepthwiseConv2D(padding=AROUND, stride=(2, 2), activation=activation)
    y = n.weighted("strided", strided, y, (1, 3, 3, 6))
    wide = DepthwiseConv2D(padding=AROUND, stride=(1, 2), activation=activation)
    y = n.weighted("wide", wide, y, (1, 3, 3, 12))
    y = n.weighted("groups", Conv2D(padding=AROUND), y, (9, 3, 3, 4))
    dilated = Conv2D(padding=Padding(top=2, bottom=2, left=2, right=2), dilation=(2, 2))
    y = n.weighted("dilated", dilated, y, (9, 3, 3, 9))
    outs = (n.weighted("pointwise", Conv2D(), y, (7, 1, 1, 9)),)
    for i, size in enumerate(fully_connected_swar.BLOCK_SIZES):
        op = FullyConnected(activation=activation)
        y = n.weighted(f"dense{size}", op, outs[0], (DENSE_OUTPUTS[i], n.tensors[outs[0]].channels))
        limit_blocks(n, f"dense{size}/weights", size)
        outs = (y,)
    return n.graph((x,), outs, Arithmetic.TFLM)


def limit_blocks(n: NetworkBuilder, name: str, size: int) -> None:
    """Weights of which `size` fit in a block: at most 255 / size, and most of them just that."""
    tensor = n.tensors[name]
    limit = 255 // size
    data = n.rng.choice([-limit, limit, limit, 1, 0], tensor.shape).astype(np.int8)
    n.tensors[name] = Tensor(
        name=name, shape=tensor.shape, dtype=DType.INT8, quantization=tensor.quantization, data=data
    )


@pytest.mark.parametrize("activation", [Activation.NONE, Activation.RELU6], ids=lambda a: a.name)
@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m33-nodsp", "rv32imc"])
def test_the_cores_compute_the_reference(core, activation, load_core, tmp_path):  # noqa: F811
    graph = network(activation, seed=4)
    target = load_core(core)
    emission = emit(graph, target, tmp_path / "net", name="net")
    used = {layer.kernel.symbol for layer in emission.program.layers}
    ours = {k.symbol for k in KERNELS if k.needs <= target.features}
    assert ours <= used
    x = inputs_for(graph, 8)["x"]
    expected = reference.run_one_input(graph, x).reshape(8, -1)
    outputs = device.run_on_qemu(
        emission.folder, "net", target, x.reshape(8, -1), expected.shape[1]
    )
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("core", ["cortex-m3", "rv32imc"])
@pytest.mark.parametrize("size", swar.BLOCK_SIZES)
def test_the_cores_keep_both_sums_apart_at_their_ends(core, size, load_core, tmp_path):  # noqa: F811
    """Blocks whose sums are -32768 and 32640 in both halves at once: one too many would carry over."""
    weights = block_weights(size, channels=4)
    weights[0, 0, 0, :2] = (127, -128) if size == 2 else weights[0, 0, 0, :2]
    graph = one_node(
        Conv2D(), (1, 2, 3, weights.shape[3]), weights, scale=0.05, zero_points=(0, -7)
    )
    target = load_core(core)
    emission = emit(graph, target, tmp_path / "net", name="net")
    x = (
        np.random.default_rng(size)
        .choice([-128, 127], (24, 2 * 3 * weights.shape[3]))
        .astype(np.int8)
    )
    x[0], x[1] = -128, 127
    expected = reference.run_one_input(graph, x.reshape(24 * 1, 2, 3, -1)).reshape(24, -1)
    outputs = device.run_on_qemu(emission.folder, "net", target, x, expected.shape[1])
    np.testing.assert_array_equal(outputs, expected)
