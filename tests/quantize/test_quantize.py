"""From float graph to int8 graph: accuracy, bias correction, the report, and what is refused."""

import dataclasses
import math

import numpy as np
import pytest

from tests.quantize.networks import FloatNetwork, classifier, images
from tinygen import passes, reference
from tinygen.errors import CalibrationError, UsageError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.reshape import Reshape
from tinygen.quantize import (
    Calibration,
    CalibrationMethod,
    calibration_from_arrays,
    output_error,
    quantize,
)
from tinygen.quantize.apply import dequantize_array
from tinygen.quantize.measure import quantized_inputs


@pytest.fixture(scope="module")
def graph() -> Graph:
    return classifier()


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return Calibration(samples={"x": images(24, seed=1)}, source="test images")


@pytest.mark.parametrize("arithmetic", Arithmetic)
@pytest.mark.parametrize("method", CalibrationMethod)
def test_probabilities_are_close_on_other_images(graph, calibration, arithmetic, method):
    result = quantize(graph, calibration=calibration, arithmetic=arithmetic, method=method)
    assert result.graph.is_quantized and result.graph.arithmetic is arithmetic
    samples = {"x": images(40, seed=2)}
    wanted = reference.run(graph, samples)["probabilities"]
    assert wanted.std(axis=0).max() > 0.05  # the classifier looks at its input
    assert output_error(graph, result.graph, samples) < 0.012


def test_quantized_graph_survives_the_exact_passes(graph, calibration):
    result = quantize(graph, calibration=calibration).graph
    x = quantized_inputs(result, {"x": images(8, seed=3)})
    before = reference.run(result, x)["probabilities"]
    np.testing.assert_array_equal(
        reference.run(passes.optimize(result), x)["probabilities"], before
    )


def test_same_data_gives_the_same_bytes(graph, calibration):
    first, second = (quantize(graph, calibration=calibration).graph for _ in range(2))
    assert str(first) == str(second)
    for name, tensor in first.tensors.items():
        if tensor.data is not None:
            np.testing.assert_array_equal(tensor.data, second.tensors[name].data)


def test_several_outputs(calibration):
    n = FloatNetwork(12, 12, 3)
    a = n.random("a", Conv2D(), n.input, (4, 3, 3, 3))
    b = n.random("b", Conv2D(), a, (2, 1, 1, 4))
    graph = n.graph(a, b)
    result = quantize(graph, calibration=calibration)
    assert result.graph.outputs == ("a", "b")
    assert output_error(graph, result.graph, {"x": images(5, seed=4)}) < 0.05


def test_graph_whose_first_axis_is_no_batch():
    """Rows of a sample become the first axis, as some converters write it."""
    n = FloatNetwork(6, 4)
    y = n.apply("rows", Reshape(shape=(6, 4)), n.input)
    y = n.random("dense", FullyConnected(), y, (3, 4))
    graph = n.graph(n.apply("back", Reshape(shape=(1, 18)), y))
    x = np.random.default_rng(0).normal(0, 1, (20, 6, 4)).astype(np.float32)
    x[7] *= 3  # not the last sample: all of them must have been looked at
    result = quantize(graph, calibration=Calibration(samples={"x": x}, source="test"))
    assert output_error(graph, result.graph, {"x": x}) < 0.03
    assert len(result.report.layers) == 3


# --- bias correction -------------------------------------------------------------------------------------------------


def _mean_error(graph: Graph, calibration: Calibration, corrects: bool) -> float:
    """Largest mean error of a channel, in output steps."""
    result = quantize(graph, calibration=calibration, bias_correction=corrects).graph
    wanted = reference.run(graph, calibration.samples)[graph.outputs[0]]
    got = reference.run(result, quantized_inputs(result, calibration.samples))[result.outputs[0]]
    (output,) = result.output_tensors
    error = dequantize_array(got, output.quantization) - wanted
    axes = tuple(range(error.ndim - 1))
    return float(np.abs(error.mean(axis=axes)).max() / output.quantization.scale)


def _coarse_graph() -> Graph:
    """One huge weight per channel leaves a few integers for all others: every channel's mean is off."""
    n = FloatNetwork(12, 12, 3)
    weights = n.rng.uniform(0.002, 0.01, (4, 5, 5, 3))
    weights[:, 0, 0, 0] = 1.0
    y = n.weighted("a", Conv2D(), n.input, weights, np.zeros(4))
    return n.graph(n.random("b", Conv2D(), y, (4, 1, 1, 4)))


