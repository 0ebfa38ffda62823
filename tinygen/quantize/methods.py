"""From observed values to the interval that int8 shall cover."""

import enum

import numpy as np
from numpy.typing import NDArray

from tinygen.quantize.calibration import Interval
from tinygen.quantize.observe import Statistics

_STEPS = 255
_MSE_CANDIDATES = 64
_LEAST_FRACTION = 0.2


class CalibrationMethod(enum.Enum):
    """How far outliers count; docs/quantization.md compares the methods by measurement."""

    MIN_MAX = "min-max"
    """All values that were seen."""

    PERCENTILE_99_9 = "percentile-99.9"
    """All but the outer 0.1 % of the values, half of it on each side."""

    PERCENTILE_99_99 = "percentile-99.99"
    """All but the outer 0.01 % of the values, half of it on each side."""

    MSE = "mse"
    """The interval that makes the mean squared error of rounding and clipping least."""


_OUTSIDE = {
    CalibrationMethod.PERCENTILE_99_9: 0.001,
    CalibrationMethod.PERCENTILE_99_99: 0.0001,
}


def choose_interval(statistics: Statistics, method: CalibrationMethod) -> Interval:
    """The interval for one tensor under a method; it always contains 0."""
    low, high = min(statistics.low, 0.0), max(statistics.high, 0.0)
    if statistics.counts.sum() == 0:  # a constant tensor
        return low, high
    if method in _OUTSIDE:
        low, high = _percentile(statistics, _OUTSIDE[method])
    elif method is CalibrationMethod.MSE:
        low, high = _least_squares(statistics)
    return min(low, 0.0), max(high, 0.0)


def _percentile(statistics: Statistics, outside: float) -> Interval:
    cumulative = np.cumsum(statistics.counts) / statistics.counts.sum()
    edges = np.linspace(statistics.low, statistics.high, len(statistics.counts) + 1)
    first = int(np.searchsorted(cumulative, outside / 2, side="right"))
    last = int(np.searchsorted(cumulative, 1 - outside / 2, side="left"))
    return float(edges[first]), float(edges[min(last + 1, len(edges) - 1)])


def _least_squares(statistics: Statistics) -> Interval:
    """Search both ends: shrink each towards 0 on its own, keep the pair with the least squared error."""
    low, high = min(statistics.low, 0.0), max(statistics.high, 0.0)
    used = statistics.counts > 0
    values, weights = statistics.centers[used], statistics.counts[used].astype(np.float64)
    fractions = np.linspace(_LEAST_FRACTION, 1.0, _MSE_CANDIDATES)
    for _ in range(2):  # each end depends on the other only through the step
        highs = fractions * high if high > 0 else np.zeros(1)
        high = float(highs[np.argmin([_error(values, weights, low, h) for h in highs])])
        lows = fractions * low if low < 0 else np.zeros(1)
        low = float(lows[np.argmin([_error(values, weights, v, high) for v in lows])])
        fractions = np.linspace(0.8, 1.25, _MSE_CANDIDATES)
    return max(low, min(statistics.low, 0.0)), min(high, max(statistics.high, 0.0))


def _error(values: NDArray, weights: NDArray, low: float, high: float) -> float:
    """Sum of squared errors of values rounded to 255 steps from low to high."""
    if high <= low:
        return float("inf")
    step = (high - low) / _STEPS
    nearest = np.round(np.clip(values, low, high) / step) * step  # 0 is one of the levels
    return float(weights @ (values - nearest) ** 2)
