"""Neighbours whose distances have 64 bits: WideNearestRows nodes."""

import math

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, LocalOutliers, Metric, Neighbors
from tinygen.classical.wide_nodes import WideRows, row_bits, wide_rows
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.fixed_point import MOST_OF_BITS
from tinygen.ops.classical.wide_nearest_rows import GAP_BITS, WideMeasure, WideNearestRows

MEASURES = {
    Metric.EUCLIDEAN: WideMeasure.SQUARED,
    Metric.MANHATTAN: WideMeasure.MANHATTAN,
    Metric.CHEBYSHEV: WideMeasure.CHEBYSHEV,
    Metric.COSINE: WideMeasure.PRODUCT,
    Metric.CANBERRA: WideMeasure.CANBERRA,
    Metric.BRAYCURTIS: WideMeasure.BRAYCURTIS,
    Metric.MINKOWSKI: WideMeasure.POWER,
}

FROM_ORIGIN = (Metric.COSINE, Metric.CANBERRA, Metric.BRAYCURTIS)
"""Metrics that change if all rows are moved."""

MOST_TERMS = 12
"""Of a polynomial for powers of numbers from 1 to 2: that of 12 terms is off by less than 2^-28."""


def wide_nearest(
    graph: GraphBuilder,
    description: Description,
    samples: NDArray[np.float64],
    shift: int | None = None,
) -> Tensor:
    """The nearest rows and their measures, shifted as far as these need, or by `shift`."""
    model: Neighbors | LocalOutliers = description.scorer
    measure = MEASURES[model.metric]
    stored = wide_model_rows(graph, description, samples)
    inputs = [stored.features, stored.rows]
    if measure is WideMeasure.POWER:
        inputs += _power_tables(graph, model.exponent, model.rows.shape[1])
    op = WideNearestRows(count=model.count, measure=measure, shift=shift)
    scale = 1.0
    if shift is not None:
        scale = stored.scale**2 * 2.0**shift if measure is WideMeasure.SQUARED else stored.scale
    return graph.node("nearest rows", op, inputs, scale=float(np.float32(scale)))


def wide_model_rows(
    graph: GraphBuilder,
    description: Description,
    samples: NDArray[np.float64],
    may_be_direct: bool = True,
) -> WideRows:
    """The stored rows of a model, and features like them, with as many bits as measures have room for."""
    model = description.scorer
    direct = (DType.INT16,) if may_be_direct and model.metric is Metric.EUCLIDEAN else ()
    return wide_rows(
        graph,
        description,
        model.rows,
        samples,
        model.metric not in FROM_ORIGIN,
        bits=_bits(model.metric, model.rows.shape[1]),
        direct=direct,
    )


def _bits(metric: Metric, columns: int) -> int:
    if metric in (Metric.EUCLIDEAN, Metric.COSINE):
        return row_bits(columns)
    if metric is Metric.BRAYCURTIS:  # sums of gaps, 2^30 times, are below 2^62
        return min(MOST_OF_BITS, 31 - math.ceil(math.log2(columns)))
    return MOST_OF_BITS


def _power_tables(graph: GraphBuilder, exponent: float, columns: int) -> list[Tensor]:
    """Terms of (1 + f)^exponent, and the factors 2^(exponent * place), of one scale; see rule R16."""
    terms = power_terms(exponent)
    places = np.arange(GAP_BITS)
    logarithms = GAP_BITS - math.log2(columns) + exponent * (places - (GAP_BITS - 1.0))
    shifts = np.clip(np.floor(GAP_BITS - logarithms), 0, 62).astype(np.int64)
    factors = np.floor(2.0 ** (logarithms + shifts))
    return [
        graph.constant("terms of the power", terms),
        graph.constant("factors of places", factors),
        graph.constant("shifts of places", shifts),
    ]


def power_terms(exponent: float) -> NDArray[np.float64]:
    """The terms of a polynomial of f in [0, 1) that is (1 + f)^exponent, times what lets it stay below 2^31."""
    degree = MOST_TERMS - 1
    if exponent == round(exponent) and exponent <= degree:
        degree = round(exponent)
    near = Chebyshev.interpolate(lambda f: (1 + f) ** exponent, degree, domain=(0, 1))
    terms = near.convert(kind=Polynomial, domain=(-1, 1)).coef
    return np.floor(terms / np.abs(terms).sum() * (2.0**31 - 2 * MOST_TERMS))
