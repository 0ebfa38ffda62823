"""The integer Winograd convolution: every shape, the extremes, the plans for scratch, and the real cores."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.networks import NetworkBuilder
from tests.strategies import DETERMINISTIC, inputs_for
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Graph, Quantization, verify
from tinygen.kernels import Kernel
from tinygen.kernels.conv2d_winograd_dsp import KERNELS
from tinygen.ops.activation import Activation
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Padding
from tinygen.proofs import winograd

EXPANDED, COMPACT = "tg_conv2d_winograd_s8_dsp", "tg_conv2d_winograd_compact_s8_dsp"
SHORT = "tg_conv2d_winograd_short_s8_dsp"
SYMBOLS = (EXPANDED, COMPACT, SHORT)
SHIFTED = 2
"""In `enum tg_winograd_form`."""

AROUND = Padding(top=1, bottom=1, left=1, right=1)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    rows = {kernel.symbol: kernel for kernel in KERNELS}
    assert set(rows) == set(SYMBOLS)
    return KernelLibrary(build_library(rows.values(), tmp_path_factory.mktemp("winograd")))


def layer(
    shape: Sequence[int],
    outputs: int,
    *,
    padding: Padding = AROUND,
    activation: Activation = Activation.NONE,
    arithmetic: Arithmetic = Arithmetic.TFLM,
    zero_point: int = -3,
    seed: int = 0,
) -> Graph:
    """One convolution of [height, width, channels]."""
    builder = NetworkBuilder(rng=np.random.default_rng(seed))
    x = builder.input("x", (1, *shape), Quantization.per_tensor(0.05, zero_point))
    op = Conv2D(padding=padding, activation=activation)
    y = builder.weighted("y", op, x, (outputs, 3, 3, shape[2]))
    return builder.graph((x,), (y,), arithmetic)


def fitting(graph: Graph) -> list[Kernel]:
    (call,) = graph.calls()
    return [k for k in KERNELS if k.reason_against(call, k.needs) is None]


def is_shifted(graph: Graph) -> bool:
    """Whether every channel has a shift of its own: not for the kernel that is short of code."""
    (kernel, *_) = fitting(graph)
    return form_of(kernel, graph) == SHIFTED


def form_of(kernel: Kernel, graph: Graph) -> int:
    (call,) = graph.calls()
    return kernel.lower(call)[0].params.fields["form"]


def check(library: KernelLibrary, graph: Graph, samples: int = 4) -> None:
    """Every row that takes the layer; the smallest scratch and the transformed weights always do."""
    kernels = fitting(graph)
    assert {k.symbol for k in kernels} == set(SYMBOLS) - ({SHORT} if is_shifted(graph) else set())
    for kernel in kernels:
        check_kernel(library, kernel, graph, samples)


# Shapes


@pytest.mark.parametrize("channels", range(4, 13))
def test_tails_of_channels(channels, library):
    for outputs in range(1, 6):
        check(library, layer((4, 8, channels), outputs, seed=outputs))


@pytest.mark.parametrize("width", range(7, 18))
def test_tails_of_tiles(width, library):
    graphs = [layer((height, width, 4), 4, seed=height) for height in (4, 7, 12, 13)]
    covered = [graph for graph in graphs if fitting(graph)]
    assert len(covered) > 1
    for graph in covered:
        check(library, graph, samples=3)


@settings(DETERMINISTIC, max_examples=40)
@given(st.tuples(*[st.integers(0, 5)] * 4), st.integers(8, 14), st.integers(8, 14), st.data())
def test_any_padding(library, sides, height, width, data):
    top, bottom, left, right = sides
    padding = Padding(top=top, bottom=bottom, left=left, right=right)
    zero_point = data.draw(st.sampled_from([-128, 0, 127]))
    activation = data.draw(st.sampled_from(Activation))
    graph = layer(
        (height, width, 5), 4, padding=padding, zero_point=zero_point, activation=activation
    )
    for kernel in fitting(graph):
        check_kernel(library, kernel, graph, samples=3)


@pytest.mark.parametrize("symbol", (EXPANDED, COMPACT))
@pytest.mark.parametrize("padding", [AROUND, Padding()], ids=["same", "valid"])
def test_any_number_of_rows_from_any_row_on(symbol, padding, library):
    graph = layer((13, 16, 6), 5, padding=padding)
    kernel = next(k for k in fitting(graph) if k.symbol == symbol)
    (call,) = graph.calls()
    x = inputs_for(graph, 5)["x"][4:]
    whole = reference.run_one_input(graph, x)
    height = call.output.shape[1]
    for first in range(height):
        for count in {1, 2, 3, 4, 5, 8, height - first}:
            if first + count <= height:
                rows = library.run_rows(kernel, call, x, first, count)
                np.testing.assert_array_equal(rows, whole[:, first : first + count])


# Extremes


def with_weights(graph: Graph, weights: np.ndarray, bias: np.ndarray | None = None) -> Graph:
    tensors = dict(graph.tensors)
    (node,) = graph.nodes
    replaced = [(node.inputs[1], weights.astype(np.int8))]
    if bias is not None:
        replaced.append((node.inputs[2], bias.astype(np.int32)))
    for name, data in replaced:
        tensors[name] = dataclasses.replace(tensors[name], data=data)
    return verify(dataclasses.replace(graph, tensors=tensors))


@pytest.mark.parametrize("zero_point", [-128, 127])
@pytest.mark.parametrize("channels", [4, 16])
def test_extreme_weights_and_inputs(channels, zero_point, library):
    """Weights of -128 and 127 make the largest transformed values; inputs follow their signs."""
    graph = layer((8, 8, channels), 6, zero_point=zero_point, seed=channels)
    rng = np.random.default_rng(channels)
    weights = rng.choice([-128, 127], (6, 3, 3, channels))
    weights[0], weights[1] = -128, 127
    graph = with_weights(graph, weights)
    (call,) = graph.calls()
    tile = np.where(weights[2] > 0, 127, -128)
    images = [np.full((8, 8, channels), v) for v in (-128, 127)]
    images += [np.tile(sign, (3, 3, 1))[:8, :8] for sign in (tile, -1 - tile)]
    images += [rng.choice([-128, 127], (8, 8, channels)) for _ in range(4)]
    x = np.stack(images).astype(np.int8)
    wanted = reference.run_one_input(graph, x)
    for kernel in fitting(graph):
        for image, output in zip(x, wanted, strict=True):
            got = library.run(kernel, call, [image[None]])
            np.testing.assert_array_equal(got[0], output)


def bounded(largest: int) -> Graph:
    """A layer whose accumulator reaches just this: one weight, and a bias for all the rest."""
    graph = layer((4, 8, 4), 1, zero_point=0)
    weights = np.zeros((1, 3, 3, 4))
    weights[0, 1, 1, 2] = 100
    return with_weights(graph, weights, np.array([largest - 127 * 100]))


def test_the_largest_accumulator_is_computed_and_the_next_one_refused(library):
    largest = (2**31 - 1) // winograd.SCALE
    graph = bounded(largest)
    (call,) = graph.calls()
    assert call.op.accumulator_range(call, call.input_range(0)).high.max() == largest
    check(library, graph)
    found = reasons(bounded(largest + 1))
    assert None not in found
    assert any("int32" in reason for reason in found)


# What is refused


def reasons(graph: Graph) -> set[str | None]:
    (call,) = graph.calls()
    return {kernel.reason_against(call, kernel.needs) for kernel in KERNELS}


def with_op(graph: Graph, op: Conv2D) -> Graph:
    (node,) = graph.nodes
    y = graph.tensors[node.outputs[0]]
    inputs = [graph.tensors[name] for name in node.inputs]
    y = dataclasses.replace(y, shape=tuple(op.infer_shapes(inputs)[0]))
    nodes = (dataclasses.replace(node, op=op),)
    return verify(dataclasses.replace(graph, nodes=nodes, tensors={**graph.tensors, y.name: y}))


def test_layers_for_other_kernels_are_refused():
    assert any("input channels" in r for r in reasons(layer((8, 8, 3), 4)))
    assert all("pixels" in r for r in reasons(layer((5, 5, 4), 4)))
    strided = dataclasses.replace(layer((8, 8, 4), 4).nodes[0].op, stride=(1, 2))
    assert all("stride 1" in r for r in reasons(with_op(layer((8, 16, 4), 4), strided)))


# Plans for scratch


def plans(call: Call) -> list[tuple[int, float]]:
    """(scratch, transforms of weights) of the rows for compact weights that take the layer."""
    rows = [k for k in KERNELS if k.symbol == COMPACT and k.fits(call) is None]
    return [(k.scratch_bytes(call), k.counts(call)["transforms"]) for k in rows]


def test_more_scratch_saves_transforms_of_weights():
    (call,) = layer((16, 16, 32), 32).calls()
    found = plans(call)
    assert len(found) > 1
    assert found == sorted(found, key=lambda plan: -plan[0])
    transforms = [count for _, count in found]
    assert transforms == sorted(set(transforms))
    assert all(scratch <= 48 * 1024 for scratch, _ in found)


@pytest.mark.parametrize(
    "shape, outputs", [((32, 32, 16), 16), ((16, 16, 32), 8), ((8, 40, 12), 9)]
)
def test_every_plan_is_exact(shape, outputs, library):
    graph = layer(shape, outputs, activation=Activation.RELU)
    (call,) = graph.calls()
    x = inputs_for(graph, 5)["x"][4:]
    wanted = reference.run_one_input(graph, x)
    for kernel in fitting(graph):
        np.testing.assert_array_equal(library.run(kernel, call, [x]), wanted)


@pytest.mark.parametrize("shape", [(32, 32, 16), (16, 8, 8)], ids=["two chunks", "one chunk"])
def test_the_lead_is_not_larger_than_needed_by_much(shape, library):
    """check_kernel proves that it is enough; with half of it the output runs into inputs that are still needed."""
    graph = layer(shape, shape[2])
    (call,) = graph.calls()
    x = inputs_for(graph, 5)["x"][4:]
    wanted = reference.run_one_input(graph, x)
    kernel = fitting(graph)[0]
    lead = kernel.lead(call)
    assert 0 < lead < call.output.bytes
    got = library.run_over_input(kernel, call, [x], lead)
    np.testing.assert_array_equal(got, wanted)
    assert (library.run_over_input(kernel, call, [x], lead // 2) != wanted).any()


# The real instructions


DEVICE_LAYERS = (
    # steps of a position: 2, 4, 6, 8, 10, 16, 18 and 24, by every way into the blocks of 8
    ((8, 8, 4), 4),
    ((4, 7, 8), 5),
    ((12, 13, 12), 3),
    ((8, 16, 16), 8),
    ((7, 8, 18), 4),
    ((4, 8, 32), 4),
    ((4, 8, 36), 4),
    ((4, 8, 48), 4),
)


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize(
    "core, optimize", [("cortex-m4", "O2"), ("cortex-m4", "Os"), ("cortex-m33", "O3")]
)
def test_the_cores_compute_the_reference(core, optimize, symbol, load_core, tmp_path):  # noqa: F811
    target = load_core(core)
    forms = set()
    for index, (shape, outputs) in enumerate(DEVICE_LAYERS):
        activation = list(Activation)[index % 3]
        graph = layer(shape, outputs, activation=activation, seed=index)
        if symbol == SHORT and is_shifted(graph):
            continue
        (call,) = graph.calls()
        options = EmitOptions(kernels=((call.node.name, symbol),))
        emission = emit(graph, target, tmp_path / f"net{index}", name="net", options=options)
        kernel = next(k for k in fitting(graph) if k.symbol == symbol)
        forms.add(form_of(kernel, graph))
        x = inputs_for(graph, 5)["x"]
        wanted = reference.run_one_input(graph, x).reshape(5, -1)
        got = device.run_on_qemu(
            emission.folder, "net", target, x.reshape(5, -1), wanted.shape[1], optimize=optimize
        )
        np.testing.assert_array_equal(got, wanted)
    assert forms == ({0, 1} if symbol == SHORT else {0, 1, SHIFTED})
