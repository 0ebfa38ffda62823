"""Functions of integers as straight lines between few, uneven points."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Function = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Several functions, each of a column of integers of its own: [numbers, functions]."""

FIRST_POINTS = 65
MOST_POINTS = 4000
"""Of a function, at which it is looked at."""

Points = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Rising places, and the values there."""


def sampled(
    function: Function,
    met: NDArray[np.int64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    error: NDArray[np.float64],
) -> list[Points]:
    """Points of every function from `low` to `high`, so many that what is between is a line within an error.

    `met` [samples, functions] are among them. Intervals are halved where their middle is not on the line, down to
    neighbouring integers: so bends are found, and jumps.
    """
    count = len(low)
    places = [
        np.unique(
            np.concatenate([np.linspace(low[k], high[k], FIRST_POINTS).astype(np.int64), met[:, k]])
        )
        for k in range(count)
    ]
    values = _at(function, places)
    open_after = [np.diff(p) > 1 for p in places]
    while any(flags.any() for flags in open_after):
        starts = [p[:-1][flags] for p, flags in zip(places, open_after, strict=True)]
        ends = [p[1:][flags] for p, flags in zip(places, open_after, strict=True)]
        middles = [a + (b - a) // 2 for a, b in zip(starts, ends, strict=True)]
        found = _at(function, middles)
        for k in range(count):
            line = np.interp(middles[k], places[k], values[k])
            is_bent = np.abs(found[k] - line) > error[k]
            again = np.concatenate([starts[k][is_bent], middles[k][is_bent]])
            places[k], order = np.unique(np.concatenate([places[k], middles[k]]), return_index=True)
            values[k] = np.concatenate([values[k], found[k]])[order]
            is_wide = np.diff(places[k]) > 1
            open_after[k] = is_wide & np.isin(places[k][:-1], again)
            if len(places[k]) > MOST_POINTS:
                open_after[k][:] = False
    return list(zip(places, values, strict=True))


def _at(function: Function, places: list[NDArray[np.int64]]) -> list[NDArray[np.float64]]:
    """The values of every function at places of its own."""
    longest = max(len(p) for p in places)
    if longest == 0:
        return [np.zeros(0) for _ in places]
    padded = np.stack(
        [np.resize(p, longest) if len(p) else np.zeros(longest, np.int64) for p in places], axis=1
    )
    found = function(padded)
    return [found[: len(p), k] for k, p in enumerate(places)]


def fewest(places: NDArray[np.int64], values: NDArray[np.float64], error: float) -> Points:
    """Some of the points, between which lines are within an error of all others: from the left, as far as each goes."""
    kept, start, last = [0], 0, len(places) - 1
    while start < last:
        reach = 1
        while start + reach < last and _is_near(places, values, start, start + 2 * reach, error):
            reach *= 2
        good, bad = start + reach, min(start + 2 * reach, last + 1)
        while bad - good > 1:
            middle = (good + bad) // 2
            if _is_near(places, values, start, middle, error):
                good = middle
            else:
                bad = middle
        start = min(good, last)
        kept.append(start)
    return places[kept], values[kept]


def _is_near(
    places: NDArray[np.int64], values: NDArray[np.float64], start: int, end: int, error: float
) -> bool:
    """True if the points between two are within an error of the line between these."""
    if end >= len(places):
        return False
    x = places[start : end + 1].astype(np.float64)
    y = values[start : end + 1]
    line = y[0] + (y[-1] - y[0]) * ((x - x[0]) / (x[-1] - x[0]))
    return bool(np.abs(line - y).max() <= error)
