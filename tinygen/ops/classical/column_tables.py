"""Functions of features by a table for each, and straight lines between its entries. Rule U2 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

MOST_SHIFT = 14
"""Of the width of a segment: its product with a difference of two int16 fits in int32."""


@dataclass(frozen=True, kw_only=True)
class ColumnTables(ClassicalOperator):
    """y[k] = t[i] + ((t[i + 1] - t[i]) * f >> shifts[k]) with t the table of column k, i = p >> shifts[k],
    f = p mod 2^shifts[k], p = clamp(x[sources[k]] - firsts[k], 0, (segments[k] << shifts[k]) - 1)

    Inputs: x [1, F], int8 or int16; sources, shifts and segments [K], int16; firsts [K], int32; entries, int16:
    segments[k] + 1 of them for column k, one column after the other.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 6)
        expect_constants(self, inputs, 1)
        x, sources, shifts, segments, firsts, entries = inputs
        if len({t.shape for t in inputs[1:5]}) != 1 or len(sources.shape) != 1:
            raise unsupported(self, inputs, "constants of other lengths", "[K] each")
        if sources.data.min() < 0 or sources.data.max() >= x.channels:
            raise unsupported(self, inputs, "no such feature", f"features below {x.channels}")
        counts = segments.data.astype(np.int64)
        is_whole = counts.min() >= 1 and entries.shape == ((counts + 1).sum(),)
        if not is_whole or entries.dtype is not DType.INT16:
            raise unsupported(
                self, inputs, f"entries {entries.describe()}", "segments + 1 of int16"
            )
        widest = np.abs(firsts.data.astype(np.int64)).max()
        if shifts.data.min() < 0 or shifts.data.max() > MOST_SHIFT or widest > 2**30:
            raise unsupported(self, inputs, "shifts or firsts out of range", f"0 to {MOST_SHIFT}")
        if (counts << shifts.data.astype(np.int64)).max() > 2**30:
            raise unsupported(self, inputs, "a table of more than 2^30 places", "smaller shifts")
        return ((1, sources.size),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x, sources, shifts, segments, firsts, entries = (a.astype(np.int64) for a in inputs)
        place = np.clip(x[:, sources] - firsts, 0, (segments << shifts) - 1)
        index, fraction = place >> shifts, place & ((1 << shifts) - 1)
        index = index + _starts(segments)
        start, end = entries[index], entries[index + 1]
        return (start + ((end - start) * fraction >> shifts)).astype(np.int16)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        segments, entries = (call.inputs[i].data.astype(np.int64) for i in (3, 5))
        starts = _starts(segments)
        return (
            Range(
                low=np.minimum.reduceat(entries, starts), high=np.maximum.reduceat(entries, starts)
            ),
        )


def _starts(segments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the tables begin."""
    return np.concatenate([[0], np.cumsum(segments + 1)[:-1]])
