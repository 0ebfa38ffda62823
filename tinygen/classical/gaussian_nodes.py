"""Gaussian naive Bayes: scores are linear in features and their squares, but for classes that know one value only.

score[c] = const[c] + sum over k of a[c, k] * x[k]^2 + b[c, k] * x[k], a = -1/(2 var), b = mean / var

A class that has met hardly another value of a feature than one has an a there that is larger than all others together.
Such pairs would leave no bits for the rest: they become penalties (rule T9), which rule the class out.
"""

import contextlib
import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra, quadratic_nodes
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Gaussian, Linear, Quadratic
from tinygen.classical.fixed_features import INT16_MAX, SCORE_MAX, features_bits, integer_features
from tinygen.classical.linear_nodes import scores_node
from tinygen.classical.probabilities import add_log_of_sum, add_probabilities
from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import INT32_MAX
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.sharp_penalties import SharpPenalties
from tinygen.ops.classical.squares import Squares

ROUNDING = 0.04
"""What rounding of weights may change a score by, as a standard deviation over the calibration rows: a probability of a
half by 0.01."""

ENOUGH = 0.995
"""Of the samples, with penalties: where fewer have the class of real numbers, lengths are tried."""

NOTHING = 1e-150
"""Of factors: with a smaller one a column is the same number for all features."""

SCORE_BITS, PENALTY_MAX = 27, 2**29
"""Of scores where there are penalties, and of one of these: after three a class is at the least number of all."""


def build(graph: GraphBuilder, description: Description, samples: NDArray[np.float64]) -> None:
    """Add the methods of a Gaussian naive Bayes classifier."""
    if (description.scorer.variances <= 0).any():
        raise UnsupportedError(
            what="a variance of naive Bayes is 0: its scores are not numbers in scikit-learn either",
            where="fitted on columns that are all constant, so that var_smoothing adds nothing",
            next_step="fit it on rows that differ, or use DummyClassifier(strategy='prior')",
        )
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of naive Bayes is not affine", next_step="use scalers"
        )
    if not algebra.works_by_columns(description.transforms):
        quadratic_nodes.build(graph, _as_quadratic(description), samples)
        return
    model = _on_raw_features(description.scorer, before.weights, before.bias, description.features)
    identity = Linear(weights=np.eye(description.features), bias=np.zeros(description.features))
    x, units, _ = integer_features(graph, identity, samples)
    # feature k is units.weights[k, k] * integer + units.bias[k]
    model = _on_raw_features(model, units.weights, units.bias, description.features)
    rows = (samples - units.bias) / np.diag(units.weights)
    bounds = _bounds(graph, x, samples)
    squares = _Squared(model, bounds, rows, description.is_mixture)
    if description.is_mixture and (squares.are_coarse or squares.sharp.any()):
        quadratic_nodes.build(graph, _as_quadratic(description), samples)
        return
    scores = _scores(graph, x, squares, bounds)
    is_rough = squares.sharp.any() or squares.are_coarse
    if is_rough and _agreement(graph, scores, model, rows, samples) < ENOUGH:
        with contextlib.suppress(
            UnsupportedError
        ):  # too rough as well: penalties are better than nothing
            quadratic_nodes.build(graph, _as_quadratic(description), samples)
            return
    # a mixture of one component has one answer
    classes = graph.node("classes", ArgMax(threshold=INT32_MAX), [scores])
    graph.method("predict", classes)
    add_probabilities(graph, scores, description.link, description.link_factor)
    if description.is_mixture:
        add_log_of_sum(graph, scores)


def _agreement(
    graph: GraphBuilder,
    scores: Tensor,
    model: Gaussian,
    rows: NDArray[np.float64],
    samples: NDArray[np.float64],
) -> float:
    """Part of the samples for which integers and real numbers choose the same class; `rows` are integers of these."""
    squares = ((rows[:, None] - model.means) ** 2 / model.variances).sum(axis=2)
    wanted = (model.constants - squares / 2).argmax(axis=1)
    return float((graph.values(scores, samples).argmax(axis=1) == wanted).mean())


class _Squared:
    """A model on integer features, of which `rows` are the samples: what is squared, and which pairs are penalties."""

    def __init__(
        self,
        model: Gaussian,
        bounds: tuple[int, int],
        rows: NDArray[np.float64],
        is_mixture: bool,
    ) -> None:
        self.model, self.steep = model, 1 / model.variances
        # scores of mixtures count; of classes only their differences do
        is_same = (self.steep == self.steep[:1]) & (model.means == model.means[:1])
        self.same = is_same.all(axis=0) & (not is_mixture)
        self.centers = _centers(model, self.steep, bounds)
        ends = bounds[1] - self.centers.min(), self.centers.max() - bounds[0]
        self.reach = int(max(ends))
        self.shift = max(0, 2 * self.reach.bit_length() - 15)
        moved = np.clip(rows, *bounds) - self.centers
        squares = np.minimum(moved**2 / 2.0**self.shift, 32767)
        self.inputs = np.concatenate([moved, squares], axis=1)
        parts = [np.abs(self.steep * self.means), self.steep / 2 * 2.0**self.shift]
        self.sharp = (np.stack(parts).max(axis=0) > _largest_weight(self.inputs)) & ~self.same

    @property
    def means(self) -> NDArray[np.float64]:
        return self.model.means - self.centers

    @property
    def are_coarse(self) -> bool:
        """True if squares of 15 bits, each off by a step / sqrt(12), change a score by more than `ROUNDING`."""
        step = self.steep / 2 * 2.0**self.shift
        error = np.sqrt((step**2).sum(axis=1) / 12)
        return bool(self.shift and error.max() > ROUNDING)

    @property
    def linear(self) -> Linear:
        """Scores without penalties, on the inputs."""
        dense = np.where(self.sharp | self.same, 0.0, self.steep)
        step, means = 2.0**self.shift, self.means
        lost = step / 2 if self.shift else 0.0  # what a shift takes from a square, on average
        return Linear(
            weights=np.concatenate([dense * means, -dense / 2 * step], axis=1),
            bias=self.model.constants - (dense * (means**2 + lost)).sum(axis=1) / 2,
        )


