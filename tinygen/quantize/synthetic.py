"""Samples for a model that came without data."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Graph, Tensor
from tinygen.quantize.calibration import Calibration, Interval, check_input_range
from tinygen.quantize.input_statistics import InputStatistics, input_statistics
from tinygen.quantize.intervals import USUAL_INPUT_RANGES
from tinygen.quantize.signals import natural_noise
from tinygen.quantize.training_ranges import expected_ranges, scaling_interval

DEFAULT_INPUT_RANGE: Interval = (0.0, 1.0)
"""What inputs are taken to lie in where nothing in the model says otherwise."""

_USUAL_DEVIATION = 0.25  # of images, as a fraction of the width of their range
_SPAN = 6.0
"""Deviations around the mean that an input of no usual range is taken to span; the estimate runs low."""

_COUNT = 48
_SEED = 20


def synthetic_calibration(
    graph: Graph, input_range: Interval | None = None, count: int = _COUNT
) -> Calibration:
    """Make samples for a float graph, best before its batch normalizations are folded.

    Their statistics tell how large inputs and activations were in training. Without `input_range`, the range of
    an input comes from a scaling directly behind it, else from its first layer (see input_statistics), else it is
    DEFAULT_INPUT_RANGE.
    """
    check_input_range(input_range)
    samples, ranges = {}, {}
    for index, tensor in enumerate(graph.input_tensors):
        statistics = input_statistics(graph, tensor)
        known = input_range or scaling_interval(graph, tensor)
        interval = known or _interval(statistics)
        ranges[tensor.name] = interval
        samples[tensor.name] = _samples(tensor, interval, statistics, count, _SEED + index)
    return Calibration(
        samples=samples,
        source="synthetic samples",
        input_ranges=ranges,
        expected_ranges=expected_ranges(graph),
        is_synthetic=True,
    )


def _interval(statistics: InputStatistics | None) -> Interval:
    """One of the usual ranges where it agrees with the statistics, else what they span."""
    if statistics is None:
        return DEFAULT_INPUT_RANGE
    for low, high in USUAL_INPUT_RANGES:
        width = high - low
        centered = abs(statistics.mean - (low + high) / 2) < 0.2 * width
        if centered and 0.1 * width < statistics.deviation < 0.4 * width:
            return low, high
    span = _SPAN * statistics.deviation
    return statistics.mean - span, statistics.mean + span


def _samples(
    tensor: Tensor,
    interval: Interval,
    statistics: InputStatistics | None,
    count: int,
    seed: int,
) -> NDArray[np.float32]:
    """Signals around the mean of the training data, each with a level and a contrast of its own."""
    low, high = interval
    mean, deviation = (low + high) / 2, _USUAL_DEVIATION * (high - low)
    if statistics is not None and low < statistics.mean < high:
        mean, deviation = statistics.mean, min(statistics.deviation, high - low)
    rng = np.random.default_rng(seed)
    each = (count, *(1,) * (len(tensor.shape) - 1))
    level = mean + deviation * rng.uniform(-0.8, 0.8, each)
    contrast = deviation * rng.uniform(0.3, 1.4, each)
    noise = natural_noise(tensor.shape[1:], count, seed)
    return np.clip(level + contrast * noise, low, high).astype(np.float32)
