"""Scales around products and hard swish: what is observed is never refused, and results stay near the float ones."""

import numpy as np
import pytest

from tests.quantize.networks import AROUND, FloatNetwork
from tinygen import reference
from tinygen.fixedpoint import Arithmetic
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.logistic import Logistic
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.quantize import calibration_from_arrays, quantize
from tinygen.quantize.apply import dequantize_array, quantize_array

both_arithmetics = pytest.mark.parametrize("arithmetic", Arithmetic, ids=lambda a: a.value)


def quantized(graph, x, arithmetic):
    calibration = calibration_from_arrays({"x": x}, graph)
    return quantize(graph, calibration=calibration, arithmetic=arithmetic).graph


@both_arithmetics
def test_squeeze_and_excite_is_near_the_float_network(arithmetic):
    n = FloatNetwork(8, 8, 3)
    a = n.apply(
        "swish", HardSwish(), n.random("conv", Conv2D(padding=AROUND), n.input, (6, 3, 3, 3))
    )
    s = n.random(
        "squeeze", Conv2D(), n.apply("mean", Mean(axes=(1, 2), keep_dims=True), a), (6, 1, 1, 6)
    )
    scaled = n.apply("scaled", Mul(), a, n.apply("gate", Logistic(), s))
    graph = n.graph(n.apply("gain", Mul(), scaled, n.constant("gains", np.linspace(-2, 2, 6))))
    x = np.random.default_rng(1).normal(0, 1, (40, 8, 8, 3)).astype(np.float32)
    integer = quantized(graph, x[:20], arithmetic)
    (tensor_x,), (tensor_y,) = integer.input_tensors, integer.output_tensors
    q = reference.run_one_input(integer, quantize_array(x[20:], tensor_x.quantization))
    wanted = reference.run_one_input(graph, x[20:])
    error = dequantize_array(q, tensor_y.quantization) - wanted
    assert np.sqrt(np.mean(error**2)) < 0.03 * wanted.std()


def with_concatenation(n: FloatNetwork, x: str) -> str:
    """The output shares the scale of something far larger."""
    return n.apply("all", Concatenate(axis=1), n.apply("swish", HardSwish(), x), n.input)


BUILDERS = {
    "hard swish": lambda n: n.apply("swish", HardSwish(), n.input),
    "square": lambda n: n.apply("square", Mul(), n.input, n.input),
    "hard swish of a square": lambda n: n.apply("swish", HardSwish(), BUILDERS["square"](n)),
    "shared scale": lambda n: with_concatenation(n, BUILDERS["square"](n)),
}


@both_arithmetics
@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("size", [1e-15, 1e-5, 1.0, 1e3])
@pytest.mark.parametrize("offset", [-1.0, 0.0, 1.0])
def test_no_sizes_are_refused(arithmetic, build, size, offset):
    n = FloatNetwork(6)
    graph = n.graph(BUILDERS[build](n))
    x = (np.random.default_rng(0).uniform(-1, 1, (8, 6)) + offset) * size
    quantized(graph, x.astype(np.float32), arithmetic)


@both_arithmetics
def test_products_of_large_and_tiny_numbers_keep_their_precision(arithmetic):
    n = FloatNetwork(6)
    graph = n.graph(n.apply("product", Mul(), n.input, n.constant("tiny", np.full(6, 1e-6))))
    x = np.random.default_rng(0).uniform(-1000, 1000, (8, 6)).astype(np.float32)
    assert quantized(graph, x, arithmetic).output_tensors[0].quantization.scale < 1e-5
