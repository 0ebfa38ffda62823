"""The stored rows nearest to a row, by measures of 64 bits. Rules R15 and R16 of ARITHMETIC.md."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.stored_rows import expect_rows

LARGEST_FEATURE = 2**28
LARGEST_MEASURE = 2**62
SHARE_BITS = 30
"""Of a quotient of gaps and sizes, behind the point."""

POWER_BITS = 30
"""Of the power of a number from 1 to 2, times a scale, that a polynomial gives."""

GAP_BITS = 30
"""A gap of features is below 2^30."""


class WideMeasure(enum.Enum):
    """A number for two rows; the smaller it is, the more alike they are."""

    SQUARED = "squared"
    """sum over k of (x[k] - s[k])^2"""

    MANHATTAN = "manhattan"
    """sum over k of |x[k] - s[k]|"""

    CHEBYSHEV = "chebyshev"
    """the largest |x[k] - s[k]|"""

    PRODUCT = "product"
    """-(sum over k of x[k] * s[k])"""

    CANBERRA = "canberra"
    """sum over k of floor(2^30 * |x[k] - s[k]| / (|x[k]| + |s[k]|)); 0 / 0 = 0"""

    BRAYCURTIS = "braycurtis"
    """floor(2^30 * (sum over k of |x[k] - s[k]|) / (sum over k of |x[k] + s[k]|)); of sums of 0: 0"""

    POWER = "power"
    """sum over k of power(|x[k] - s[k]|)"""


def power(
    gaps: NDArray[np.int64], terms: NDArray, factors: NDArray, shifts: NDArray
) -> NDArray[np.int64]:
    """Powers of gaps from 0 to 2^30 - 1, rule R16: a polynomial of the leading bits, times a factor for their place."""
    places = np.frexp(gaps.astype(np.float64))[1] - 1  # exact: gaps have 30 bits
    leading = (gaps << (GAP_BITS - np.maximum(places, 0))) - 2**GAP_BITS
    found = np.full_like(gaps, int(terms[-1]))
    for term in terms[-2::-1]:
        found = (found * leading >> GAP_BITS) + int(term)
    place = np.maximum(places, 0)
    scaled = found * factors.astype(np.int64)[place] >> shifts.astype(np.int64)[place]
    return np.where(gaps == 0, 0, scaled)


@dataclass(frozen=True, kw_only=True)
class WideNearestRows(ClassicalOperator):
    """y = the `count` least measures of x and a stored row, least first, >> s, and then the indices of these rows

    s is `shift`, or, where that is None, the least with which all of these measures fit in int32.
    Inputs: x [1, K], int16 (squared measures only) or int32; rows [N, K] of the same type, all within 2^28; of powers
    then the terms of a polynomial [T], factors and shifts of places [30], int32. Output: [1, 2 * count], int32. Of
    rows that are equally near the first comes first.
    """

    count: int
    measure: WideMeasure = WideMeasure.SQUARED
    shift: int | None = None

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        is_power, is_squared = (
            self.measure is WideMeasure.POWER,
            self.measure is WideMeasure.SQUARED,
        )
        types = (DType.INT16, DType.INT32) if is_squared else (DType.INT32,)
        self.expect_row(inputs, types, 5 if is_power else 2)
        expect_constants(self, inputs, 1)
        expect_rows(self, inputs)
        if not 1 <= self.count <= inputs[1].shape[0]:
            raise unsupported(self, inputs, f"{self.count} neighbours", "1 to all stored rows")
        if self.shift is not None and not 0 <= self.shift <= 62:
            raise unsupported(self, inputs, f"a shift of {self.shift}", "shifts to 62")
        if is_power and any(t.shape != (GAP_BITS,) for t in inputs[3:]):
            raise unsupported(self, inputs, "other tables of powers", f"{GAP_BITS} places")
        return ((1, 2 * self.count),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, rows = (a.astype(np.int64) for a in inputs[:2])
        found = np.stack([self._nearest(self.measures(row, rows, inputs[2:])) for row in x])
        return found.astype(np.int32)

    def _nearest(self, measures: NDArray[np.int64]) -> NDArray[np.int64]:
        nearest = np.argsort(measures, kind="stable")[: self.count]
        least = measures[nearest]
        return np.concatenate([least >> self._shift_of(int(least[0]), int(least[-1])), nearest])

    def _shift_of(self, first: int, last: int) -> int:
        if self.shift is not None:
            return self.shift
        shift = 0
        while last >> shift > 2**31 - 1 or first >> shift < -(2**31):
            shift += 1
        return shift

    def measures(
        self, x: NDArray[np.int64], rows: NDArray[np.int64], tables: Sequence[NDArray] = ()
    ) -> NDArray[np.int64]:
        """The measures of a row [K] and all stored rows [N, K]."""
        if self.measure is WideMeasure.PRODUCT:
            return -(rows @ x)
        gaps = np.abs(x - rows)
        match self.measure:
            case WideMeasure.SQUARED:
                return (gaps * gaps).sum(axis=1)
            case WideMeasure.CHEBYSHEV:
                return gaps.max(axis=1)
            case WideMeasure.CANBERRA:
                sizes = np.maximum(np.abs(x) + np.abs(rows), 1)
                return ((gaps << SHARE_BITS) // sizes).sum(axis=1)
            case WideMeasure.BRAYCURTIS:
                sizes = np.abs(x + rows).sum(axis=1)
                shares = (gaps.sum(axis=1) << SHARE_BITS) // np.maximum(sizes, 1)
                return np.where(sizes == 0, 0, shares)
            case WideMeasure.POWER:
                terms, factors, shifts = (t.astype(np.int64) for t in tables)
                return power(gaps, terms, factors, shifts).sum(axis=1)
        return gaps.sum(axis=1)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        most = self._largest(call, inputs[0])
        if most >= LARGEST_MEASURE or (self.shift is not None and most >> self.shift >= 2**31):
            raise call.unsupported("distances can leave their integers", "features of fewer bits")
        last = call.inputs[1].shape[0] - 1
        low = -(2**31) if self.measure is WideMeasure.PRODUCT else 0
        n = self.count
        return (Range(low=np.repeat([low, 0], n), high=np.repeat([2**31 - 1, last], n)),)

    def _largest(self, call: Call, x: Range) -> int:
        """A bound of all measures, and of what they are made of."""
        rows = call.inputs[1].data.astype(object)
        low, high = x.low.astype(object), x.high.astype(object)
        largest = np.maximum(abs(low), abs(high))
        if max(abs(rows).max(), largest.max()) > LARGEST_FEATURE:
            raise call.unsupported("features leave 2^28", "features of fewer bits")
        gaps = np.maximum(abs(high - rows), abs(rows - low))
        match self.measure:
            case WideMeasure.SQUARED:
                return int(max((gaps**2).sum(axis=1)))
            case WideMeasure.PRODUCT:
                return int(max((abs(rows) * largest).sum(axis=1)))
            case WideMeasure.CANBERRA:
                return rows.shape[1] << SHARE_BITS
            case WideMeasure.BRAYCURTIS:
                return int(max(gaps.sum(axis=1))) << SHARE_BITS
            case WideMeasure.POWER:
                return self._largest_power(call)
        return int(max(gaps.sum(axis=1)))

    def _largest_power(self, call: Call) -> int:
        """Of any gap of 30 bits, if the polynomial, and all of its parts, stay below 2^31."""
        terms, factors, shifts = (t.data.astype(object) for t in call.inputs[2:])
        if (
            sum(abs(terms)) + len(terms) >= 2**31
            or min(factors) < 0
            or min(shifts) < 0
            or max(shifts) > 62
        ):
            raise call.unsupported("terms of a power out of range", "see rule R16")
        most = max(2**31 * f >> s for f, s in zip(factors, shifts, strict=True))
        return int(most) * call.inputs[1].shape[1]
