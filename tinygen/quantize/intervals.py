"""Which real interval the int8 values of each activation cover."""

from collections.abc import Mapping

from tinygen.ir import Graph
from tinygen.quantize.calibration import Calibration, Interval
from tinygen.quantize.methods import CalibrationMethod, choose_interval
from tinygen.quantize.observe import Statistics, observe

USUAL_INPUT_RANGES: tuple[Interval, ...] = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-128.0, 127.0))

_COVERED = 0.8
"""Samples that fill a usual range to this part of its ends, and never leave it, are taken to come from it."""


def choose_intervals(
    graph: Graph,
    calibration: Calibration,
    method: CalibrationMethod,
    input_range: Interval | None = None,
) -> dict[str, Interval]:
    """The interval of every activation of a float graph; each contains 0.

    Inputs get the known range, else the usual one that their samples fill: with 0..255 a byte turns into int8 by
    subtracting 128. Other tensors get what the method makes of the values seen, within what training allows.
    """
    statistics = observe(graph, calibration)
    intervals = {name: choose_interval(s, method) for name, s in statistics.items()}
    for name, bounds in calibration.expected_ranges.items():
        if name in intervals:
            seen = intervals[name]
            intervals[name] = max(seen[0], bounds[0]), min(seen[1], bounds[1])
    for name in calibration.samples:
        known = input_range or calibration.input_ranges.get(name) or _usual_range(statistics[name])
        intervals[name] = known or intervals[name]
    return _with_zero(intervals)


def _usual_range(seen: Statistics) -> Interval | None:
    # pictures without black come from 0..255 all the same: only ends away from 0 must be filled
    for low, high in USUAL_INPUT_RANGES:
        inside = low <= seen.low and seen.high <= high
        if inside and min(seen.low, 0.0) <= _COVERED * low and seen.high >= _COVERED * high:
            return low, high
    return None


def _with_zero(intervals: Mapping[str, Interval]) -> dict[str, Interval]:
    return {name: (min(low, 0.0), max(high, 0.0)) for name, (low, high) in intervals.items()}