def _as_quadratic(description: Description) -> Description:
    """The same scores by squares of lengths in standard deviations, which have bits where it matters."""
    model: Gaussian = description.scorer
    deviations = np.sqrt(model.variances)
    columns = np.arange(model.means.shape[1])
    weights = np.zeros((*model.means.shape, len(columns)))
    weights[:, columns, columns] = 1 / deviations
    scorer = Quadratic(weights=weights, bias=-model.means / deviations, constants=model.constants)
    return replace(description, scorer=scorer)


def _bounds(graph: GraphBuilder, x: Tensor, samples: NDArray[np.float64]) -> tuple[int, int]:
    """Features saturate beyond these: those of the samples, widened by a quarter; of fixed-point features theirs."""
    if x is not graph.input:
        reach = 1 << (features_bits(x.channels) - 1)
        return -reach, reach - 1
    low, high = samples.min(), samples.max()
    wider = math.ceil((high - low) / 4)
    return max(int(low) - wider, x.dtype.limits[0]), min(int(high) + wider, x.dtype.limits[1])


def _on_raw_features(
    model: Gaussian, weights: NDArray[np.float64], bias: NDArray[np.float64], features: int
) -> Gaussian:
    """The model on columns before an affine transformer; columns that it drops have the variance of no information."""
    means = np.zeros((len(model.means), features))
    variances = np.full((len(model.means), features), np.inf)
    for k, row in enumerate(weights):
        used = np.flatnonzero(np.abs(row) > NOTHING)
        if len(used):
            means[:, used[0]] = (model.means[:, k] - bias[k]) / row[used[0]]
            variances[:, used[0]] = model.variances[:, k] / row[used[0]] ** 2
    return Gaussian(means=means, variances=variances, constants=model.constants)


def _scores(graph: GraphBuilder, x: Tensor, squared: _Squared, bounds: tuple[int, int]) -> Tensor:
    op = Squares(low=bounds[0], high=bounds[1], shift=squared.shift)
    constants = [x, graph.constant("centers", squared.centers, DType.INT16)]
    squares = graph.node("squares", op, constants, dtype=DType.INT16)
    linear, sharp, reach = squared.linear, squared.sharp, float(squared.reach)
    largest = np.repeat([reach, min(reach**2 / 2.0**squared.shift, 32767.0)], x.channels)
    limit = 2.0**SCORE_BITS if sharp.any() else SCORE_MAX
    scores = scores_node(graph, "scores", squares, linear, largest, limit=limit)
    spread = float(np.ptp(squared.inputs @ linear.weights.T + linear.bias, axis=1).max())
    steepness = np.where(sharp, squared.steep / 2, 0.0)
    return _penalized(graph, x, scores, squared.model.means, steepness, 2 * spread)


def _largest_weight(inputs: NDArray[np.float64]) -> float:
    """With a larger one among weights of one scale, rounding of these would change scores by more than `ROUNDING`.

    A weight is off by a unit / sqrt(12), a score by that times the length of the inputs; 32767 units are the largest.
    """
    length = math.sqrt(max(float((inputs**2).sum(axis=1).mean()), 1e-30))
    return ROUNDING * math.sqrt(12) / length * INT16_MAX


def _centers(
    model: Gaussian, steep: NDArray[np.float64], bounds: tuple[int, int]
) -> NDArray[np.float64]:
    """Features are measured from the mean of the class that knows them best: its large terms vanish where it is met."""
    best = steep.argmax(axis=0)
    means = model.means[best, np.arange(len(best))]
    # no difference may leave int16
    return np.clip(
        np.rint(means), max(bounds[0], bounds[1] - 32767), min(bounds[1], bounds[0] + 32768)
    )


def _penalized(
    graph: GraphBuilder,
    x: Tensor,
    scores: Tensor,
    means: NDArray[np.float64],
    steep: NDArray[np.float64],
    enough: float,
) -> Tensor:
    """The scores less the penalties of pairs with `steep` > 0: steep * (x - mean)^2.

    What the least difference costs is at most `enough` to rule a class out whatever the other features say: more would
    only saturate where several are.
    """
    pairs = np.argwhere(steep.T > 0)
    if not len(pairs):
        return scores
    shift = 0 if x.dtype is DType.INT8 else 2 * features_bits(x.channels) - 16
    unit = scores.quantization.scale
    weights = np.minimum(steep * 2.0**shift, max(enough, unit)) / unit
    scale = max(0, math.ceil(math.log2(float(weights.max()) / INT16_MAX)))
    groups: dict[tuple[int, int, int], list[int]] = {}
    for feature, output in pairs:
        center = int(np.clip(np.rint(means[output, feature]), *x.dtype.limits))
        weight = max(1, min(INT16_MAX, round(weights[output, feature] / 2.0**scale)))
        groups.setdefault((int(feature), center, weight), []).append(int(output))
    rows = [(*key, len(found)) for key, found in groups.items()]
    members = [output for found in groups.values() for output in found]
    constants = [
        graph.constant("sharp groups", np.array(rows), DType.INT16),
        graph.constant("members of groups", np.array(members), DType.INT16),
    ]
    op = SharpPenalties(shift=shift, scale=scale, limit=PENALTY_MAX >> scale)
    inputs = [scores, x, *constants]
    return graph.node("penalties", op, inputs, scale=unit)
