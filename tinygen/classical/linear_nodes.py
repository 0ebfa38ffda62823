"""Linear models to LinearScores nodes: one matrix on the raw features, in integers."""

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Linear, Task
from tinygen.classical.fixed_features import INT16_MAX, SCORE_MAX, summed_features
from tinygen.classical.probabilities import add_probabilities
from tinygen.classical.rounding import rounded_together
from tinygen.classical.wide_nodes import linear_is_coarse, wide_linear
from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import INT32_MAX
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.linear_scores import LinearScores

LEAST_SCALE = 1e-30
"""Where all scores are 0."""


def build(graph: GraphBuilder, description: Description, samples: NDArray[np.float64]) -> None:
    """Add the methods of a linear model. `samples` tell how far float features reach."""
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of a linear model is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    linear = algebra.collapse(description.scorer, before)
    if description.task is Task.CLASSIFY and linear.outputs == 2:
        linear = Linear(
            weights=linear.weights[1:] - linear.weights[:1], bias=linear.bias[1:] - linear.bias[:1]
        )
    scores = _scores(graph, linear, samples)
    if description.task is not Task.CLASSIFY:
        method = "predict" if description.task is Task.REGRESS else "transform"
        graph.method(method, scores)
        return
    graph.method("predict", graph.node("classes", ArgMax(), [scores]))
    if description.has_decision:
        graph.method("decision", scores)
    add_probabilities(graph, scores, description.link, description.link_factor)


def _scores(graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64]) -> Tensor:
    """Weights that cancel, and int32 features, need wide sums; else int16 weights are enough."""
    if graph.precision.is_wide or linear_is_coarse(graph, linear, samples):
        return wide_linear(graph, "scores", linear, samples)
    x, linear, reach = summed_features(graph, linear, samples)
    rows = samples if x is graph.input else graph.values(x, samples)
    return scores_node(graph, "scores", x, linear, reach, rows=rows)


def scores_node(
    graph: GraphBuilder,
    name: str,
    x: Tensor,
    linear: Linear,
    reach: NDArray[np.float64],
    limit: float = SCORE_MAX,
    rows: NDArray[np.float64] | None = None,
) -> Tensor:
    """Scores of one scale: as fine as int16 weights and sums below `limit` allow.

    Weights are rounded together where `rows` [N, columns], values of x, are known.
    """
    largest = max(float(np.abs(linear.weights).max()), 1e-300)
    sums = np.abs(linear.weights) @ reach + np.abs(linear.bias)
    scale = max(largest / INT16_MAX, float(sums.max()) / limit)
    scale = float(np.float32(max(scale, LEAST_SCALE) * (1 + 2.0**-20)))
    weights = np.rint(linear.weights / scale)
    bias = np.rint(linear.bias / scale)
    if rows is not None:
        together, added = rounded_together(linear.weights / scale, rows, INT16_MAX)
        start = np.rint(linear.bias / scale + added)
        if (np.abs(together) @ reach + np.abs(start)).max() <= INT32_MAX:
            weights, bias = together, start
    constants = [
        graph.constant(f"{name}: weights", weights, DType.INT16),
        graph.constant(f"{name}: bias", bias),
    ]
    return graph.node(name, LinearScores(), [x, *constants], scale=scale)
