"""Non-negative factorization to a matrix and a NonNegativeSquares node.

With components c of length 1, the squares are least where y[k] = max(0, x . c[k] - the sum over l of c[k] . c[l] *
y[l]): no division. The more alike components are, the more sweeps it takes, and the more a rounded product moves y.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Linear, Matrix
from tinygen.classical.features import Factorization
from tinygen.classical.stages import Stage
from tinygen.classical.wide_nodes import wide_linear
from tinygen.ir import DType
from tinygen.ops.classical.non_negative_squares import ONE_BITS, NonNegativeSquares

PRODUCT_BITS = 27
"""Of the products of a row and the components, if sums of all of them leave so many."""

SUM_BITS = 61
LEAST_SWEEPS, MOST_SWEEPS = 8, 2000
SPARE = 1.5
"""So many times the sweeps of the sample that needs most: an answer does not change once a sweep changes nothing."""


def coordinates(
    graph: GraphBuilder, before: Matrix, model: Factorization, samples: NDArray[np.float64]
) -> Stage:
    """The coordinates of the features behind a matrix, as int32. `samples` are rows of the graph's input."""
    gram = model.components @ model.components.T + model.l2 * np.eye(model.outputs)
    lengths = np.sqrt(np.diag(gram))
    lengths = np.where(lengths > 0, lengths, 1.0)
    linear = Linear(
        weights=model.components / lengths[:, None],
        bias=np.full(model.outputs, -model.l1) / lengths,
    )
    overlaps = gram / np.outer(lengths, lengths)
    np.fill_diagonal(overlaps, 0)
    room = SUM_BITS - ONE_BITS - math.ceil(math.log2(model.outputs + 1))
    x = wide_linear(
        graph,
        "products with components",
        algebra.collapse(linear, before),
        samples,
        most=2 ** min(PRODUCT_BITS, room) - 1,
    )
    constant = graph.constant(
        "overlaps", np.rint(np.minimum(overlaps, 1) * 2**ONE_BITS), DType.INT32
    )
    sweeps = _sweeps(graph.values(x, samples).astype(np.int64), constant.data.astype(np.int64))
    tensor = graph.node("coordinates", NonNegativeSquares(sweeps=sweeps), [x, constant])
    scale = x.quantization.scale
    return Stage(tensor=tensor, factors=scale / lengths, offsets=np.zeros(model.outputs))


def _sweeps(x: NDArray[np.int64], overlaps: NDArray[np.int64]) -> int:
    """How many sweeps it takes until nothing changes, for all of some rows [N, K], and some more."""
    y = np.zeros_like(x)
    for done in range(1, MOST_SWEEPS):
        before = y.copy()
        for k, row in enumerate(overlaps):
            y[:, k] = np.maximum(x[:, k] - ((y @ row + (1 << ONE_BITS >> 1)) >> ONE_BITS), 0)
        if (y == before).all():
            return min(max(math.ceil(SPARE * done), LEAST_SWEEPS), MOST_SWEEPS)
    return MOST_SWEEPS
