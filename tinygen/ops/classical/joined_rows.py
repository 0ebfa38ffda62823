"""Answers of several models in one row. Rule V1 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import unsupported
from tinygen.ops.classical.operator import ClassicalOperator

TYPES = (DType.INT8, DType.INT16, DType.INT32)
MOST_COLUMNS = 32767


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What an input becomes: (x[k] - zero) * factor; or with `classes` columns 0, but `factor` in column x[0]."""

    zero: int = 0
    factor: int = 1
    classes: int = 0

    def columns(self, x: Tensor) -> int:
        return self.classes or x.channels


@dataclass(frozen=True, kw_only=True)
class JoinedRows(ClassicalOperator):
    """y = the pieces, one behind the other

    Inputs: rows [1, K] of int8, int16 or int32, one for each piece; those of pieces with classes [1, 1] and int32.
    """

    pieces: tuple[Piece, ...]

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        if len(inputs) != len(self.pieces) or not inputs:
            raise unsupported(self, inputs, f"{len(inputs)} inputs", f"{len(self.pieces)} inputs")
        for tensor, piece in zip(inputs, self.pieces, strict=True):
            is_row = len(tensor.shape) == 2 and tensor.shape[0] == 1 and not tensor.is_constant
            is_class = not piece.classes or (tensor.channels, tensor.dtype) == (1, DType.INT32)
            if not is_row or tensor.dtype not in TYPES or not is_class or piece.factor < 1:
                raise unsupported(self, inputs, f"an input {tensor.describe()}", "rows of integers")
        columns = sum(p.columns(t) for p, t in zip(self.pieces, inputs, strict=True))
        if columns > MOST_COLUMNS:
            raise unsupported(self, inputs, f"{columns} columns", f"up to {MOST_COLUMNS}")
        return ((1, columns),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        found = [
            self._joined(p, x.astype(np.int64)) for p, x in zip(self.pieces, inputs, strict=True)
        ]
        return np.concatenate(found, axis=1).astype(np.int32)

    def _joined(self, piece: Piece, x: NDArray[np.int64]) -> NDArray[np.int64]:
        if piece.classes:
            return (x == np.arange(piece.classes)) * piece.factor
        return (x - piece.zero) * piece.factor

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        low, high = [], []
        for piece, x in zip(self.pieces, inputs, strict=True):
            if piece.classes:
                low.append(np.zeros(piece.classes, np.int64))
                high.append(np.full(piece.classes, piece.factor, np.int64))
            else:
                low.append((x.low - piece.zero) * piece.factor)
                high.append((x.high - piece.zero) * piece.factor)
        found = Range(low=np.concatenate(low), high=np.concatenate(high))
        if found.low.min() < INT32_MIN or found.high.max() > INT32_MAX:
            raise call.unsupported("a joined column can leave int32", "smaller factors")
        return (found,)