def test_bias_correction_removes_mean_errors(calibration):
    graph = _coarse_graph()
    without = _mean_error(graph, calibration, corrects=False)
    assert without > 0.4
    assert _mean_error(graph, calibration, corrects=True) < 0.3 * without


def test_layers_without_bias_get_one(calibration):
    n = FloatNetwork(12, 12, 3)
    w = n.constant("w", np.random.default_rng(0).normal(0, 1, (4, 432)))
    graph = n.graph(n.apply("dense", FullyConnected(), _flat(n), w))
    result = quantize(graph, calibration=calibration, bias_correction=True)
    assert [len(node.inputs) for node in result.graph.nodes] == [1, 3]


def _flat(n: FloatNetwork) -> str:
    return n.apply("flat", Reshape(shape=(1, 432)), n.input)


def test_correction_leaves_shared_weights_of_the_float_graph_alone(calibration):
    graph = classifier()
    before = {name: t.data.copy() for name, t in graph.tensors.items() if t.data is not None}
    quantize(graph, calibration=calibration, bias_correction=True)
    for name, data in before.items():
        np.testing.assert_array_equal(graph.tensors[name].data, data)


# --- report ----------------------------------------------------------------------------------------------------------


def test_report_has_every_layer_in_order(graph, calibration):
    report = quantize(graph, calibration=calibration).report
    assert [layer.name for layer in report.layers] == [node.outputs[0] for node in graph.nodes]
    assert report.samples == 24 and report.source == "test images" and not report.warnings
    assert all(10 < layer.sqnr_db < 70 for layer in report.layers)
    assert report.worst_layer in report.layers


def test_report_finds_the_layer_that_lost_accuracy(calibration):
    """The difference of two channels that are nearly the same is mostly rounding error."""
    n = FloatNetwork(12, 12, 3)
    y = n.random("good", Conv2D(), n.input, (4, 1, 1, 3))
    twins = np.tile(n.rng.normal(0, 1, (1, 1, 1, 4)), (2, 1, 1, 1))
    twins[1] *= 1.01
    y = n.weighted("twins", Conv2D(), y, twins, np.zeros(2))
    y = n.weighted("difference", Conv2D(), y, np.array([[[[1.0, -1.0]]]]), np.zeros(1))
    graph = n.graph(y)
    report = quantize(graph, calibration=calibration, bias_correction=False).report
    assert report.worst_layer.name == "difference"


def test_report_figures_agree_with_their_definition(graph, calibration):
    result = quantize(graph, calibration=calibration)
    layer = next(e for e in result.report.layers if e.name == "scores")
    cut = {"outputs": ("scores",)}
    wanted = reference.run(graph.replace(**cut), calibration.samples)["scores"].astype(float)
    integer = result.graph.replace(**cut)
    got = reference.run(integer, quantized_inputs(integer, calibration.samples))["scores"]
    q = integer.tensors["scores"].quantization
    error = wanted - (got.astype(float) - q.zero_point) * q.scale
    assert layer.mean_abs_error == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert layer.mean_abs_value == pytest.approx(np.abs(wanted).mean(), rel=1e-5)
    ratio = np.square(wanted).mean() / np.square(error).mean()
    assert layer.sqnr_db == pytest.approx(10 * math.log10(ratio), rel=1e-4)


def test_report_is_plain_data(graph, calibration):
    report = dataclasses.asdict(quantize(graph, calibration=calibration).report)
    assert report["layers"][0]["name"] == "conv"


# --- what is refused -------------------------------------------------------------------------------------------------


def test_quantized_graph(graph, calibration):
    result = quantize(graph, calibration=calibration)
    with pytest.raises(UsageError, match="quantized already"):
        quantize(result.graph, calibration=calibration)


@pytest.mark.parametrize("interval", [(1.0, 0.0), (0.0, 0.0), (0.0, math.inf), (math.nan, 1.0)])
def test_senseless_input_range(graph, interval):
    with pytest.raises(UsageError, match="range"):
        quantize(graph, input_range=interval)


def test_data_of_another_model(graph):
    other = Calibration(samples={"y": images(3, seed=0)}, source="other.npz")
    with pytest.raises(CalibrationError, match="not for the input 'x'"):
        quantize(graph, calibration=other)
    small = Calibration(samples={"x": images(3, seed=0)[:, :6]}, source="other.npz")
    with pytest.raises(CalibrationError, match="12, 12, 3"):
        quantize(graph, calibration=small)


def test_data_that_overflows_the_float_model(graph):
    calibration = calibration_from_arrays({"x": np.full((2, 12, 12, 3), 3e38)}, graph)
    with pytest.raises(CalibrationError, match="NaN or infinite"):
        quantize(graph, calibration=calibration)
