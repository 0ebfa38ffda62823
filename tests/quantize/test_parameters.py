"""Integer weights and biases: close to the real ones, and safe for every input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quantize.networks import AROUND, FloatNetwork
from tinygen import reference
from tinygen.analysis import accumulators
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.quantize import Calibration, CalibrationMethod, quantize
from tinygen.quantize.apply import dequantize_array, quantize_array


def quantized(graph: Graph, x: np.ndarray, arithmetic: Arithmetic = Arithmetic.TFLM) -> Graph:
    calibration = Calibration(samples={"x": x.astype(np.float32)}, source="test")
    return quantize(
        graph,
        calibration=calibration,
        arithmetic=arithmetic,
        method=CalibrationMethod.MIN_MAX,
        bias_correction=False,
    ).graph


def dense(weights: np.ndarray, bias: np.ndarray) -> Graph:
    n = FloatNetwork(weights.shape[1])
    return n.graph(n.weighted("dense", FullyConnected(), n.input, weights, bias))


def parameters(graph: Graph) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Integer weights and bias, and the weights' scales, of the only layer."""
    (call,) = graph.calls()
    _, weights, bias = call.inputs
    return weights.data, bias.data, np.array(weights.quantization.scales)


def test_every_channel_uses_the_whole_range():
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 1, (6, 20)) * np.array([[0.1, 0.3, 1, 10, 100, 1e3]]).T
    w, _, scales = parameters(quantized(dense(weights, np.zeros(6)), rng.normal(0, 1, (9, 20))))
    assert (np.abs(w).max(axis=1) == 127).all()
    np.testing.assert_allclose(w * scales[:, None], weights, atol=0.51 * scales.max())


@pytest.mark.parametrize(
    ("op", "shape", "axis"),
    [
        (Conv2D(padding=AROUND), (5, 3, 3, 4), 0),
        (DepthwiseConv2D(padding=AROUND), (1, 3, 3, 8), 3),
        (FullyConnected(), (5, 4), 0),
    ],
    ids=["Conv2D", "DepthwiseConv2D", "FullyConnected"],
)
def test_scales_lie_along_the_output_channels(op, shape, axis):
    n = FloatNetwork(6, 6, 4)
    graph = n.graph(n.random("layer", op, n.input, shape, axis))
    (call,) = quantized(graph, np.random.default_rng(1).normal(0, 1, (4, 6, 6, 4))).calls()
    weights = call.inputs[1]
    assert weights.quantization.axis == axis
    along = [-1 if a == axis else 1 for a in range(len(shape))]
    scales = np.array(weights.quantization.scales).reshape(along)
    np.testing.assert_allclose(
        weights.data * scales, graph.tensors["layer/w"].data, atol=0.51 * scales.max()
    )


def test_bias_is_in_units_of_input_times_weight_scale():
    rng = np.random.default_rng(2)
    bias = rng.normal(0, 3, 6)
    graph = quantized(dense(rng.normal(0, 1, (6, 20)), bias), rng.normal(0, 1, (9, 20)))
    _, q, scales = parameters(graph)
    unit = graph.input_tensors[0].quantization.scale * scales
    np.testing.assert_allclose(q * unit, bias, atol=0.51 * unit.max())


@pytest.mark.parametrize("arithmetic", Arithmetic)
def test_channels_without_weights_give_their_bias(arithmetic):
    rng = np.random.default_rng(3)
    weights, bias = rng.normal(0, 1, (4, 10)), np.array([0.5, -1.5, 2.0, 0.0])
    weights[1:] = 0
    x = rng.normal(0, 1, (9, 10)).astype(np.float32)
    graph = quantized(dense(weights, bias), x, arithmetic)
    q = reference.run_one_input(graph, quantize_array(x, graph.input_tensors[0].quantization))
    (output,) = graph.output_tensors
    real = dequantize_array(q, output.quantization)
    np.testing.assert_allclose(
        real[:, 1:], np.tile(bias[1:], (9, 1)), atol=0.51 * output.quantization.scale
    )


def test_bias_far_beyond_the_output_saturates_it():
    weights, bias = np.ones((2, 4)), np.array([1e12, 0.0])
    n = FloatNetwork(4)
    y = n.weighted("dense", FullyConnected(), n.input, weights, bias)
    graph = n.graph(n.weighted("next", FullyConnected(), y, np.array([[1e-12, 1.0]]), np.zeros(1)))
    accumulators.check(quantized(graph, np.random.default_rng(4).normal(0, 1, (9, 4))))


def test_layers_that_share_float_weights_get_their_own_integers():
    """Their inputs have other scales, so their biases differ."""
    n = FloatNetwork(4)
    w, b = n.constant("w", 3 * np.eye(4) + 0.5), n.constant("b", np.arange(4))
    y = n.apply("first", FullyConnected(), n.input, w, b)
    graph = n.graph(n.apply("second", FullyConnected(), y, w, b))
    first, second = quantized(graph, np.random.default_rng(5).normal(0, 1, (9, 4))).calls()
    assert first.inputs[2].name != second.inputs[2].name
    assert (first.inputs[2].data[1:] > second.inputs[2].data[1:]).all()


def test_names_of_new_constants_do_not_clash_with_the_model(tmp_path):
    n = FloatNetwork(4)
    y = n.random("dense", FullyConnected(), n.input, (4, 4))
    graph = n.graph(n.random("dense/weights_int8", FullyConnected(), y, (4, 4)))
    result = quantized(graph, np.random.default_rng(6).normal(0, 1, (9, 4)))
    assert len(result.nodes) == 2 and result.outputs == ("dense/weights_int8",)


magnitudes = st.sampled_from([0.0, 1e-30, 1e-12, 1e-6, 1e-3, 1.0, 30.0, 1e4, 1e9])


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    arithmetic=st.sampled_from(Arithmetic),
    weight_sizes=st.lists(magnitudes, min_size=3, max_size=3),
    bias_sizes=st.lists(magnitudes, min_size=3, max_size=3),
    input_size=magnitudes,
)
def test_no_weights_and_no_data_lead_to_an_overflow(
    seed, arithmetic, weight_sizes, bias_sizes, input_size
):
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1, (3, 30)) * np.array(weight_sizes)[:, None]
    bias = rng.normal(0, 1, 3) * np.array(bias_sizes)
    graph = quantized(dense(weights, bias), rng.normal(0, 1, (5, 30)) * input_size, arithmetic)
    accumulators.check(graph)


def test_long_rows_cannot_overflow():
    """70 000 weights of full size would: 70 000 * 127 * 255 is above 2**31."""
    graph = dense(np.ones((1, 70_000)), np.zeros(1))
    result = quantized(graph, np.random.default_rng(7).uniform(0, 1, (2, 70_000)))
    accumulators.check(result)
    assert parameters(result)[0].max() >= 100
