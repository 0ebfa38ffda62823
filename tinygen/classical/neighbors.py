"""Neighbours to NearestRows nodes: stored rows as int8 or int16, or as int32 with distances of 64 bits."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Link, Metric, Neighbors, Task
from tinygen.classical.distance_nodes import weights_of
from tinygen.classical.probabilities import shares_of
from tinygen.classical.stored_rows import stored_rows
from tinygen.classical.wide_neighbors import wide_nearest
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.nearest_rows import NearestRows
from tinygen.ops.classical.neighbor_means import NeighborMeans
from tinygen.ops.classical.neighbor_votes import NeighborVotes
from tinygen.ops.classical.neighbor_weights import WEIGHT_BITS, Weights
from tinygen.ops.classical.stored_rows import Measure

INT16_MAX = 32767

MEASURES = {
    Metric.EUCLIDEAN: Measure.SQUARED,
    Metric.MANHATTAN: Measure.MANHATTAN,
    Metric.CHEBYSHEV: Measure.CHEBYSHEV,
    Metric.HAMMING: Measure.HAMMING,
    Metric.COSINE: Measure.PRODUCT,
}


def build(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> None:
    """Add the methods of a model of neighbours; distances between integers of 8, 16 or 28 bits."""
    neighbors: Neighbors = description.scorer
    nearest = _nearest(graph, description, samples, bits)
    if description.task is Task.REGRESS:
        graph.method("predict", _means(graph, neighbors, nearest))
        return
    has_shares = neighbors.targets.ndim == 2
    if has_shares:
        votes = _means(graph, neighbors, nearest)
    else:
        votes = _votes(graph, neighbors, nearest, len(description.classes))
    graph.method("predict", graph.node("classes", ArgMax(), [votes]))
    if description.link is Link.IDENTITY:
        if neighbors.is_weighted and not has_shares:
            votes = shares_of(graph, votes, neighbors.count << WEIGHT_BITS)
        graph.method("predict_proba", votes)


def _nearest(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> Tensor:
    neighbors: Neighbors = description.scorer
    rows, is_cosine = neighbors.rows, neighbors.metric is Metric.COSINE
    if is_cosine:  # the order is that of products with rows of length 1; their scale is free
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows = rows / np.where(lengths == 0, 1, lengths) * np.abs(rows).max()
        bits = max(bits, 16)
    if (bits == 32 or neighbors.metric.is_wide) and neighbors.metric is not Metric.HAMMING:
        description = replace(description, scorer=replace(neighbors, rows=rows))
        return wide_nearest(graph, description, samples)
    stored = stored_rows(graph, description, rows, samples, bits=bits, is_centered=not is_cosine)
    op = NearestRows(count=neighbors.count, measure=MEASURES[neighbors.metric])
    scale = stored.scale**2 if op.measure.is_quadratic else stored.scale
    return graph.node("nearest rows", op, [stored.features, stored.rows], scale=scale)


def _weights(neighbors: Neighbors) -> Weights:
    if not neighbors.is_weighted:
        return Weights.UNIFORM
    if neighbors.metric in (Metric.COSINE, Metric.MINKOWSKI):
        raise UnsupportedError(
            what=f"weights='distance' with the {neighbors.metric.value} distance is not supported",
            next_step="supported: weights='uniform', or another metric",
        )
    return weights_of(neighbors)


def _votes(graph: GraphBuilder, neighbors: Neighbors, nearest: Tensor, classes: int) -> Tensor:
    weights = _weights(neighbors)
    labels = graph.constant("labels of rows", neighbors.targets, DType.INT16)
    op = NeighborVotes(classes=classes, weights=weights)
    scale = 1 / neighbors.count if weights is Weights.UNIFORM else 1.0
    return graph.node("votes", op, [nearest, labels], scale=float(np.float32(scale)))


def _means(graph: GraphBuilder, neighbors: Neighbors, nearest: Tensor) -> Tensor:
    """Means of targets, which are measured from their middle; that goes into the bias."""
    weights = _weights(neighbors)
    targets = neighbors.targets
    middle = (targets.max(axis=0) + targets.min(axis=0)) / 2
    step = max(float(np.abs(targets - middle).max()) / INT16_MAX, 1e-30)
    parts = neighbors.count if weights is Weights.UNIFORM else 2**WEIGHT_BITS
    reach = float(np.abs(middle).max() + np.ptp(targets)) / step * parts  # of bias and sum
    shift = max(0, math.ceil(math.log2(max(reach, 1.0) / 2**30)))
    scale = float(np.float32(step / parts * 2**shift))
    constants = [
        graph.constant("values of rows", np.rint((targets - middle) / step), DType.INT16),
        graph.constant("middle of values", np.rint(middle / scale)),
    ]
    op = NeighborMeans(weights=weights, shift=shift)
    return graph.node("means", op, [nearest, *constants], scale=scale)
