"""Curves of calibrated classifiers to Curves nodes: points in the integers of scores.

A sigmoid becomes straight lines that are nowhere farther from it than from any other line: as many points as its
curvature asks for.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import Lines, Sigmoid
from tinygen.classical.weighted import Scores
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.curves import Curves

ONE = 2**15
SIGMOID_LINES = 64
SIGMOID_END = 11.0
"""1 / (1 + exp(11)) * 2^15 is below 1."""

LAST = 2.0**31 - 1


def curves_of(
    graph: GraphBuilder, name: str, scores: Scores, curves: Sequence[Sigmoid | Lines]
) -> Tensor:
    """A curve of every score, int16 of scale 2^-15."""
    points = [_points(curve, scale) for curve, scale in zip(curves, scores.scales, strict=True)]
    values = np.concatenate([v for _, v in points])
    constants = [
        graph.constant(f"{name}: positions", np.concatenate([p for p, _ in points])),
        graph.constant(f"{name}: values", np.clip(np.rint(values * ONE), 0, ONE - 1), DType.INT16),
        graph.constant(f"{name}: counts", [len(p) for p, _ in points], DType.INT16),
    ]
    inputs = [scores.tensor, *constants]
    return graph.node(name, Curves(), inputs, dtype=DType.INT16, scale=1 / ONE)


def _points(
    curve: Sigmoid | Lines, scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rising integer positions of one curve, and its values there."""
    x, y = _sigmoid_points(curve) if isinstance(curve, Sigmoid) else (curve.x, curve.y)
    if len(x) == 1:
        return np.zeros(1), y
    place = x / scale
    if abs(place).max() > LAST:  # what lies beyond is never reached
        inside = np.abs(place) < LAST
        ends = np.array([-LAST, LAST])
        at_ends = np.interp(ends, place, y)
        place = np.concatenate([ends[:1], place[inside], ends[1:]])
        y = np.concatenate([at_ends[:1], y[inside], at_ends[1:]])
    return _rising(np.rint(place), y)


def _rising(
    place: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points whose places are equal, moved by 1; those that find no place are left out."""
    kept_place, kept = [place[0]], [0]
    for i in range(1, len(place)):
        wanted = max(place[i], kept_place[-1] + 1)
        if wanted - place[i] <= 1 and wanted <= LAST:
            kept_place.append(wanted)
            kept.append(i)
    return np.array(kept_place), y[kept]


def _sigmoid_points(curve: Sigmoid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points between which straight lines are equally far from the sigmoid."""
    if curve.slope == 0:
        return np.zeros(1), np.array([1 / (1 + np.exp(curve.offset))])
    u = np.linspace(-SIGMOID_END, SIGMOID_END, 20001)
    p = 1 / (1 + np.exp(u))
    bend = np.sqrt(np.abs(p * (1 - p) * (1 - 2 * p)))
    covered = np.concatenate([[0.0], np.cumsum((bend[1:] + bend[:-1]) / 2)])
    ends = np.interp(np.linspace(0, covered[-1], SIGMOID_LINES + 1), covered, u)
    x = (ends - curve.offset) / curve.slope
    y = 1 / (1 + np.exp(ends))
    order = np.argsort(x)
    return x[order], y[order]
