"""Answers of models, and features, as the features of another model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.description import Columns, Linear, Matrix, Transform
from tinygen.classical.fixed_features import integer_features
from tinygen.classical.members import Members
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.classical.scaled_features import ScaledFeatures

HEADROOM = 1.25
"""Columns saturate beyond the largest of the samples times this."""

INT16_MAX = 32767


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """A row of integers; column k stands for factors[k] * integer + offsets[k]."""

    tensor: Tensor
    factors: NDArray[np.float64]
    offsets: NDArray[np.float64]


def features_of(members: Members) -> Stage:
    """The features themselves; float32 ones in 16 bits, which saturate beyond the samples."""
    x = members.graph.input
    if x.dtype is not DType.FLOAT32:
        count = x.channels
        return Stage(tensor=x, factors=np.ones(count), offsets=np.zeros(count))
    identity = Linear(weights=np.eye(x.channels), bias=np.zeros(x.channels))
    q, units, _ = integer_features(members.graph, identity, members.samples)
    return Stage(tensor=q, factors=np.diag(units.weights), offsets=units.bias)


def joined(members: Members, stages: Sequence[Stage]) -> Stage:
    """The columns of all, as one int32 row."""
    if len(stages) == 1 and stages[0].tensor.dtype is DType.INT32:
        return stages[0]
    op = JoinedRows(pieces=(Piece(),) * len(stages))
    return Stage(
        tensor=members.graph.node("columns", op, [s.tensor for s in stages]),
        factors=np.concatenate([s.factors for s in stages]),
        offsets=np.concatenate([s.offsets for s in stages]),
    )


def narrowed(members: Members, stage: Stage, reach: int = INT16_MAX) -> Stage:
    """The columns as int16 up to a reach, each shifted as far as the samples demand."""
    (values,) = members.values([stage.tensor])
    largest = HEADROOM * np.abs(values.astype(np.float64)).max(axis=0)
    shifts = [max(math.ceil(math.log2(max(m, 1.0) / reach)), 0) for m in largest]
    (bounds,) = members.ranges([stage.tensor])
    room = 2**31 - 1 - bounds.high
    halves = np.minimum((1 << np.array(shifts)) >> 1, room)
    count = len(shifts)
    constants = [
        members.graph.constant(f"columns: {name}", column, dtype)
        for name, column, dtype in (
            ("sources", np.arange(count), DType.INT16),
            ("factors", np.ones(count), DType.INT16),
            ("halves", halves, DType.INT32),
            ("shifts", shifts, DType.INT16),
        )
    ]
    op = ScaledFeatures(reach=reach)
    tensor = members.graph.node("narrow", op, [stage.tensor, *constants], dtype=DType.INT16)
    return replace(stage, tensor=tensor, factors=stage.factors * 2.0 ** np.array(shifts))


def beside(
    transforms: Sequence[Transform], features: int, *, before: int = 0, behind: int = 0
) -> tuple[Transform, ...]:
    """Transformers that leave some columns before and behind the features as they are."""
    found = []
    for transform in transforms:
        if isinstance(transform, Matrix):
            found.append(_matrix_beside(transform, before, behind))
            features = len(transform.bias)
        elif isinstance(transform, Columns):
            found.append(_columns_beside(transform, features, before, behind))
            features = len(transform.sources)
        else:
            raise UnsupportedError(
                what=f"features behind a {type(transform).__name__} cannot be given on",
                next_step="supported: scalers, selection and projections",
            )
    return tuple(found)


def _matrix_beside(transform: Matrix, before: int, behind: int) -> Matrix:
    rows, columns = transform.weights.shape
    weights = np.eye(before + rows + behind, before + columns + behind)
    weights[before:, before:] = 0
    weights[before : before + rows, before : before + columns] = transform.weights
    weights[before + rows :, before + columns :] = np.eye(behind)
    bias = np.concatenate([np.zeros(before), transform.bias, np.zeros(behind)])
    return Matrix(weights=weights, bias=bias)


def _columns_beside(transform: Columns, features: int, before: int, behind: int) -> Columns:
    end = before + features

    def apply(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        middle = transform.apply(rows[:, before:end])
        return np.concatenate([rows[:, :before], middle, rows[:, end:]], axis=1)

    def extended(middle: NDArray | None, value: float) -> NDArray | None:
        if middle is None:
            return None
        return np.concatenate([np.full(before, value), middle, np.full(behind, value)])

    own = [np.arange(before), transform.sources + before, np.arange(behind) + end]
    return Columns(
        sources=np.concatenate(own),
        signs=extended(transform.signs, 1).astype(np.int64),
        apply=apply,
        factors=extended(transform.factors, 1.0),
        offsets=extended(transform.offsets, 0.0),
    )
