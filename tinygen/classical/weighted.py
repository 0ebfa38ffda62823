"""Weighted sums of answers of members, in integers: JoinedRows and WeightedSums nodes.

Every column is brought near to 31 bits, whatever its scale was; weights have 15 bits and a power of two each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import Answer, Part
from tinygen.classical.members import Members
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.classical.weighted_sums import MOST_SHIFT, WeightedSums

SUM_BITS = 28
"""Of the largest sum: weights of columns of 31 bits are then below 1/2, as the operator wants them."""

INT16_MAX = 32767
FAR = 2
"""Numbers whose middle is more than so many times their range away from 0 are measured from it."""

TIES = 0.45
"""What breaks ties adds up to so much of the least difference between sums."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """An int32 row and the real number that 1 stands for in each of its columns."""

    tensor: Tensor
    scales: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Term:
    """A tensor times weights [outputs, columns]; `is_class`: its number says which column is 1, the others are 0."""

    tensor: Tensor
    weights: NDArray[np.float64]
    is_class: bool = False
    breaks_ties: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class _Columns:
    """Joined columns: the real numbers of 1 and of 0, the largest one, and what they add to the outputs."""

    units: NDArray[np.float64]
    zeros: NDArray[np.float64]
    reach: NDArray[np.float64]
    weights: NDArray[np.float64]
    ties: NDArray[np.bool_]


def scores_of(
    members: Members,
    name: str,
    parts: Sequence[Part],
    bias: NDArray[np.float64],
    *,
    own_scales: bool = False,
) -> Scores:
    """bias + the weighted answers of all parts; of one scale, or every output of its own."""
    terms = [
        Term(
            tensor=members.answer(part),
            weights=part.weights,
            is_class=part.answer is Answer.CLASSES,
            breaks_ties=part.breaks_ties,
        )
        for part in parts
    ]
    return combined(members, name, terms, bias, own_scales=own_scales)


def combined(
    members: Members,
    name: str,
    terms: Sequence[Term],
    bias: NDArray[np.float64],
    *,
    own_scales: bool = False,
) -> Scores:
    """bias + all terms; of one scale, or every output of its own."""
    if _is_copy(terms, bias):
        x = terms[0].tensor
        return Scores(tensor=x, scales=np.full(len(bias), x.quantization.scale))
    joined, columns = _joined(members, name, terms)
    weights = _with_small_ties(columns)
    bias = bias + weights @ columns.zeros
    scales = _scales(columns, weights, bias)
    exact = (_exact if own_scales else _common)(scales, columns, weights)
    scales = np.broadcast_to(exact, len(bias))
    factors = weights * columns.units / scales[:, None]
    scale = 1.0 if own_scales else float(scales[0])
    tensor = _sums(
        members.graph, name, joined, factors, bias / scales, scale, _far(members, joined, terms)
    )
    return Scores(tensor=tensor, scales=scales)


def _far(members: Members, joined: Tensor, terms: Sequence[Term]) -> NDArray[np.float64]:
    """The middles of joined columns that are met far from 0 only; 0 of others, and of classes."""
    is_class = np.concatenate([np.full(t.weights.shape[1], t.is_class) for t in terms])
    (met,) = members.values([joined])
    low, high = met.min(axis=0).astype(np.float64), met.max(axis=0).astype(np.float64)
    middles = (low + high) / 2
    return np.where(~is_class & (np.abs(middles) > FAR * (high - low)), middles, 0.0)


def _is_copy(terms: Sequence[Term], bias: NDArray[np.float64]) -> bool:
    if len(terms) > 1 or bias.any() or terms[0].is_class:
        return False
    x, weights = terms[0].tensor, terms[0].weights
    same = weights.shape == (x.channels, x.channels) and (weights == np.eye(x.channels)).all()
    return bool(same and x.dtype is DType.INT32 and not x.zero_point)


def as_int32(members: Members, name: str, x: Tensor) -> Tensor:
    """A row as int32, for operators that take no other."""
    if x.dtype is DType.INT32 and not x.zero_point:
        return x
    op = JoinedRows(pieces=(Piece(zero=x.zero_point),))
    return members.graph.node(name, op, [x], scale=x.quantization.scale)


def _joined(members: Members, name: str, terms: Sequence[Term]) -> tuple[Tensor, _Columns]:
    tensors = [term.tensor for term in terms]
    pieces, units, zeros, reach, weights, ties = [], [], [], [], [], []
    for term, x, bounds in zip(terms, tensors, members.ranges(tensors), strict=True):
        width = term.weights.shape[1]
        classes = width if term.is_class else 0
        if classes:
            largest, real, zero = np.ones(classes), 1.0, 0
            factor = 1 << 30
        else:
            zero = x.zero_point + _far_middle(bounds.low - x.zero_point, bounds.high - x.zero_point)
            largest = np.maximum(np.abs(bounds.low - zero), np.abs(bounds.high - zero))
            factor = 1 << int(np.clip(31 - int(largest.max()).bit_length(), 0, 30))
            real = x.quantization.scale
        pieces.append(Piece(zero=zero, factor=factor, classes=classes))
        units.append(np.full(width, real / factor))
        zeros.append(np.full(width, 0.0 if classes else (zero - x.zero_point) * real))
        reach.append(largest * real)
        weights.append(term.weights)
        ties.append(np.full(width, term.breaks_ties))
    joined = members.graph.node(f"{name}: answers", JoinedRows(pieces=tuple(pieces)), tensors)
    columns = _Columns(
        units=np.concatenate(units),
        zeros=np.concatenate(zeros),
        reach=np.concatenate(reach).astype(np.float64),
        weights=np.concatenate(weights, axis=1),
        ties=np.concatenate(ties),
    )
    return joined, columns


def _far_middle(low: NDArray[np.int64], high: NDArray[np.int64]) -> int:
    """The middle of numbers that are all far from 0, from which they have more bits; else 0."""
    least, most = int(low.min()), int(high.max())
    middle = (least + most) // 2
    return middle if abs(middle) > FAR * (most - least) else 0


def _with_small_ties(columns: _Columns) -> NDArray[np.float64]:
    """The weights; those of columns that only break ties so small that they do nothing else."""
    if not columns.ties.any():
        return columns.weights
    main = np.abs(columns.weights[:, ~columns.ties])
    least = main[main > 0].min()
    most = (np.abs(columns.weights) @ np.where(columns.ties, columns.reach, 0)).max()
    factor = TIES * least / max(most, 1e-300)
    return columns.weights * np.where(columns.ties, factor, 1.0)


def _scales(
    columns: _Columns, weights: NDArray[np.float64], bias: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The finest scale of every output with which its sums have SUM_BITS bits and its weights are below 1/2."""
    sums = np.abs(weights) @ columns.reach + np.abs(bias)
    steps = 4 * np.abs(weights * columns.units).max(axis=1)
    return np.maximum(np.maximum(sums, 1e-30) / 2.0**SUM_BITS, steps)


