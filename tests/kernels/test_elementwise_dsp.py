"""Elementwise kernels on the cores: the assembly against the reference, at every length and alignment."""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.strategies import activation_tensor, build_graph, inputs_for
from tinygen import device, reference
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Quantization, Tensor
from tinygen.kernels import pool2d_dsp
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.mean import Mean
from tinygen.ops.window import Padding

CORES = ["cortex-m4", "cortex-m33"]


def sum_with_constant(size: int, seed: int, arithmetic: Arithmetic, activation=Activation.NONE):
    """x + constant: one input, so that the firmware can be fed."""
    rng = np.random.default_rng(seed)
    scales = rng.uniform(0.02, 0.09, 3)
    points = rng.integers(-128, 128, 3).tolist()
    x, y, z = (
        Quantization.per_tensor(float(np.float32(s)), p)
        for s, p in zip(scales, points, strict=True)
    )
    constant = Tensor(
        name="x2",
        shape=(1, size),
        dtype=activation_tensor("x", (1,), x).dtype,
        quantization=y,
        data=rng.integers(-128, 128, (1, size)).astype(np.int8),
    )
    inputs = [activation_tensor("x", (1, size), x), constant]
    return build_graph(Add(activation=activation), inputs, z, arithmetic)


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("size", [1, 3, 16, 47, 256])
@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_sums_on_the_cores(core, size, arithmetic, load_core, tmp_path):  # noqa: F811
    graph = sum_with_constant(size, size, arithmetic)
    target = load_core(core)
    emission = emit(graph, target, tmp_path / "net", name="net")
    assert emission.program.layers[0].kernel.symbol == "tg_add_s8_dsp"
    x = np.concatenate(
        [inputs_for(graph, 6)["x"], np.arange(-128, 128).astype(np.int8)[:, None].repeat(size, 1)]
    )
    expected = reference.run_one_input(graph, x).reshape(len(x), -1)
    outputs = device.run_on_qemu(emission.folder, "net", target, x.reshape(len(x), -1), size)
    np.testing.assert_array_equal(outputs, expected)


POOLS = [
    ((20, 20), (1, 1), 6),
    ((17, 33), (5, 2), 4),
    ((2, 2), (2, 2), 9),
    ((3, 3), (2, 2), 3),
    ((1, 300), (1, 1), 5),
]
"""Kernel, stride and channels; windows of more than 256 cells leave int16."""


def pool(op_class, kernel, stride, channels):
    q = Quantization.per_tensor(0.05, 3)
    shape = (1, kernel[0] + 4, kernel[1] + 3, channels)
    padding = Padding(top=min(1, kernel[0] - 1), left=min(1, kernel[1] - 1))
    op = op_class(kernel=kernel, stride=stride, padding=padding)
    return build_graph(op, [activation_tensor("x", shape, q)], q, Arithmetic.TFLM)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(
        library=build_library(pool2d_dsp.KERNELS, tmp_path_factory.mktemp("pools"))
    )


@pytest.mark.parametrize(("kernel", "stride", "channels"), POOLS)
@pytest.mark.parametrize("row", pool2d_dsp.KERNELS, ids=lambda k: k.symbol)
def test_pools_of_any_size_are_exact(row, kernel, stride, channels, library):
    check_kernel(library, row, pool(row.op, kernel, stride, channels), samples=5)


@pytest.mark.parametrize(("kernel", "stride", "channels"), POOLS[:4])
@pytest.mark.parametrize("row", pool2d_dsp.KERNELS, ids=lambda k: k.symbol)
def test_pools_on_the_core(row, kernel, stride, channels, load_core, tmp_path):  # noqa: F811
    graph = pool(row.op, kernel, stride, channels)
    target = load_core("cortex-m4")
    emission = emit(graph, target, tmp_path / "net", name="net")
    assert emission.program.layers[0].kernel.symbol == row.symbol
    x = inputs_for(graph, 5)["x"]
    expected = reference.run_one_input(graph, x).reshape(len(x), -1)
    outputs = device.run_on_qemu(
        emission.folder, "net", target, x.reshape(len(x), -1), expected.shape[1]
    )
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("row", pool2d_dsp.KERNELS, ids=lambda k: k.symbol)
def test_windows_as_wide_as_the_image_are_exact(row, library):
    """Their rows lie one behind the other; and clamps."""
    q = Quantization.per_tensor(0.05, 3)
    for height, width, channels in ((6, 5, 7), (20, 13, 4), (19, 16, 6)):
        op = row.op(kernel=(height, width), stride=(1, 1), activation=Activation.RELU6)
        x = activation_tensor("x", (1, height, width, channels), q)
        check_kernel(library, row, build_graph(op, [x], q, Arithmetic.TFLM), samples=4)


MEANS = [
    ((1, 5, 7, 6), (1, 2)),
    ((1, 20, 21, 5), (1, 2)),
    ((1, 9, 3, 8), (1,)),
    ((1, 50, 13), (1,)),
]


@pytest.mark.parametrize(("shape", "axes"), MEANS)
@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_means_on_the_core(shape, axes, arithmetic, load_core, tmp_path):  # noqa: F811
    inputs, outputs = (Quantization.per_tensor(s, z) for s, z in ((0.05, -7), (0.021, 11)))
    x = activation_tensor("x", shape, inputs)
    graph = build_graph(Mean(axes=axes), [x], outputs, arithmetic)
    target = load_core("cortex-m4")
    options = EmitOptions(kernels=((graph.nodes[0].name, "tg_mean_s8_dsp"),))
    emission = emit(graph, target, tmp_path / "net", name="net", options=options)
    data = inputs_for(graph, 6)["x"]
    expected = reference.run_one_input(graph, data).reshape(len(data), -1)
    got = device.run_on_qemu(
        emission.folder, "net", target, data.reshape(len(data), -1), expected.shape[1]
    )
    np.testing.assert_array_equal(got, expected)
