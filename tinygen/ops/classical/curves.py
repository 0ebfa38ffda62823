"""Functions of int32 numbers by straight lines between points. Rule V4 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

STEP_BITS = 15
"""Of the width of a line and of a rise: their product fits in int32."""

MOST_RISE = 2**STEP_BITS - 1
MOST_WIDE = 2**29


@dataclass(frozen=True, kw_only=True)
class Curves(ClassicalOperator):
    """y[k] = what the line between points i and i + 1 of curve k has at x[k], positions[i] <= x[k] < positions[i + 1]

    Inputs: x [1, K], int32; positions [P], int32, rising within a curve; values [P], int16, of which neighbours differ
    by 15 bits; counts [K], int16: how many points each curve has, one after the other. Beyond its ends a curve is flat.
    On a line, y = v[i] + (v[i + 1] - v[i]) * ((x - p[i]) >> s) / ((p[i + 1] - p[i]) >> s), the quotient rounded
    towards 0, with the least s for which the divisor has 15 bits or less. Values may be int32 up to 2^29: then y is
    int32, s = 0, and products have 64 bits.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 4)
        expect_constants(self, inputs, 1)
        x, positions, values, counts = inputs
        numbers = counts.data.astype(np.int64)
        complete = counts.shape == (x.channels,) and numbers.sum() == positions.size
        if not complete or positions.shape != values.shape or numbers.min() < 1:
            raise unsupported(self, inputs, "points of other curves", "one point or more for each")
        starts = np.cumsum(numbers)[:-1]
        if any((np.diff(p.astype(np.int64)) <= 0).any() for p in np.split(positions.data, starts)):
            raise unsupported(self, inputs, "positions that do not rise", "rising positions")
        if values.dtype is DType.INT32 and np.abs(values.data.astype(np.int64)).max() <= MOST_WIDE:
            return (x.shape,)
        if values.dtype is not DType.INT16:
            raise unsupported(self, inputs, f"values {values.describe()}", "int16, int32 to 2^29")
        rises = [np.abs(np.diff(v.astype(np.int64))) for v in np.split(values.data, starts)]
        if max(int(r.max(initial=0)) for r in rises) > MOST_RISE:
            raise unsupported(self, inputs, "values that rise too much at once", "15 bits")
        return (x.shape,)

    def check_integer(self, call: Call) -> None:
        if call.output.dtype is not call.inputs[2].dtype:
            raise call.unsupported(f"makes {call.output.describe()}", "the type of the values")

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        bits = 64 if inputs[2].dtype == np.int32 else STEP_BITS
        x, positions, values, counts = (a.astype(np.int64) for a in inputs)
        starts = np.cumsum(counts)[:-1]
        curves = zip(np.split(positions, starts), np.split(values, starts), strict=True)
        columns = [self._curve(x[:, k], p, v, bits) for k, (p, v) in enumerate(curves)]
        return np.stack(columns, axis=1).astype(call.output.dtype.numpy)

    def _curve(
        self,
        x: NDArray[np.int64],
        positions: NDArray[np.int64],
        values: NDArray[np.int64],
        bits: int,
    ) -> NDArray[np.int64]:
        if len(positions) == 1:
            return np.full(len(x), values[0])
        x = np.clip(x, positions[0], positions[-1])
        i = np.clip(np.searchsorted(positions, x, side="right") - 1, 0, len(positions) - 2)
        widths = np.diff(positions)
        shifts = np.array([max(int(w).bit_length() - bits, 0) for w in widths])[i]
        product = np.diff(values)[i] * ((x - positions[i]) >> shifts)
        quotient = np.abs(product) // (widths[i] >> shifts)
        return values[i] + np.sign(product) * quotient

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        values, counts = (t.data.astype(np.int64) for t in call.inputs[2:])
        curves = np.split(values, np.cumsum(counts)[:-1])
        low, high = [c.min() for c in curves], [c.max() for c in curves]
        return (Range(low=np.array(low), high=np.array(high)),)
