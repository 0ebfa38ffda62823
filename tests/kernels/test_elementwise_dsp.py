"""Elementwise kernels on the cores: the assembly against the reference, at every length and alignment."""

import numpy as np
import pytest

from tests.device.conftest import load_core  # noqa: F401 (a fixture)
from tests.strategies import activation_tensor, build_graph, inputs_for
from tinygen import device, reference
from tinygen.emit import emit
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Quantization, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add

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
