"""Rewrites in real numbers: transformers disappear into the model behind them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.description import Columns, Linear, Matrix, Rows, Transform, Trees
from tinygen.ir import DType
from tinygen.ops.classical.operator import float_of_order, float_order


def apply(transforms: Sequence[Transform], x: Rows) -> Rows:
    """The rows behind all transformers."""
    for transform in transforms:
        is_matrix = isinstance(transform, Matrix)
        x = x @ transform.weights.T + transform.bias if is_matrix else transform.apply(x)
    return x


def as_matrix(transforms: Sequence[Transform], features: int) -> Matrix | None:
    """All transformers as one matrix on the raw features; None where one is not affine."""
    weights, bias = np.eye(features), np.zeros(features)
    for transform in transforms:
        step = _affine(transform, len(bias))
        if step is None:
            return None
        weights, bias = step.weights @ weights, step.weights @ bias + step.bias
    return Matrix(weights=weights, bias=bias)


def _affine(transform: Transform, columns: int) -> Matrix | None:
    if isinstance(transform, Matrix):
        return transform
    if not isinstance(transform, Columns) or transform.factors is None:
        return None
    weights = np.zeros((len(transform.sources), columns))
    weights[np.arange(len(weights)), transform.sources] = transform.factors
    return Matrix(weights=weights, bias=transform.offsets)


def collapse(linear: Linear, before: Matrix) -> Linear:
    """A linear model on the raw features instead of on those behind a matrix."""
    return Linear(
        weights=linear.weights @ before.weights, bias=linear.weights @ before.bias + linear.bias
    )


def works_by_columns(transforms: Sequence[Transform]) -> bool:
    """True where every column behind the transformers is a monotone function of one raw feature."""
    return all(isinstance(t, Columns) and t.signs.all() for t in transforms)


def ordered_trees(
    trees: Trees, transforms: Sequence[Columns], features: int, dtype: DType
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_] | None]:
    """Features, thresholds and children of comparisons on raw features of a type: exactly the same decisions.

    And which of them send NaN left, where that is known.

    A comparison `f(x) <= t`, f monotone, is `x <= t'` for the largest x that passes, where f rises, and the other way
    round where it falls. t' is found by bisection over all numbers of the type, through the transformers themselves:
    whatever rounding they do is taken over. Thresholds are numbers of the order of T1; they may be one less than the
    least number of the type: then no x passes.
    """
    sources, signs = np.arange(features), np.ones(features, np.int64)
    for transform in transforms:
        sources, signs = sources[transform.sources], signs[transform.sources] * transform.signs
    raw, rising = sources[trees.features], signs[trees.features] > 0

    def goes_left(order: NDArray[np.int64]) -> NDArray[np.bool_]:
        rows = np.zeros((len(order), features))
        rows[np.arange(len(order)), raw] = _numbers(order, dtype)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            seen = apply(transforms, rows)[np.arange(len(order)), trees.features]
            number = seen.astype(trees.number)
        left = number < trees.thresholds if trees.is_strict else number <= trees.thresholds
        return left if rising.all() else np.where(rising, left, ~left)

    low, high = _limits(dtype)
    least = np.full(len(raw), low - 1, np.int64)  # passes, or nothing does
    most = np.full(len(raw), high + 1, np.int64)  # does not pass
    while (most - least > 1).any():
        middle = (least + most) // 2
        inside = most - least > 1
        passes = goes_left(np.clip(middle, low, high))
        least = np.where(inside & passes, middle, least)
        most = np.where(inside & ~passes, middle, most)
    children = np.where(rising[:, None], trees.children, trees.children[:, ::-1])
    missing = trees.missing_left
    return raw, least, children, None if missing is None else np.where(rising, missing, ~missing)


def _limits(dtype: DType) -> tuple[int, int]:
    """The least and largest finite number of a type in the order of T1."""
    if dtype is DType.FLOAT32:
        ends = float_order(np.array([-np.finfo(np.float32).max, np.finfo(np.float32).max]))
        return int(ends[0]), int(ends[1])
    return dtype.limits


def _numbers(order: NDArray[np.int64], dtype: DType) -> NDArray[np.float64]:
    values = float_of_order(order) if dtype is DType.FLOAT32 else order
    return values.astype(np.float64)
