"""Answers of models, and features, as the features of another model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.description import Linear
from tinygen.classical.fixed_features import fixed_point, integer_features
from tinygen.classical.members import Members
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.fixed_point import MOST_OF_BITS
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.classical.scaled_features import ScaledFeatures

HEADROOM = 1.5
"""How far from the middle of the samples columns saturate, which are up to 1 from it: a quarter of their range more."""

INT16_MAX = 32767

NARROWED_MAX = 2**30
"""Columns that can be larger have no room for the middle of the samples to be taken from them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """A row of integers; column k stands for factors[k] * integer + offsets[k]."""

    tensor: Tensor
    factors: NDArray[np.float64]
    offsets: NDArray[np.float64]


def features_of(members: Members, *, is_fine: bool = False) -> Stage:
    """The features themselves; float32 ones in 16 bits, which saturate beyond the samples.

    If `is_fine`, in 28 bits: with these nearly all float32 numbers within the samples are exact.
    """
    x = members.graph.input
    if x.dtype is not DType.FLOAT32:
        count = x.channels
        return Stage(tensor=x, factors=np.ones(count), offsets=np.zeros(count))
    if not is_fine:
        return as_small_integers(members)
    identity = Linear(weights=np.eye(x.channels), bias=np.zeros(x.channels))
    q, units, _ = fixed_point(
        members.graph, identity, members.samples, MOST_OF_BITS, is_centered=False
    )
    return Stage(tensor=q, factors=np.diag(units.weights), offsets=units.bias)


def as_small_integers(members: Members) -> Stage:
    """The features in 16 bits, or 8 that they have; what is no int8 saturates beyond the samples."""
    x = members.graph.input
    if x.dtype is DType.INT32:
        (bounds,) = members.ranges([x])
        if max(bounds.high.max(), -bounds.low.min()) <= NARROWED_MAX:
            stage = Stage(tensor=x, factors=np.ones(x.channels), offsets=np.zeros(x.channels))
            return narrowed(members, stage)
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
    """The columns as int16 up to a reach, from the middle of the samples, and shifted as far as these demand."""
    (values,) = members.values([stage.tensor])
    values = values.astype(np.float64)
    least, most = values.min(axis=0), values.max(axis=0)
    (bounds,) = members.ranges([stage.tensor])
    # a shift of the columns must not leave int32, wherever they are
    middles = np.clip(
        np.rint((least + most) / 2), bounds.high - (2**31 - 1), bounds.low + (2**31 - 1)
    )
    largest = HEADROOM * np.maximum(most - middles, middles - least)
    shifts = [max(math.ceil(math.log2(max(m, 1.0) / reach)), 0) for m in largest]
    room = 2**31 - 1 - (bounds.high - middles)
    halves = np.minimum((1 << np.array(shifts)) >> 1, room)
    count = len(shifts)
    constants = [
        members.graph.constant(f"columns: {name}", column, dtype)
        for name, column, dtype in (
            ("sources", np.arange(count), DType.INT16),
            ("factors", np.ones(count), DType.INT16),
            ("offsets", halves - middles, DType.INT32),
            ("shifts", shifts, DType.INT16),
        )
    ]
    op = ScaledFeatures(reach=reach)
    tensor = members.graph.node("narrow", op, [stage.tensor, *constants], dtype=DType.INT16)
    return Stage(
        tensor=tensor,
        factors=stage.factors * 2.0 ** np.array(shifts),
        offsets=stage.offsets + stage.factors * middles,
    )
