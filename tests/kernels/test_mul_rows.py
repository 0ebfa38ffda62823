"""Products by rows: gates, tails, zero points; on the host and on the cores.

They are tg_mul_s8_dsp, tg_mul_s8_v6m, tg_mul_s8_mve and tg_mul_high_s8.
"""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.kernels.checking import check_kernel
from tests.kernels.harness import KernelLibrary, build_library
from tests.strategies import activation_tensor, build_graph, inputs_for
from tinygen import device, reference
from tinygen.emit import emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, Quantization, Tensor
from tinygen.kernels import mul_dsp, mul_high, mul_mve, mul_v6m
from tinygen.ops.activation import Activation
from tinygen.ops.mul import Mul

(DSP,), (V6M,) = mul_dsp.KERNELS, mul_v6m.KERNELS
(MVE,), (HIGH,) = mul_mve.KERNELS, mul_high.KERNELS
KERNELS = [DSP, V6M, MVE, HIGH]

each = pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.symbol)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> KernelLibrary:
    return KernelLibrary(build_library(KERNELS, tmp_path_factory.mktemp("mul")))


def product(a_shape, b_shape, points, factor, activation=Activation.NONE) -> Graph:
    """`factor`: output steps per unit of the product."""
    a, b = (
        activation_tensor(name, shape, Quantization.per_tensor(0.05, point))
        for name, shape, point in zip(("a", "b"), (a_shape, b_shape), points, strict=False)
    )
    out = Quantization.per_tensor(0.05 * 0.05 / factor, points[2])
    return build_graph(Mul(activation=activation), [a, b], out, Arithmetic.TFLM)


def reason(graph: Graph, kernel=DSP) -> str | None:
    return kernel.reason_against(graph.calls()[0], kernel.needs)


SHAPES = [
    ((1, 2, 3, 7), (1, 2, 3, 7)),
    ((1, 3, 2, 9), (1, 1, 1, 9)),
    ((1, 1, 1, 5), (1, 4, 3, 5)),
    ((2, 3, 4), (4,)),
    ((1, 5, 4), (1,)),
    ((1, 4, 3, 6), (1, 1, 3, 6)),
]


@each
@pytest.mark.parametrize(("a", "b"), SHAPES)
@pytest.mark.parametrize("points", [(-128, -128, -128), (127, -128, 127), (3, -90, -5)])
@pytest.mark.parametrize("factor", [0.49, 1 / 256, 0.0021, 2**-16])
def test_products_are_exact(a, b, points, factor, kernel, library):
    graph = product(a, b, points, factor)
    assert reason(graph, kernel) is None
    check_kernel(library, kernel, graph, samples=4)


@each
def test_every_pair_of_bytes_is_exact(kernel, library):
    """Also around 0, where two roundings have a kink: a multiplier of 2**30 and others."""
    every = np.arange(-128, 128, dtype=np.int8)
    for factor in (2.0**-8, 2.0**-3, 0.0047, 0.3):
        graph = product((1, 65536), (1, 65536), (-1, 2, 4), factor)
        (call,) = graph.calls()
        a, b = np.repeat(every, 256)[None], np.tile(every, 256)[None]
        wanted = reference.run(graph, {"a": a, "b": b})[graph.outputs[0]]
        np.testing.assert_array_equal(library.run(kernel, call, [a, b]), wanted)


def test_what_it_cannot_do():
    assert "another way" in reason(product((1, 4, 3, 6), (1, 4, 3, 1), (0, 0, 0), 0.01))
    assert "another way" in reason(product((1, 1, 3, 6), (1, 4, 1, 6), (0, 0, 0), 0.01))
    assert "shifts" in reason(product((1, 8), (1, 8), (0, 0, 0), 0.51))
    assert "shifts" in reason(product((1, 8), (1, 8), (0, 0, 0), 2.0**-24))
    assert "clamp" in reason(product((1, 8), (1, 8), (0, 0, 0), 0.01, Activation.RELU))


CORES = [
    ("cortex-m4", DSP),
    ("cortex-m0plus", V6M),
    ("cortex-m55", MVE),
    ("cortex-m3", HIGH),
    ("rv32imc", HIGH),
]


@pytest.mark.parametrize(("core", "kernel"), CORES, ids=lambda v: getattr(v, "symbol", v))
def test_a_gate_on_the_core(core, kernel, load_core, tmp_path):  # noqa: F811
    graph = product((1, 3, 2, 11), (1, 1, 1, 11), (-128, -128, -20), 0.004)
    gate = np.random.default_rng(1).integers(-128, 128, (1, 1, 1, 11)).astype(np.int8)
    known: Tensor = graph.tensors["b"]
    constant = Tensor(
        name="b", shape=known.shape, dtype=known.dtype, quantization=known.quantization, data=gate
    )
    graph = graph.with_tensors([constant]).replace(inputs=("a",))
    target = load_core(core)
    emission = emit(graph, target, tmp_path / "net", name="net")
    assert emission.program.layers[0].kernel.symbol == kernel.symbol
    x = inputs_for(graph, 5)["a"]
    expected = reference.run_one_input(graph, x).reshape(len(x), -1)
    outputs = device.run_on_qemu(emission.folder, "net", target, x.reshape(len(x), -1), 66)
    np.testing.assert_array_equal(outputs, expected)
