"""What each of the nearest rows counts. Rule R4 of ARITHMETIC.md."""

import enum

import numpy as np
from numpy.typing import NDArray

WEIGHT_BITS = 15


class Weights(enum.Enum):
    """The weight of a neighbour, beside that of the nearest one."""

    UNIFORM = "uniform"
    """1"""

    INVERSE = "inverse"
    """2^15 * least distance / distance"""

    INVERSE_ROOT = "inverse root"
    """2^15 * sqrt(least distance / distance): of squared distances"""


def neighbor_weights(weights: Weights, distances: NDArray) -> NDArray[np.int64]:
    """The weights of neighbours at distances [batch, count] of 0 and above, nearest first."""
    distances = distances.astype(np.int64)
    if weights is Weights.UNIFORM:
        return np.ones_like(distances)
    least = distances[:, :1]
    bits = WEIGHT_BITS if weights is Weights.INVERSE else 2 * WEIGHT_BITS
    ratio = (least << bits) // np.maximum(distances, 1)
    found = ratio if weights is Weights.INVERSE else floor_root(ratio)
    exact = np.where(distances == 0, 1 << WEIGHT_BITS, 0)
    return np.where(least == 0, exact, found)


def weights_within(
    weights: Weights, measures: NDArray[np.int64], near: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The weights of the stored rows that are `near`, of the others 0, at measures [batch, rows]."""
    far = measures.max(initial=0) + 1
    least = np.where(near, measures, far).min(axis=1, keepdims=True)
    found = neighbor_weights(weights, np.concatenate([least, measures], axis=1))[:, 1:]
    return np.where(near, found, 0)


def floor_root(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """floor(sqrt(v)) of values from 0 to 2^50, exact."""
    root = np.sqrt(values.astype(np.float64)).astype(np.int64)
    root -= root * root > values
    return root + ((root + 1) * (root + 1) <= values)