def _exact(
    scales: NDArray[np.float64], columns: _Columns, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Scales with which the largest weight of an output is a power of two: answers that are only copied stay exact."""
    products = np.abs(weights * columns.units).max(axis=1)
    most = np.where(products > 0, products, scales)
    return most * 2.0 ** np.ceil(np.log2(scales / most))


def _common(scales: NDArray[np.float64], columns: _Columns, weights: NDArray[np.float64]) -> float:
    """A scale for all outputs with which the least weight, and its multiples, are exact: equal sums stay equal."""
    products = np.abs(weights * columns.units)[:, ~columns.ties]
    least = float(products[products > 0].min()) if products.any() else 1.0
    scale = least * 2.0 ** np.ceil(np.log2(scales.max() / least))
    return float(np.float32(scale))


def each_scaled(
    graph: GraphBuilder, name: str, x: Tensor, factors: NDArray[np.float64], bias: NDArray
) -> Tensor:
    """factors[k] * integer of column k + bias[k], as int32 of one scale; x is int8 or int16."""
    largest = -float(x.dtype.limits[0])
    factor = 2**30 / largest
    joined = graph.node(f"{name}: joined", JoinedRows(pieces=(Piece(factor=int(factor)),)), [x])
    sums = np.abs(factors) * largest + np.abs(bias)
    scale = float(np.float32(max(float(sums.max()), 1e-30) / 2.0**SUM_BITS))
    return _sums(graph, name, joined, np.diag(factors / factor / scale), bias / scale, scale)


def _sums(
    graph: GraphBuilder,
    name: str,
    joined: Tensor,
    factors: NDArray[np.float64],
    bias: NDArray[np.float64],
    scale: float = 1.0,
    middles: NDArray[np.float64] | None = None,
) -> Tensor:
    """The node: outputs are factors times joined columns, plus a bias, all in integers of the output.

    What roundings of weights change where columns are at their `middles` goes into the bias.
    """
    outputs, columns = np.nonzero(factors)
    real = factors[outputs, columns]
    shifts = np.floor(np.log2(INT16_MAX / np.maximum(np.abs(real), 1e-300))).astype(np.int64) - 16
    shifts = np.clip(shifts, 0, MOST_SHIFT)
    weights = np.rint(real * 2.0 ** (16 + shifts)).astype(np.int64)
    if middles is not None:
        lost = (real - np.ldexp(weights, -(16 + shifts))) * middles[columns]
        bias = bias + np.bincount(outputs, lost, minlength=len(bias))
    kept = weights != 0
    counts = np.bincount(outputs[kept], minlength=len(bias))
    entries = [a[kept] if kept.any() else np.zeros(1, np.int64) for a in (columns, weights, shifts)]
    constants = [
        graph.constant(f"{name}: {what}", values, DType.INT16)
        for what, values in zip(("columns", "weights", "shifts"), entries, strict=True)
    ]
    constants += [
        graph.constant(f"{name}: counts", counts, DType.INT16),
        graph.constant(f"{name}: bias", np.rint(bias)),
    ]
    return graph.node(name, WeightedSums(), [joined, *constants], scale=scale)
