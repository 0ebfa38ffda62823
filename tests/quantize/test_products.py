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
    a = n.apply("swish", HardSwish(), n.random("conv", Conv2D(padding=AROUND), n.input, (6, 3, 3, 3)))
    s = n.random("squeeze", Conv2D(), n.apply("mean", Mean(axes=(1, 2), keep_dims=True), a), (6, 1, 1, 6))
    scaled = n.apply("scaled", Mul(), a, n.apply("gate", Logistic(), s))
    graph = n.graph(n.apply("gain", Mul(), scaled, n.constant("gains", np.linspace(-2, 2, 6))))
    x = np.random.default_rng(1).normal(0, 1, (40, 8, 8, 3)).astype(np.float32)
    integer = quantized(graph, x[:20], arithmetic)
    (tensor_x,), (tensor_y,) = integer.input_tensors, integer.output_tensors
    q = reference.run_one_input(integer, quantize_array(x[20:], tensor_x.quantization))
    wanted = reference.run_one_input(graph, x[20:])
    error = dequantize_array(q, tensor_y.quantization) - wanted
    assert np.sqrt(np.mean(error**2)) < 0.03 * wanted.std()


@both_arithmetics
@pytest.mark.parametrize("size", [1e-30, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize("offset", [-1.0, 0.0, 1.0])
def test_no_sizes_are_refused(arithmetic, size, offset):
    """Results near 0 from large inputs, and outputs that share the scale of something far larger."""
    n = FloatNetwork(6)
    swish = n.apply("swish", HardSwish(), n.input)
    product = n.apply("product", Mul(), n.input, n.constant("tiny", np.full(6, 1e-6)))
    square = n.apply("square", Mul(), product, product)
    graph = n.graph(n.apply("all", Concatenate(axis=1), swish, square, n.input))
    rng = np.random.default_rng(0)
    x = ((rng.uniform(-1, 1, (8, 6)) + offset) * size).astype(np.float32)
    quantized(graph, x, arithmetic)
    quantized(n.graph("swish", "square"), x, arithmetic)
