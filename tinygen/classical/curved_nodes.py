"""Functions of the answers of a model to Curves nodes: exponentials of linear functions, inverse transformations.

Where a function bends, straight lines are short. They reach as far as answers for the samples do, and a quarter more.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.combination import Curved, Lines
from tinygen.classical.curve_nodes import curves_of
from tinygen.classical.members import Members
from tinygen.classical.weighted import Scores, Term, combined, each_scaled, scores_of
from tinygen.ir import Tensor

MARGIN = 0.25
"""By which part of its range an answer may leave that of the samples before its function stays as it is there."""

SEGMENTS = 128
DENSE = 4097
EVEN = 0.25
"""Which part of the segments is spread evenly, not by the bend."""


Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""[rows, columns] -> the same shape, column by column"""


def curved(members: Members, name: str, model: Curved) -> Tensor:
    """The values of the functions, as int32 of one scale."""
    start = np.zeros(model.outputs)
    answers = scores_of(members, f"{name}: answers", [model.part], start, own_scales=True)
    return _values(members, name, answers, model.function, model.knots)


def votes_with_confidences(members: Members, votes: Term, confidences: Term) -> Tensor:
    """The decision for each of several classes: its votes, and s / (3 |s| + 3) with s its confidences; of two classes
    for the second only.
    """
    first = 1 if len(votes.weights) == 2 else 0
    votes, confidences = (replace(t, weights=t.weights[first:]) for t in (votes, confidences))
    nothing = np.zeros(len(votes.weights))
    alone = replace(confidences, breaks_ties=False)
    sums = combined(members, "confidences", [alone], nothing, own_scales=True)
    parts = _values(members, "bounded", sums, lambda s: s / (3 * np.abs(s) + 3), None)
    terms = [votes, Term(tensor=parts, weights=np.eye(len(nothing)))]
    return combined(members, "votes and confidences", terms, nothing).tensor


def _values(
    members: Members,
    name: str,
    answers: Scores,
    function: Function,
    knots: Sequence[NDArray[np.float64]] | None,
) -> Tensor:
    (integers,) = members.values([answers.tensor])
    met = integers * answers.scales
    lines = [
        _lines(function, met, k, None if knots is None else knots[k]) for k in range(met.shape[1])
    ]
    starts = np.array([line.y.min() for line in lines])
    steps = np.array([max(float(np.ptp(line.y)), 1e-300) for line in lines])
    units = [
        Lines(x=line.x, y=(line.y - start) / step)
        for line, start, step in zip(lines, starts, steps, strict=True)
    ]
    found = curves_of(members.graph, name, answers, units)
    factors = steps * found.quantization.scale
    return each_scaled(members.graph, f"{name}: values", found, factors, starts)


def _lines(
    function: Function,
    met: NDArray[np.float64],
    column: int,
    knots: NDArray[np.float64] | None,
) -> Lines:
    """A function of one column of answers that were met [rows, columns]."""

    def of_column(x: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = np.zeros((len(x), met.shape[1]))
        rows[:, column] = x
        with np.errstate(all="ignore"):
            return np.asarray(function(rows), np.float64)[:, column]

    low, high = float(met[:, column].min()), float(met[:, column].max())
    wider = MARGIN * (high - low)
    if knots is not None:
        return Lines(x=knots, y=of_column(knots))
    if high <= low:
        return Lines(x=np.array([low]), y=of_column(np.array([low])))
    return _straightened(of_column, low - wider, high + wider)


def _straightened(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]], low: float, high: float
) -> Lines:
    """Straight lines between points that are as near to each other as the function bends."""
    x = np.linspace(low, high, DENSE)
    y = function(x)
    is_known = np.isfinite(y)
    if not is_known.any():
        y, is_known = np.zeros(DENSE), np.ones(DENSE, bool)
    y = np.interp(x, x[is_known], y[is_known])
    bend = np.sqrt(np.abs(np.gradient(np.gradient(y))))
    share = bend / max(float(bend.sum()), 1e-300) * (1 - EVEN) + EVEN / DENSE
    covered = np.concatenate([[0.0], np.cumsum((share[1:] + share[:-1]) / 2)])
    places = np.interp(np.linspace(0, covered[-1], SEGMENTS + 1), covered, np.arange(DENSE))
    chosen = np.unique(np.rint(places).astype(np.int64))
    return Lines(x=x[chosen], y=y[chosen])
