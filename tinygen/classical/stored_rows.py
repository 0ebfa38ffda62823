"""Stored rows and the features that are compared with them, as integers of one scale."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import ONE, GraphBuilder
from tinygen.classical.description import Description, Linear, Matrix
from tinygen.classical.fixed_features import integer_features
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Quantization, Tensor
from tinygen.ops.classical.linear_scores import LinearScores
from tinygen.ops.classical.scaled_features import ScaledFeatures

INT8_REACH = 127
INT16_MAX = 32767
MARGIN = 0.25
"""By which part of their range features may leave that of the samples before they saturate, on each side."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredRows:
    """`features` q of the graph and `rows` r are integers with z = scale * q + origin, for both; z are real."""

    features: Tensor
    rows: Tensor
    scale: float
    origin: NDArray[np.float64]


def stored_rows(
    graph: GraphBuilder,
    description: Description,
    rows: NDArray[np.float64],
    samples: NDArray[np.float64],
    *,
    bits: int,
    is_centered: bool = True,
) -> StoredRows:
    """Integers of 8 or 16 bits for features behind all transformers, and for rows [N, columns] of such.

    Where raw features are integers that fit, and nothing transforms them, they stay as they are. `is_centered`: the
    origin may be anywhere, which only distances allow.
    """
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of stored rows is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    dtype = DType.INT8 if bits == 8 else DType.INT16
    reach = INT8_REACH if bits == 8 else reach_of_int16(rows.shape[1])
    if _is_direct(graph.input.dtype, dtype, before, rows, samples, reach):
        constant = graph.constant("stored rows", rows, dtype)
        origin = np.zeros(rows.shape[1])
        return StoredRows(features=graph.input, rows=constant, scale=1.0, origin=origin)
    scale, origin = common_scale(before, rows, samples, reach, is_centered)
    integers = np.clip(np.rint((rows - origin) / scale), -reach, reach)
    x = scaled_rows(graph, before, samples, scale, origin, dtype, reach)
    constant = graph.constant("stored rows", integers, dtype)
    return StoredRows(features=x, rows=constant, scale=scale, origin=origin)


def reach_of_int16(columns: int) -> int:
    """The largest number of 16 bits of which squared differences add up below 2^30."""
    return min(2**14 - 1, math.isqrt(2**30 // max(columns, 1)) // 2)


def _is_direct(
    given: DType,
    wanted: DType,
    before: Matrix,
    rows: NDArray[np.float64],
    samples: NDArray[np.float64],
    reach: int,
) -> bool:
    """True where raw features, as they are, are as good as any: int8, unchanged, none of them -128."""
    if given is not wanted or given is not DType.INT8 or before.bias.any():
        return False
    columns = rows.shape[1]
    same = before.weights.shape == (columns, columns) and (before.weights == np.eye(columns)).all()
    fits = max(np.abs(rows).max(), -samples.min()) <= reach
    return bool(same and fits and (rows == np.rint(rows)).all())


def common_scale(
    before: Matrix,
    rows: NDArray[np.float64],
    samples: NDArray[np.float64],
    reach: int,
    is_centered: bool,
) -> tuple[float, NDArray[np.float64]]:
    """The scale and the origin with which rows and samples, and a bit more, are within the reach."""
    behind = samples @ before.weights.T + before.bias
    both = np.concatenate([behind, rows])
    low, high = both.min(axis=0), both.max(axis=0)
    low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
    low, high = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    origin = (low + high) / 2 if is_centered else np.zeros(len(low))
    largest = float(np.maximum(np.abs(low - origin), np.abs(high - origin)).max())
    return max(largest / reach, 1e-30), origin


def scaled_rows(
    graph: GraphBuilder,
    before: Matrix,
    samples: NDArray[np.float64],
    scale: float,
    origin: NDArray[np.float64],
    dtype: DType,
    reach: int,
    quantization: Quantization = ONE,
) -> Tensor:
    """(z - origin) / scale, rounded and clamped; `quantization` is what the result is said to have."""
    wanted = Linear(weights=before.weights / scale, bias=(before.bias - origin) / scale)
    x, wanted, largest = integer_features(graph, wanted, samples)
    if (np.count_nonzero(wanted.weights, axis=1) > 1).any():
        x, shift = _projected(graph, x, wanted, largest)
        ones = np.ones(len(origin), np.int64)
        columns = _Columns(
            sources=np.arange(len(ones)), factors=ones, offsets=0 * ones, shifts=shift * ones
        )
    else:
        columns = _columns(wanted, largest)
    return _rescaled(graph, x, columns, reach, dtype, quantization)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Columns:
    """(x[source] * factor + offset) >> shift, without rounding."""

    sources: NDArray[np.int64]
    factors: NDArray
    offsets: NDArray
    shifts: NDArray[np.int64]


def _columns(wanted: Linear, largest: NDArray[np.float64]) -> _Columns:
    """Columns of one source each, as fine as int16 factors and int32 products allow.

    Factors too large even so belong to columns that were constant: any change saturates them. They are made smaller.
    """
    sources = np.abs(wanted.weights).argmax(axis=1)
    factors, offsets = wanted.weights[np.arange(len(sources)), sources], wanted.bias
    sizes = np.maximum(np.abs(factors), 1e-30)
    limits = np.minimum(
        (INT16_MAX - 1) / sizes, 2.0**30 / np.maximum(sizes * largest[sources], 1.0)
    )
    limits = np.minimum(limits, 2.0**29 / np.maximum(np.abs(offsets), 1.0))
    shifts = np.clip(np.floor(np.log2(limits)), 0, 30).astype(np.int64)
    smaller = np.minimum(limits, 1.0)
    return _Columns(
        sources=sources,
        factors=np.ldexp(factors * smaller, shifts),
        offsets=np.ldexp(offsets * smaller, shifts),
        shifts=shifts,
    )


def _rescaled(
    graph: GraphBuilder,
    x: Tensor,
    columns: _Columns,
    reach: int,
    dtype: DType,
    quantization: Quantization,
) -> Tensor:
    half = np.where(columns.shifts > 0, np.ldexp(0.5, columns.shifts), 0)
    constants = [
        graph.constant("feature sources", columns.sources, DType.INT16),
        graph.constant("feature factors", np.rint(columns.factors), DType.INT16),
        graph.constant("feature offsets", np.rint(columns.offsets + half)),
        graph.constant("feature shifts", columns.shifts, DType.INT16),
    ]
    return graph.node(
        "scaled features",
        ScaledFeatures(reach=reach),
        [x, *constants],
        dtype=dtype,
        scale=quantization.scale,
        zero_point=quantization.zero_point,
    )


def _projected(
    graph: GraphBuilder, x: Tensor, linear: Linear, largest: NDArray[np.float64]
) -> tuple[Tensor, int]:
    """A matrix times the features, 2^shift times too large; and that shift."""
    sums = np.abs(linear.weights) @ largest + np.abs(linear.bias)
    step = max(float(np.abs(linear.weights).max()) / INT16_MAX, float(sums.max()) / 2.0**30)
    shift = min(30, math.floor(-math.log2(step)))
    if shift < 0:
        raise UnsupportedError(what="a projection in front of stored rows has too wide a range")
    constants = [
        graph.constant("projection", np.rint(np.ldexp(linear.weights, shift)), DType.INT16),
        graph.constant("projection bias", np.rint(np.ldexp(linear.bias, shift))),
    ]
    return graph.node("projected features", LinearScores(), [x, *constants]), shift
