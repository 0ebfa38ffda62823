"""Distances to stored rows: to centres as new features, votes within a radius, local outlier factors."""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import (
    Description,
    Link,
    LocalOutliers,
    Metric,
    Neighbors,
    Task,
    WithinRadius,
)
from tinygen.classical.probabilities import shares_of
from tinygen.classical.stored_rows import StoredRows, stored_rows
from tinygen.classical.wide_neighbors import wide_nearest
from tinygen.classical.wide_nodes import WideRows, row_bits, wide_rows
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.fixed_point import MOST_OF_BITS
from tinygen.ops.classical.nearest_rows import NearestRows
from tinygen.ops.classical.neighbor_weights import WEIGHT_BITS, Weights
from tinygen.ops.classical.outlier_factor import LARGEST, MOST_NEIGHBORS, OutlierFactor
from tinygen.ops.classical.radius_means import BITS, RadiusMeans
from tinygen.ops.classical.radius_votes import RadiusVotes
from tinygen.ops.classical.row_distances import ROOT_BITS, RowDistances
from tinygen.ops.classical.stored_rows import WIDE_SHIFT, Measure

INT16_MAX = 32767
ROUNDING = 1e-9
"""Relative: so much above a limit is still it, as the limit itself was rounded."""

FACTOR_UNIT = 2.0**-18
"""Of local outlier factors, which are 1 for normal rows; the largest is 2^13."""

MOST_CONTRAST = 2.0**16
"""Of the largest density and the median."""

MEASURES = {
    Metric.EUCLIDEAN: Measure.SQUARED,
    Metric.MANHATTAN: Measure.MANHATTAN,
    Metric.CHEBYSHEV: Measure.CHEBYSHEV,
}


def add_distances(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64]
) -> None:
    """The method transform: distances to centres."""
    stored = stored_rows(graph, description, description.centers, samples, bits=16)
    inputs = [stored.features, stored.rows]
    scale = float(np.float32(stored.scale / 2**ROOT_BITS))
    graph.method("transform", graph.node("distances", RowDistances(), inputs, scale=scale))


def build_radius(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> None:
    """Add the methods of a model of neighbours within a radius; distances between integers of 8, 16 or 28 bits."""
    model: WithinRadius = description.scorer
    measure = MEASURES[model.metric]
    stored, unit = _rows_within(graph, description, samples, bits)
    radius = model.radius * (1 + ROUNDING)
    limit = (radius**2 if measure.is_quadratic else radius) / unit
    limit = min(math.floor(limit), 2**31 - 1)
    if description.task is Task.REGRESS:
        graph.method("predict", _means(graph, model, stored, limit, measure))
        return
    labels = graph.constant("labels of rows", model.targets, DType.INT16)
    op = RadiusVotes(
        limit=limit,
        classes=len(description.classes),
        outlier=model.outlier,
        measure=measure,
        weights=weights_of(model),
    )
    votes = graph.node("votes", op, [stored.features, stored.rows, labels])
    graph.method("predict", graph.node("classes", ArgMax(), [votes]))
    if description.link is Link.IDENTITY:
        graph.method("predict_proba", shares_of(graph, votes, _most_votes(model)))


def _rows_within(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> tuple[StoredRows | WideRows, float]:
    """Stored rows with the features, and the unit of measures between these."""
    model: WithinRadius = description.scorer
    is_squared, columns = model.metric is Metric.EUCLIDEAN, model.rows.shape[1]
    if bits < 32:
        stored = stored_rows(graph, description, model.rows, samples, bits=bits)
        return stored, stored.scale**2 if is_squared else stored.scale
    most = row_bits(columns) if is_squared else 30 - math.ceil(math.log2(columns))
    most = min(most, MOST_OF_BITS)
    wide = wide_rows(graph, description, model.rows, samples, True, bits=most, direct=())
    return wide, wide.scale**2 * 2.0**WIDE_SHIFT if is_squared else wide.scale


def _means(
    graph: GraphBuilder,
    model: WithinRadius,
    stored: StoredRows | WideRows,
    limit: int,
    measure: Measure,
) -> Tensor:
    """Means of targets, which are measured from their mean: that answers where there are no neighbours."""
    middle = model.targets.mean(axis=0)
    step = max(float(np.abs(model.targets - middle).max()) / INT16_MAX, 1e-30)
    step = max(step, float(np.abs(middle).max()) / 2**30 * 2**BITS)
    scale = float(np.float32(step / 2**BITS))
    inputs = [
        stored.features,
        stored.rows,
        graph.constant("values of rows", np.rint((model.targets - middle) / step), DType.INT16),
        graph.constant("mean of values", np.rint(middle / scale)),
    ]
    op = RadiusMeans(limit=limit, measure=measure, weights=weights_of(model))
    return graph.node("means", op, inputs, scale=scale)


def weights_of(model: Neighbors | WithinRadius) -> Weights:
    """How rows count that are at some distance."""
    if not model.is_weighted:
        return Weights.UNIFORM
    return Weights.INVERSE_ROOT if model.metric is Metric.EUCLIDEAN else Weights.INVERSE


def _most_votes(model: WithinRadius) -> int:
    return len(model.rows) << (WEIGHT_BITS if model.is_weighted else 0)


def build_outliers(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> None:
    """Add the methods of a local outlier factor; distances between integers of 16 or 28 bits."""
    model: LocalOutliers = description.scorer
    _check(model)
    if bits == 32:
        columns = model.rows.shape[1]
        shift = math.ceil(math.log2(columns)) + 2 * row_bits(columns) - 31
        nearest = wide_nearest(graph, description, samples, shift=max(shift, 0))
    else:
        stored = stored_rows(graph, description, model.rows, samples, bits=16)
        nearest = graph.node(
            "nearest rows",
            NearestRows(count=model.count),
            [stored.features, stored.rows],
            scale=stored.scale**2,
        )
    step = math.sqrt(nearest.quantization.scale) / 2**ROOT_BITS
    density = float(model.densities.max()) / LARGEST
    unit = step * density / model.count**2
    shift = int(np.clip(round(math.log2(FACTOR_UNIT / unit)), 0, 62))
    scale = unit * 2.0**shift
    reaches = graph.constant("reaches", np.rint(model.reaches / step))
    densities = graph.constant("densities", np.rint(model.densities / density))

    def factor(name: str, offset: float) -> Tensor:
        bias = graph.constant(f"{name}: bias", np.rint(np.array([-offset]) / scale))
        inputs = [nearest, reaches, densities, bias]
        return graph.node(name, OutlierFactor(shift=shift), inputs, scale=float(np.float32(scale)))

    decision = factor("decisions", model.offset)
    graph.method("predict", graph.node("classes", ArgMax(threshold=-1), [decision]))
    graph.method("decision", decision)
    graph.method("score", factor("normality", 0.0))


def _check(model: LocalOutliers) -> None:
    if not model.reaches.any():
        raise UnsupportedError(
            what="all distances of a local outlier factor are 0",
            where="rows that are stored more often than there are neighbours",
            next_step="drop repeated rows before fit, or take more neighbours",
        )
    contrast = float(model.densities.max() / np.median(model.densities))
    if contrast > MOST_CONTRAST:
        raise UnsupportedError(
            what=f"the densities of a local outlier factor differ by {contrast:.2g}",
            where="rows that are stored more often than there are neighbours",
            next_step="drop repeated rows before fit, or take more neighbours",
        )
    if model.count > MOST_NEIGHBORS:
        raise UnsupportedError(
            what=f"{model.count} neighbours of a local outlier factor",
            next_step=f"supported: n_neighbors up to {MOST_NEIGHBORS}",
        )
