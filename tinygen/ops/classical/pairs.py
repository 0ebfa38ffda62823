"""Pairs of classes, in the order of scikit-learn: (0, 1), (0, 2), ..., (1, 2), ... Rule R7 of ARITHMETIC.md."""

import numpy as np
from numpy.typing import NDArray


def pairs_of(classes: int) -> int:
    return classes * (classes - 1) // 2


def classes_of(pairs: int) -> int | None:
    """How many classes have so many pairs; None where no number has."""
    classes = 2
    while pairs_of(classes) < pairs:
        classes += 1
    return classes if pairs_of(classes) == pairs else None


def sources(classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the two sums of every pair (i, j) are in [classes, classes - 1]: [i, j - 1] and [j, i]."""
    i, j = np.triu_indices(classes, 1)
    return i * (classes - 1) + j - 1, j * (classes - 1) + i
