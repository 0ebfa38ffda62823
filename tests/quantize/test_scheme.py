"""Which tensors share a quantization, and that every scale stays sane."""

import numpy as np
import pytest

from tests.quantize.networks import FloatNetwork
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, verify
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.logistic import Logistic
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.pad import Pad
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.reshape import Reshape
from tinygen.ops.softmax import Softmax
from tinygen.ops.tanh import Tanh
from tinygen.quantize import Calibration, CalibrationMethod, quantize


@pytest.fixture(params=Arithmetic, ids=lambda a: a.value)
def arithmetic(request) -> Arithmetic:
    return request.param


def quantized(graph: Graph, x: np.ndarray, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
    calibration = Calibration(samples={"x": np.asarray(x, np.float32)}, source="test")
    result = quantize(
        graph,
        calibration=calibration,
        arithmetic=arithmetic,
        method=CalibrationMethod.MIN_MAX,
        bias_correction=False,
    )
    return verify(result.graph)


def samples(*shape: int, scale: float = 1.0) -> np.ndarray:
    return np.random.default_rng(3).normal(0, scale, (8, *shape)).astype(np.float32)


def test_operators_that_move_bytes_keep_the_quantization(arithmetic):
    n = FloatNetwork(6, 6, 4)
    y = n.apply("pad", Pad(paddings=((0, 0), (1, 0), (0, 1), (0, 0))), n.input)
    y = n.apply("max", MaxPool2D(kernel=(2, 2)), y)
    y = n.apply("average", AveragePool2D(kernel=(2, 2)), y)
    y = n.apply("flat", Reshape(shape=(1, 100)), y)
    graph = quantized(n.graph(y), samples(6, 6, 4), arithmetic)
    assert len({t.quantization for t in graph.tensors.values()}) == 1


def test_concatenation_covers_all_operands_without_rescaling(arithmetic):
    n = FloatNetwork(4, 4, 2)
    a = n.random("a", Conv2D(), n.input, (3, 1, 1, 2))
    b = n.random("b", Conv2D(activation=Activation.RELU), n.input, (3, 1, 1, 2))
    graph = quantized(
        n.graph(n.apply("joined", Concatenate(axis=3), a, b)), samples(4, 4, 2), arithmetic
    )
    assert {type(node.op) for node in graph.nodes} == {Conv2D, Concatenate}
    assert len({graph.tensors[t].quantization for t in ("a", "b", "joined")}) == 1


def test_operands_with_fixed_quantization_are_rescaled(arithmetic):
    """A probability of scale 1/256 beside a tensor of +-5: only the first gets a Requantize."""
    n = FloatNetwork(4, 4, 2)
    a = n.apply("a", Logistic(), n.input)
    b = n.random("b", Conv2D(), n.input, (3, 1, 1, 2))
    graph = quantized(
        n.graph(n.apply("joined", Concatenate(axis=3), a, b)), samples(4, 4, 2), arithmetic
    )
    (added,) = [node for node in graph.nodes if isinstance(node.op, Requantize)]
    assert added.inputs == ("a",)
    assert graph.tensors["a"].quantization == Logistic.output_quantization
    assert graph.tensors["joined"].quantization == graph.tensors["b"].quantization


def test_operands_with_equal_fixed_quantization_are_not(arithmetic):
    n = FloatNetwork(4)
    a, b = n.apply("a", Logistic(), n.input), n.apply("b", Softmax(), n.input)
    graph = quantized(n.graph(n.apply("y", Concatenate(axis=1), a, b)), samples(4), arithmetic)
    assert not any(isinstance(node.op, Requantize) for node in graph.nodes)
    assert graph.tensors["y"].quantization == Logistic.output_quantization


def test_operands_with_different_fixed_quantizations(arithmetic):
    n = FloatNetwork(4)
    a, b = n.apply("a", Logistic(), n.input), n.apply("b", Tanh(), n.input)
    graph = quantized(n.graph(n.apply("y", Concatenate(axis=1), a, b)), samples(4), arithmetic)
    assert any(isinstance(node.op, Requantize) for node in graph.nodes)


def test_one_tensor_twice_in_a_concatenation(arithmetic):
    n = FloatNetwork(4)
    a = n.apply("a", Tanh(), n.input)
    graph = quantized(
        n.graph(n.apply("y", Concatenate(axis=1), a, n.input, a)), samples(4, scale=3), arithmetic
    )
    assert [type(node.op) for node in graph.nodes].count(Requantize) == 2


def test_input_that_only_a_relu_reads_saturates_instead(arithmetic):
    """The negative half is cut off anyway, so no int8 values are spent on it."""
    n = FloatNetwork(4, 4, 2)
    y = n.random("conv", Conv2D(), n.input, (3, 1, 1, 2))
    y = n.apply("relu", Relu(), y)
    graph = quantized(n.graph(y), samples(4, 4, 2), arithmetic)
    assert graph.tensors["conv"].quantization == graph.tensors["relu"].quantization
    assert graph.tensors["conv"].zero_point == -128


def test_input_of_a_relu_that_others_read_is_covered(arithmetic):
    n = FloatNetwork(4, 4, 2)
    y = n.random("conv", Conv2D(), n.input, (3, 1, 1, 2))
    y = n.apply("sum", Add(), n.apply("relu", Relu(bounds=Activation.RELU6), y), y)
    graph = quantized(n.graph(y), samples(4, 4, 2), arithmetic)
    assert graph.tensors["conv"].zero_point > -128


def test_constant_operands_are_quantized(arithmetic):
    n = FloatNetwork(4)
    y = n.apply("y", Add(), n.input, n.constant("c", np.array([[1.0, -2.0, 30.0, 4.0]])))
    graph = quantized(n.graph(y), samples(4), arithmetic)
    c = graph.tensors["c"]
    real = (c.data.astype(float) - c.zero_point) * c.quantization.scale
    np.testing.assert_allclose(real, [[1, -2, 30, 4]], atol=c.quantization.scale)


# --- degenerate data -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, 1e-30, 1e-9, 1e9, 1e30])
def test_inputs_of_any_magnitude(arithmetic, value):
    n = FloatNetwork(4, 4, 2)
    y = n.random("conv", Conv2D(activation=Activation.RELU), n.input, (3, 1, 1, 2))
    y = n.apply("sum", Add(), y, y)
    y = n.apply("flat", Reshape(shape=(1, 48)), y)
    graph = quantized(n.graph(n.apply("y", Softmax(), y)), samples(4, 4, 2) * value, arithmetic)
    assert all(np.isfinite(t.quantization.scale) for t in graph.input_tensors)


def test_sums_that_cancel_out(arithmetic):
    """x - x is 0 on all data: its scale must not become finer than the operands' by millions."""
    n = FloatNetwork(4, 4, 2)
    minus = n.weighted("minus", Conv2D(), n.input, -np.eye(2).reshape(2, 1, 1, 2), np.zeros(2))
    y = n.apply("sum", Add(), n.input, minus)
    y = n.random("conv", Conv2D(), y, (3, 1, 1, 2))
    quantized(n.graph(y), samples(4, 4, 2, scale=1e6), arithmetic)


def test_dead_tensors(arithmetic):
    n = FloatNetwork(4, 4, 2)
    dead = n.weighted(
        "dead", Conv2D(activation=Activation.RELU), n.input, np.ones((3, 1, 1, 2)), np.full(3, -1e4)
    )
    y = n.random("conv", Conv2D(), dead, (3, 1, 1, 3))
    quantized(n.graph(y), samples(4, 4, 2), arithmetic)
