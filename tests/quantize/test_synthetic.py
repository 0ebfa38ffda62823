"""Quantization without data: where inputs lie is read from the model, and the report says that nothing was measured."""

import numpy as np
import pytest

from tests.quantize.networks import AROUND, FloatNetwork, classifier, images
from tinygen import passes, reference
from tinygen.ir import Graph
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.relu import Relu
from tinygen.quantize import Calibration, output_error, quantize, synthetic_calibration
from tinygen.quantize.input_statistics import input_statistics
from tinygen.quantize.signals import natural_noise
from tinygen.quantize.training_ranges import expected_ranges


def normalized_network(data: np.ndarray, seed: int = 0) -> Graph:
    """Convolution or dense layer, batch normalization with the statistics of this data, ReLU, one more layer."""
    n = FloatNetwork(*data.shape[1:], seed=seed)
    channels, is_image = data.shape[-1], data.ndim == 4
    shape = (24, 3, 3, channels) if is_image else (24, channels)
    y = n.random("first", Conv2D(padding=AROUND) if is_image else FullyConnected(), n.input, shape)
    seen = reference.run(n.graph(y), {"x": data})[y].reshape(-1, 24)
    parameters = {
        "gamma": n.rng.uniform(0.5, 1.5, 24),
        "beta": n.rng.normal(0, 0.3, 24),
        "mean": seen.mean(axis=0),
        "variance": seen.var(axis=0),
    }
    constants = [n.constant(name, value) for name, value in parameters.items()]
    y = n.apply("relu", Relu(), n.apply("norm", BatchNormalization(), y, *constants))
    last = (6, 1, 1, 24) if is_image else (6, 24)
    return n.graph(n.random("last", Conv2D() if is_image else FullyConnected(), y, last))


@pytest.mark.parametrize(
    ("scale", "offset", "interval"),
    [(1, 0, (0, 1)), (255, 0, (0, 255)), (2, -1, (-1, 1)), (255, -128, (-128, 127))],
)
def test_usual_ranges_are_found_from_the_first_normalization(scale, offset, interval):
    graph = normalized_network(images(200, seed=1) * scale + offset)
    assert synthetic_calibration(graph).input_ranges["x"] == interval


@pytest.mark.parametrize(("mean", "deviation"), [(-28.0, 11.0), (400.0, 20.0), (0.0, 3.0)])
def test_unusual_ranges_are_estimated(mean, deviation):
    data = (mean + deviation * natural_noise((60,), 2000, seed=2)).astype(np.float32)
    graph = normalized_network(data)
    statistics = input_statistics(graph, graph.input_tensors[0])
    assert statistics.mean == pytest.approx(mean, abs=0.3 * deviation)
    assert 0.4 * deviation < statistics.deviation < 2.5 * deviation
    low, high = synthetic_calibration(graph).input_ranges["x"]
    assert low < np.percentile(data, 1) and np.percentile(data, 99) < high


def test_large_inputs_are_found_after_folding_too():
    """The biases of the folded layer cancel the inputs' mean; for small inputs they could be any biases."""
    large = passes.optimize(normalized_network(images(200, seed=1) * 255))
    assert synthetic_calibration(large).input_ranges["x"] == (0.0, 255.0)
    small = passes.optimize(normalized_network(images(200, seed=1)))
    assert input_statistics(small, small.input_tensors[0]) is None


def test_accuracy_without_data_is_near_that_with_data():
    data = (images(200, seed=3) * 255).astype(np.float32)
    raw = normalized_network(data)
    graph = passes.optimize(raw)
    real = Calibration(samples={"x": (images(60, seed=5) * 255).astype(np.float32)}, source="test")
    with_data, without, wrong_range = (
        output_error(graph, quantize(graph, **given).graph, {"x": data})
        for given in (
            {"calibration": real},
            {"calibration": synthetic_calibration(raw)},
            {"input_range": (0.0, 1.0)},
        )
    )
    assert without < 3 * with_data
    assert wrong_range > 10 * with_data


@pytest.mark.parametrize(
    ("gamma", "beta", "interval"),
    [(1 / 255, 0.0, (0, 255)), (1 / 127.5, -1.0, (0, 255)), (2.0, 0.0, (0, 0.5))],
)
def test_scaling_at_the_input_tells_the_range(gamma, beta, interval):
    n = FloatNetwork(8, 8, 3)
    parameters = [
        n.constant(name, np.full(3, value))
        for name, value in [("g", gamma), ("b", beta), ("m", 0.0), ("v", 1.0)]
    ]
    y = n.apply("rescaling", BatchNormalization(epsilon=0.0), n.input, *parameters)
    graph = n.graph(n.random("conv", Conv2D(), y, (4, 3, 3, 3)))
    assert synthetic_calibration(graph).input_ranges["x"] == pytest.approx(interval, abs=1e-4)


def test_default_range_where_nothing_tells_it():
    assert synthetic_calibration(classifier()).input_ranges == {"x": (0.0, 1.0)}


def test_given_range_is_kept_and_filled():
    calibration = synthetic_calibration(classifier(), (-3.0, 5.0))
    x = calibration.samples["x"]
    assert calibration.input_ranges == {"x": (-3.0, 5.0)}
    assert -3 <= x.min() < 0 and 3 < x.max() <= 5
    result = quantize(classifier(), input_range=(-3.0, 5.0)).graph
    (tensor,) = result.input_tensors
    assert tensor.quantization.scale == pytest.approx(8 / 255)


def test_expected_ranges_bound_what_normalization_makes():
    data = images(100, seed=4)
    graph = normalized_network(data)
    bounds = expected_ranges(graph)
    assert bounds["norm"] == bounds["relu"] and bounds["relu"][0] == 0  # only the ReLU reads it
    # after folding and fusing, the convolution's own output is what the ReLU made
    folded = passes.optimize(graph)
    assert bounds[folded.nodes[0].outputs[0]] == bounds["relu"]
    seen = reference.run(graph.replace(outputs=("relu",)), {"x": data})["relu"].max()
    assert seen <= bounds["relu"][1] < 10 * seen


def test_report_says_that_accuracy_is_unmeasured():
    report = quantize(classifier()).report
    (warning,) = report.warnings
    for words in ("accuracy is unmeasured", "'x' 0 to 1", "--calibration", "--input-range"):
        assert words in warning
    assert report.is_synthetic and not report.bias_correction


def test_same_model_gives_the_same_samples():
    first, second = (synthetic_calibration(classifier()).samples["x"] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("shape", [(1,), (40,), (30, 3), (12, 12, 1), (5, 4, 3, 2)])
def test_noise_of_every_shape(shape):
    noise = natural_noise(shape, 6, seed=0)
    assert noise.shape == (6, *shape) and np.isfinite(noise).all()


def test_natural_noise_is_correlated_between_neighbours():
    noise = natural_noise((32, 32, 3), 8, seed=0)
    neighbours = np.mean(noise[:, :, 1:] * noise[:, :, :-1])
    channels = np.mean(noise[..., 0] * noise[..., 1])
    assert neighbours > 0.3 and channels > 0.5
