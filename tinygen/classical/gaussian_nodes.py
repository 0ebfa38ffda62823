"""Gaussian naive Bayes: scores are linear in features and their squares, but for classes that know one value only.

score[c] = const[c] + sum over k of a[c, k] * x[k]^2 + b[c, k] * x[k], a = -1/(2 var), b = mean / var

A class that has met hardly another value of a feature than one has an a there that is larger than all others together.
Such pairs would leave no bits for the rest: they become penalties (rule T9), which rule the class out.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Gaussian, Linear
from tinygen.classical.linear_nodes import SCORE_MAX, features_bits, integer_features, scores_node
from tinygen.classical.probabilities import add_probabilities
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.sharp_penalties import SharpPenalties
from tinygen.ops.classical.squares import Squares

SHARP = 128.0
"""A pair is sharp where its 1/var is so many times the least of its feature."""

PENALTY_BITS = 27
"""Of the largest penalty; scores stay below it."""

PENALTY_SCALE = 6
"""Binary digits of a penalty that are always 0: so much larger than a weight can it be."""


def build(graph: GraphBuilder, description: Description, samples: NDArray[np.float64]) -> None:
    """Add the methods of a Gaussian naive Bayes classifier."""
    if not algebra.works_by_columns(description.transforms):
        raise UnsupportedError(
            what="a transformer in front of naive Bayes mixes features",
            next_step="supported: transformers that work column by column",
        )
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of naive Bayes is not affine", next_step="use scalers"
        )
    model = _on_raw_features(description.scorer, before.weights, before.bias, description.features)
    identity = Linear(weights=np.eye(description.features), bias=np.zeros(description.features))
    x, units, _ = integer_features(graph, identity, samples)
    # feature k is units.weights[k, k] * integer + units.bias[k]
    model = _on_raw_features(model, units.weights, units.bias, description.features)
    scores = _scores(graph, x, model, _bounds(graph, x, samples))
    graph.method("predict", graph.node("classes", ArgMax(), [scores]))
    add_probabilities(graph, scores, description.link)


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
        (used,) = np.flatnonzero(row) if row.any() else (None,)
        if used is not None:
            means[:, used] = (model.means[:, k] - bias[k]) / row[used]
            variances[:, used] = model.variances[:, k] / row[used] ** 2
    return Gaussian(means=means, variances=variances, constants=model.constants)


def _scores(graph: GraphBuilder, x: Tensor, model: Gaussian, bounds: tuple[int, int]) -> Tensor:
    steep = 1 / model.variances
    same = (steep == steep[:1]).all(axis=0) & (model.means == model.means[:1]).all(axis=0)
    sharp = (steep > SHARP * steep.min(axis=0)) & ~same
    dense = np.where(sharp | same, 0.0, steep)
    centers = _centers(model, steep, bounds)
    reach = max(int(bounds[1] - centers.min()), int(centers.max() - bounds[0]))
    shift = max(0, 2 * reach.bit_length() - 15)
    means = model.means - centers
    linear = Linear(
        weights=np.concatenate([dense * means, -dense / 2 * 2.0**shift], axis=1),
        bias=model.constants - (dense * means**2).sum(axis=1) / 2,
    )
    op = Squares(low=bounds[0], high=bounds[1], shift=shift)
    inputs = [x, graph.constant("centers", centers, DType.INT16)]
    squares = graph.node("squares", op, inputs, dtype=DType.INT16)
    largest = np.repeat([float(reach), min(reach**2 / 2.0**shift, 32767.0)], x.channels)
    limit = 2.0**PENALTY_BITS if sharp.any() else SCORE_MAX
    scores = scores_node(graph, "scores", squares, linear, largest, limit=limit)
    return _penalized(graph, x, scores, model.means, np.where(sharp, steep / 2, 0.0))


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
) -> Tensor:
    """The scores less the penalties of pairs with `steep` > 0: steep * (x - mean)^2, or what rules a class out."""
    pairs = np.argwhere(steep.T > 0)
    if not len(pairs):
        return scores
    shift, scale = 0 if x.dtype is DType.INT8 else 2 * features_bits(x.channels) - 16, PENALTY_SCALE
    limit = (1 << PENALTY_BITS) >> scale
    unit = scores.quantization.scale * 2.0 ** (scale - shift)
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for feature, output in pairs:
        center = int(np.clip(np.rint(means[output, feature]), *x.dtype.limits))
        weight = max(1, min(32767, round(steep[output, feature] / unit)))
        groups.setdefault((int(feature), center), []).append((int(output), weight))
    rows = [(feature, center, len(found)) for (feature, center), found in groups.items()]
    constants = [
        graph.constant("sharp groups", np.array(rows), DType.INT16),
        graph.constant(
            "sharp entries", np.array([e for f in groups.values() for e in f]), DType.INT16
        ),
    ]
    op = SharpPenalties(shift=shift, scale=scale, limit=limit)
    inputs = [scores, x, *constants]
    return graph.node("penalties", op, inputs, scale=scores.quantization.scale)
