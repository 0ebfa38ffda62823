"""What operators share that compare a row with stored rows. Rule R2 of ARITHMETIC.md."""

import enum
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Operator, Range, Tensor
from tinygen.ops.checks import unsupported

LEAST_INT8 = -127
"""int8 features below count as this one: so that kernels can have products of 16 bits."""

MOST_ROWS, MOST_FEATURES = 0xFFFF, 8192

MOST = 2**30 + 2**29
"""What measures, norms and products stay below."""

WIDE_SHIFT = 30
"""By which squared measures of int32 features, which have 60 bits, are shifted down."""

LARGEST_INT32 = 2**28
"""Of features of int32."""

BATCH = 64
"""Rows of data that are evaluated at once: of these, tables of all differences exist."""


class Measure(enum.Enum):
    """A number for two rows; of all but the product the smaller it is, the more alike they are."""

    SQUARED = "squared"
    """sum over k of (x[k] - s[k])^2"""

    MANHATTAN = "manhattan"
    """sum over k of |x[k] - s[k]|"""

    CHEBYSHEV = "chebyshev"
    """the largest |x[k] - s[k]|"""

    HAMMING = "hamming"
    """the number of k with x[k] != s[k]"""

    PRODUCT = "product"
    """-(sum over k of x[k] * s[k])"""

    @property
    def is_quadratic(self) -> bool:
        """True where it is made of products, not of single differences."""
        return self in (Measure.SQUARED, Measure.PRODUCT)


def measured(measure: Measure, x: NDArray, rows: NDArray) -> NDArray[np.int64]:
    """The measure of every row of x [batch, K] and every stored row [N, K]: [batch, N].

    Squared ones of int32 are shifted down by 30 bits.
    """
    if x.dtype == np.int32 and measure is Measure.SQUARED:
        return measured(measure, x.astype(np.int64), rows) >> WIDE_SHIFT
    least = LEAST_INT8 if x.dtype == np.int8 else np.iinfo(x.dtype).min
    x, rows = np.maximum(x.astype(np.int64), least), rows.astype(np.int64)
    if measure is Measure.PRODUCT:
        return -(x @ rows.T)
    found = [_differences(measure, x[i : i + BATCH], rows) for i in range(0, len(x), BATCH)]
    return np.concatenate(found)


def _differences(measure: Measure, x: NDArray, rows: NDArray) -> NDArray[np.int64]:
    if measure is Measure.SQUARED:
        return (x**2).sum(1)[:, None] - 2 * (x @ rows.T) + (rows**2).sum(1)
    gaps = np.abs(x[:, None, :] - rows)
    if measure is Measure.HAMMING:
        return (gaps != 0).sum(2)
    return gaps.sum(2) if measure is Measure.MANHATTAN else gaps.max(2)


def features_range(call: Call, known: Range | None = None) -> Range:
    """Bounds of the features: the known ones, else from the analysis of the graph, else from their type."""
    x = call.inputs[0]
    known = known or (call.input_ranges[0] if call.input_ranges else None)
    if known is None:
        known = Range.full(x.channels, *x.dtype.limits)
    if x.dtype is DType.INT8:
        known = Range(
            low=np.maximum(known.low, LEAST_INT8), high=np.maximum(known.high, LEAST_INT8)
        )
    return known


def measure_bounds(call: Call, measure: Measure, known: Range | None) -> tuple[int, int]:
    """Safe bounds of the measures of all stored rows.

    Raises UnsupportedError where these, or what they are made of, do not stay in int32 with room to spare.
    """
    x, rows = features_range(call, known), call.inputs[1].data.astype(np.int64)
    if call.inputs[0].dtype is DType.INT32:
        return _wide_bounds(call, measure, x, rows)
    low, high = _bounds(measure, x, rows)
    parts = [abs(low), abs(high)]
    if measure.is_quadratic:
        largest = np.maximum(np.abs(x.low), np.abs(x.high))
        parts += [(largest**2).sum(), (rows**2).sum(1).max(), (np.abs(rows) @ largest).max()]
    if max(parts) >= MOST:
        raise call.unsupported("distances can leave int32", "features of fewer bits")
    return low, high


def _wide_bounds(
    call: Call, measure: Measure, x: Range, rows: NDArray[np.int64]
) -> tuple[int, int]:
    """The same of int32 features, which must be within 2^28."""
    largest = max(int(np.abs(rows).max()), int(-x.low.min()), int(x.high.max()))
    gap, columns = 2 * largest, rows.shape[1]
    most = {
        Measure.SQUARED: columns * gap**2 >> WIDE_SHIFT,
        Measure.MANHATTAN: columns * gap,
        Measure.CHEBYSHEV: gap,
    }[measure]
    if largest > LARGEST_INT32 or most >= MOST:
        raise call.unsupported("distances can leave int32", "features of fewer bits")
    return 0, most


def _bounds(measure: Measure, x: Range, rows: NDArray[np.int64]) -> tuple[int, int]:
    if measure is Measure.PRODUCT:
        ends = np.stack([x.low * rows, x.high * rows])
        return int(-ends.max(0).sum(1).max()), int(-ends.min(0).sum(1).min())
    if measure is Measure.HAMMING:
        return 0, rows.shape[1]
    gaps = np.maximum(np.abs(x.high - rows), np.abs(rows - x.low))
    if measure is Measure.CHEBYSHEV:
        return 0, int(gaps.max())
    return 0, int((gaps if measure is Measure.MANHATTAN else gaps**2).sum(1).max())


def expect_rows(op: Operator, inputs: Sequence[Tensor]) -> None:
    """Raise UnsupportedError unless input 1 holds rows [N, K] of the type of input 0; N fits in 16 bits."""
    x, rows = inputs[0], inputs[1]
    if len(rows.shape) != 2 or rows.shape[1] != x.channels or rows.dtype is not x.dtype:
        raise unsupported(
            op,
            inputs,
            f"stored rows {rows.describe()}",
            f"rows [N, {x.channels}] of {x.dtype.value}",
        )
    if not 1 <= rows.shape[0] <= MOST_ROWS or not 1 <= rows.shape[1] <= MOST_FEATURES:
        limits = f"{MOST_ROWS} rows of {MOST_FEATURES} features"
        raise unsupported(op, inputs, f"stored rows {rows.describe()}", f"up to {limits}")
    if rows.dtype is DType.INT8 and rows.data.min() < LEAST_INT8:
        raise unsupported(op, inputs, "a stored row holds -128", "int8 from -127")
