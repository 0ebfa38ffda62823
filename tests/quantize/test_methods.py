"""Intervals from observed values."""

import numpy as np
import pytest

from tests.quantize.networks import FloatNetwork
from tinygen.ops.relu import Relu
from tinygen.quantize import Calibration
from tinygen.quantize.intervals import choose_intervals
from tinygen.quantize.methods import CalibrationMethod, choose_interval
from tinygen.quantize.observe import BINS, Statistics


def statistics(values: np.ndarray) -> Statistics:
    low, high = float(values.min()), float(values.max())
    counts = np.histogram(values, BINS, (low, high))[0] if high > low else np.zeros(BINS, np.int64)
    return Statistics(low=low, high=high, counts=counts)


def rounding_error(values: np.ndarray, interval: tuple[float, float]) -> float:
    """Mean squared error of int8 over an interval, by quantizing every value."""
    step = (interval[1] - interval[0]) / 255
    q = np.clip(np.round(values / step), np.round(interval[0] / step), np.round(interval[1] / step))
    return float(np.mean((values - q * step) ** 2))


@pytest.mark.parametrize("method", CalibrationMethod)
@pytest.mark.parametrize("sign", [1, -1])
def test_zero_is_always_inside(method, sign):
    low, high = choose_interval(statistics(sign * np.linspace(3, 5, 1000)), method)
    assert low <= 0 <= high
    assert max(-low, high) == pytest.approx(5, rel=0.01)


@pytest.mark.parametrize("method", CalibrationMethod)
@pytest.mark.parametrize("value", [0.0, 2.5, -2.5])
def test_constant_tensors(method, value):
    assert choose_interval(statistics(np.full(10, value)), method) == (min(value, 0), max(value, 0))


def test_min_max_is_all():
    values = np.random.default_rng(0).normal(0, 1, 10_000)
    assert choose_interval(statistics(values), CalibrationMethod.MIN_MAX) == (
        values.min(),
        values.max(),
    )


@pytest.mark.parametrize(
    ("method", "outside"),
    [(CalibrationMethod.PERCENTILE_99_9, 0.1), (CalibrationMethod.PERCENTILE_99_99, 0.01)],
)
def test_percentiles_agree_with_numpy(method, outside):
    values = np.random.default_rng(1).normal(0.3, 1, 400_000)
    wanted = np.percentile(values, [outside / 2, 100 - outside / 2])
    width = (values.max() - values.min()) / BINS
    np.testing.assert_allclose(choose_interval(statistics(values), method), wanted, atol=2 * width)


@pytest.mark.parametrize("kind", ["normal", "relu", "outlier", "laplace", "uniform"])
def test_mse_is_the_best_of_a_fine_search(kind):
    rng = np.random.default_rng(2)
    values = {
        "normal": rng.normal(0, 1, 20_000),
        "relu": np.maximum(rng.normal(0, 1, 20_000), 0),
        "outlier": np.append(rng.normal(0, 1, 20_000), 60.0),
        "laplace": rng.laplace(0, 1, 20_000),
        "uniform": rng.uniform(-1, 3, 20_000),
    }[kind]
    low, high = min(values.min(), 0), max(values.max(), 0)
    found = rounding_error(values, choose_interval(statistics(values), CalibrationMethod.MSE))
    grid = np.linspace(0.1, 1, 60)
    ends = [(f * low, g * high) for f in (grid if low < 0 else [1.0]) for g in grid]
    best = min(rounding_error(values, end) for end in ends)
    assert found <= 1.05 * best


def observed_input(values: np.ndarray, **settings) -> tuple[float, float]:
    """The interval of the input of a graph that was shown these values."""
    n = FloatNetwork(len(values))
    graph = n.graph(n.apply("y", Relu(), n.input))
    samples = {"x": values[None].astype(np.float32)}
    calibration = Calibration(samples=samples, source="test", **settings)
    return choose_intervals(graph, calibration, CalibrationMethod.MSE)["x"]


@pytest.mark.parametrize(
    ("values", "interval"),
    [
        (np.linspace(10, 250, 64), (0.0, 255.0)),
        (np.linspace(0.1, 0.95, 64), (0.0, 1.0)),
        (np.linspace(-0.9, 0.9, 64), (-1.0, 1.0)),
        (np.linspace(-110, 110, 64), (-128.0, 127.0)),
    ],
)
def test_inputs_get_the_usual_range_that_they_fill(values, interval):
    assert observed_input(values) == interval


@pytest.mark.parametrize("top", [0.5, 1.7, 120.0, 400.0])
def test_inputs_of_no_usual_range_keep_what_was_seen(top):
    low, high = observed_input(np.linspace(0, top, 64))
    assert low == 0 and high == pytest.approx(top, rel=0.05)


def test_known_input_range_comes_first():
    assert observed_input(np.linspace(0, 1, 64), input_ranges={"x": (0.0, 4.0)}) == (0.0, 4.0)


def test_what_training_allows_bounds_what_was_seen():
    n = FloatNetwork(8)
    graph = n.graph(n.apply("y", Relu(), n.input))
    calibration = Calibration(
        samples={"x": np.linspace(0, 9, 8, dtype=np.float32)[None]},
        source="test",
        expected_ranges={"y": (-1.0, 5.0), "unknown": (0.0, 1.0)},
    )
    intervals = choose_intervals(graph, calibration, CalibrationMethod.MIN_MAX)
    assert intervals["y"] == (0.0, 5.0)
    assert "unknown" not in intervals
