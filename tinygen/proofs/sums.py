"""The sum of two scaled int8 values by one product each, proved by looking at all 65,536 pairs.

    z = clamp((floor(a * x / 2**dropped) + floor(b * y / 2**dropped) + bias) >> shift, low, high)

For given factors a and b every pair bounds the bias from below or from above; a bias between the bounds is the proof.
The lowest bias minus the highest one is, but for the floors, a maximum of linear functions of a and b, and therefore
convex: every pair of factors that fails has a half-plane behind it in which all others fail as well. So the search
halves an area around the factors of the definition until it finds some that work, or nothing is left.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Integers

VALUES = np.arange(-128, 128, dtype=np.int64)

MOST_CUTS = 60
"""Each leaves less than two thirds of the area: at the end it is below 2**-35 of what it was."""

FRACTION = 2.0**-9
"""How far the factors may lie from those of the definition, relatively."""

MOST_SHIFT = 24


@dataclass(frozen=True, kw_only=True)
class Sum:
    """A proved form; all of it fits in int32, partial sums included."""

    a: int
    b: int
    bias: int
    shift: int
    dropped: int
    low: int
    high: int

    def apply(self, x: Integers, y: Integers) -> Integers:
        """What the form gives: the model of the C."""
        total = (self.a * x >> self.dropped) + (self.b * y >> self.dropped) + self.bias
        return np.clip(total >> self.shift, self.low, self.high)


def prove_sum(
    table: NDArray[np.int8],
    a: float,
    b: float,
    *,
    dropped: int = 0,
    shift: int | None = None,
    clamps: bool = True,
) -> Sum | None:
    """The form for table[x + 128, y + 128], whose steps are about a and b; None if none was found.

    With `shift` None it is as large as int32 allows. Without `clamps` the form has to do with the bounds of int8.
    """
    data = np.ascontiguousarray(table, np.int8)
    low, high = (int(data.min()), int(data.max())) if clamps else (-128, 127)
    return _search(data.tobytes(), a, b, dropped, shift, low, high)


@functools.lru_cache(maxsize=64)
def _search(
    table: bytes, a: float, b: float, dropped: int, shift: int | None, low: int, high: int
) -> Sum | None:
    wanted = np.frombuffer(table, np.int8).reshape(256, 256).astype(np.int64)
    bounds = _Bounds.of(wanted, low, high)
    if shift is None:
        shift = _largest_shift(wanted, a, b)
    for p, q, width in _candidates(bounds, a, b):
        if width > -(2.0 ** (2 - shift)):  # the floors may still make the difference
            found = _with_factors(bounds, p, q, dropped, shift)
            if found is not None:
                return Sum(**found, shift=shift, dropped=dropped, low=low, high=high)
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bounds:
    """least <= sum + bias < most for every pair [256, 256], in steps of the output; where it matters."""

    least: NDArray[np.float64]
    most: NDArray[np.float64]

    @staticmethod
    def of(wanted: Integers, low: int, high: int) -> "_Bounds":
        far = 2.0**40
        return _Bounds(
            least=np.where(wanted > low, wanted, -far),
            most=np.where(wanted < high, wanted + 1.0, far),
        )


def _candidates(bounds: _Bounds, a: float, b: float) -> Iterator[tuple[float, float, float]]:
    """Factors and how much room they leave for the bias: negative where there is none."""
    reach = FRACTION * max(a, b)
    corners = [
        (a - reach, b - reach),
        (a + reach, b - reach),
        (a + reach, b + reach),
        (a - reach, b + reach),
    ]
    area, point = np.array(corners), np.array([a, b])
    for _ in range(MOST_CUTS):
        total = point[0] * VALUES[:, None] + point[1] * VALUES
        low, high = bounds.least - total, bounds.most - total
        worst_low = np.unravel_index(np.argmax(low), low.shape)
        worst_high = np.unravel_index(np.argmin(high), high.shape)
        yield point[0], point[1], high[worst_high] - low[worst_low]
        # the room grows along this direction at most
        slope = np.subtract(worst_low, worst_high).astype(float)
        if not slope.any():
            return
        area = _cut(area, point, slope)
        if len(area) < 3:
            return
        point = _centroid(area)


def _cut(area: NDArray, point: NDArray, slope: NDArray) -> NDArray:
    """The part of a convex polygon [n, 2] where slope * (p - point) >= 0."""
    side = (area - point) @ slope
    kept = []
    for i in range(len(area)):
        j = (i + 1) % len(area)
        if side[i] >= 0:
            kept.append(area[i])
        if side[i] * side[j] < 0:
            kept.append(area[i] + (area[j] - area[i]) * (side[i] / (side[i] - side[j])))
    return np.array(kept).reshape(-1, 2)


def _centroid(area: NDArray) -> NDArray:
    """Of a convex polygon: the mean of its triangles' centres, by area."""
    origin = area[0]
    p, q = area[1:-1] - origin, area[2:] - origin
    weights = np.abs(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])
    if weights.sum() == 0:
        return area.mean(0)
    return origin + ((p + q) * weights[:, None]).sum(0) / (3 * weights.sum())


def _largest_shift(wanted: Integers, a: float, b: float) -> int:
    """Bits of fraction with which no partial sum can leave int32."""
    most = 128 * (a + b) * (1 + FRACTION)
    bias = most + np.abs(wanted).max() + 1
    return min(int(np.floor(31 - np.log2(most + bias))), MOST_SHIFT)


def _with_factors(
    bounds: _Bounds, a: float, b: float, dropped: int, shift: int
) -> dict[str, int] | None:
    factors = [round(v * 2.0 ** (shift + dropped)) for v in (a, b)]
    terms = [f * VALUES >> dropped for f in factors]
    total = terms[0][:, None] + terms[1]
    unit = 2.0**shift
    low = int(np.max(bounds.least * unit - total))
    high = int(np.min(bounds.most * unit - 1 - total))
    bias = (low + high) >> 1
    largest = sum(int(np.abs(t).max()) for t in terms) + abs(bias)
    if low > high or max(largest, *map(abs, factors)) > INT32_MAX:
        return None
    return {"a": factors[0], "b": factors[1], "bias": bias}
