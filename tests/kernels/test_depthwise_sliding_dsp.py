"""Depthwise 3x3 windows that slide along rows of the input itself: every edge on the host, the assembly on the core."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.kernels.test_depthwise_dsp import network
from tests.strategies import inputs_for
from tinygen import costs, device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph
from tinygen.kernels import Kernel
from tinygen.kernels.depthwise_sliding_dsp import KERNELS
from tinygen.ops.activation import Activation
from tinygen.ops.window import Padding
from tinygen.selection import Candidate
from tinygen.streaming.runs import RowRun, row_run


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(library=build_library(KERNELS, tmp_path_factory.mktemp("sliding")))


def reason_against(kernel: Kernel, graph: Graph) -> str | None:
    (call,) = graph.calls()
    return kernel.reason_against(call, kernel.needs)


def kernel_for(graph: Graph) -> Kernel:
    (kernel,) = (k for k in KERNELS if reason_against(k, graph) is None)
    return kernel


SIDES = [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (2, 1), (1, 2), (3, 2)])
@pytest.mark.parametrize("sides", SIDES)
def test_every_edge_is_exact(stride, sides, library):
    left, right = sides
    least = 3 - left - right + stride[1]  # two outputs
    for seed, width in enumerate([*range(least, least + 6), 17]):
        height = 1 + seed % 5
        padding = Padding(top=2 if height == 1 else 1, bottom=seed % 2 + 1, left=left, right=right)
        arithmetic = list(Arithmetic)[seed % 2]
        graph = network(
            (height, width),
            (1, 3, 4, 7)[seed % 4],
            stride=stride,
            padding=padding,
            arithmetic=arithmetic,
            activation=(Activation.RELU, Activation.RELU6)[seed // 2 % 2],
            seed=seed,
        )
        check_kernel(library, kernel_for(graph), graph, samples=3)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
def test_extreme_weights_are_exact(stride, library):
    """Every weight -128 or 127, inputs that meet them with their signs."""
    for seed in range(6):
        graph = network((4, 5 + seed % 2), 5, stride=stride, seed=seed)
        w = graph.tensors["y/weights"]
        data = np.random.default_rng(seed).choice(np.array([-128, 127], np.int8), w.shape)
        tensors = {**graph.tensors, w.name: dataclasses.replace(w, data=data)}
        extreme = dataclasses.replace(graph, tensors=tensors)
        check_kernel(library, kernel_for(extreme), extreme, samples=4)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kernel": (3, 5)}, "3x3"),
        ({"dilation": (2, 2)}, "3x3"),
        ({"stride": (1, 3)}, "stride"),
        ({"multiplier": 2}, "one output channel"),
        ({"padding": Padding(top=1, bottom=1, left=0, right=0), "width": 3}, "two outputs"),
        ({"padding": Padding(top=1, bottom=1, left=2, right=1)}, "one column"),
        ({"padding": Padding(top=1, bottom=1, left=1, right=2)}, "one column"),
    ],
)
def test_others_are_left_to_other_kernels(changes, reason):
    width = changes.get("width", 6)
    window = {name: value for name, value in changes.items() if name != "width"}
    reasons = [reason_against(k, network((6, width), 4, **window)) for k in KERNELS]
    assert None not in reasons
    assert any(reason in r for r in reasons)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 8])
def test_rows_may_lie_in_rows_that_die(height, count, library):
    """The planner's way (RowGraph.taken_over): the new rows of a step lie in the rows that no later step reads."""
    graph = network((height, 5), 3, seed=height)
    (call,) = graph.calls()
    kernel = kernel_for(graph)
    run = row_run(Candidate(call, kernel, costs.load("cortex-m4")), count)
    if run.rows == 2 and height == 2:
        assert run.over == ()  # both rows die at once, and both outputs read both
        return
    assert run.over == (0,)
    x = inputs_for(graph, 1)["x"][0]
    wanted = reference.run(graph, {"x": x[None]})["y"].reshape(height, -1)
    np.testing.assert_array_equal(_run_over_rows(library, kernel, run, x), wanted)


def _run_over_rows(library: KernelLibrary, kernel: Kernel, run: RowRun, x: NDArray) -> NDArray:
    """Output rows [height, bytes], each read at the end of its step."""
    (kernel_call,) = kernel.lower(run.call)
    height, row_bytes = x.shape[0], x[0].size
    found, oldest = [], 0
    with library.memory() as memory:
        layer = memory.struct(kernel_call.params)
        image, spare = memory.holding(x), memory.empty(run.rows * row_bytes)
        for step, top in enumerate(range(0, height, run.rows)):
            made = min(run.rows, height - top)
            reads = range(top - 1, top + made + 1)
            rows = [
                image.pointer + y * row_bytes if 0 <= y < height else layer.pad_row for y in reads
            ]
            needed = run.inputs[0].first[step + 1] if step + 1 < run.steps else height
            places = [image.pointer + y * row_bytes for y in range(oldest, needed)]
            places += [spare.pointer + i * row_bytes for i in range(made)]
            getattr(library.lib, f"{kernel.symbol}_rows")(
                layer,
                library.ffi.new("const int8_t *[]", rows),
                library.ffi.new("int8_t *[]", places[:made]),
                made,
            )
            found += [library.ffi.buffer(place, row_bytes)[:] for place in places[:made]]
            oldest = needed
    return np.array([np.frombuffer(row, np.int8) for row in found])


@pytest.mark.parametrize("is_soft", [False, True], ids=["fpu", "soft"])
@pytest.mark.parametrize(
    ("size", "stride", "sides", "channels"),
    [
        ((4, 5), (1, 1), (1, 1), 5),
        ((3, 6), (1, 1), (0, 0), 4),
        ((3, 2), (1, 1), (1, 1), 3),
        ((3, 3), (1, 1), (0, 1), 3),
        ((2, 9), (1, 1), (1, 1), 3),
        ((3, 10), (1, 1), (0, 0), 2),
        ((3, 11), (1, 1), (0, 1), 3),
        ((2, 26), (1, 1), (1, 0), 2),
        ((5, 6), (2, 2), (0, 1), 5),
        ((5, 7), (2, 2), (1, 1), 3),
        ((3, 5), (1, 2), (0, 0), 2),
        ((3, 4), (2, 2), (1, 0), 6),
    ],
)
def test_the_core_computes_the_reference(
    is_soft,
    size,
    stride,
    sides,
    channels,
    load_core,  # noqa: F811
    tmp_path,
):
    """Words outside of the core registers are in the FPU, or else on the stack."""
    padding = Padding(top=1, bottom=1, left=sides[0], right=sides[1])
    graph = network(size, channels, stride=stride, padding=padding, seed=channels)
    target = load_core("cortex-m4")
    if is_soft:
        flags = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft")
        target = dataclasses.replace(target, compile_flags=flags)
    options = EmitOptions(kernels=(("y", kernel_for(graph).symbol),))
    folder = emit(graph, target, tmp_path / "net", name="net", options=options).folder
    x = inputs_for(graph, 4)["x"].reshape(4, -1)
    expected = reference.run_one_input(graph, x.reshape(4, *size, channels)).reshape(4, -1)
    outputs = device.run_on_qemu(folder, "net", target, x, expected.shape[1])
    np.testing.assert_array_equal(outputs, expected)
