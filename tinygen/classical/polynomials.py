"""Products of features to Products nodes.

Features are lines on integers, x = f * q + o. So a product of features is a sum of products of integers, of the same
factors or some of them: PolynomialFeatures is the products of the integers, and a matrix behind these.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.description import Linear, Matrix
from tinygen.classical.features import Polynomial
from tinygen.classical.members import Members
from tinygen.classical.stages import Stage
from tinygen.classical.wide_nodes import wide_columns, wide_features
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.products import Products
from tinygen.ops.classical.scaled_features import ScaledFeatures

INT16_MAX = 32767
REACH = 2**14 - 1
HEADROOM = 1.25
MOST_PRODUCTS = 4096

Terms = dict[tuple[int, ...], float]
"""A sum of products: the factors, by their column, in rising order; and by what their product is multiplied."""


def products_of(members: Members, lines: Matrix, polynomial: Polynomial) -> tuple[Stage, Matrix]:
    """Products of integers, and the matrix that makes the polynomial's outputs of them."""
    if polynomial.powers.sum(axis=1).max() > 2 or members.graph.input.dtype is not DType.INT8:
        # 14 bits for all, so that products of any have the same room
        x, units = bounded(members, REACH)
        lines = Matrix(weights=lines.weights * units, bias=lines.bias)
    else:  # products of two int8 are int16
        x = members.graph.input
    return _monomials(members, x, lines, polynomial)


def fine_products_of(
    members: Members, matrix: Matrix, polynomial: Polynomial
) -> tuple[Stage, Matrix]:
    """The same of 31 bits, of columns of 31 bits: each has a scale of its own, and no offset."""
    linear = Linear(weights=matrix.weights, bias=matrix.bias)
    met = np.abs(members.samples @ linear.weights.T + linear.bias).max(axis=0)
    x, linear, reach = wide_features(members.graph, linear, members.samples)
    tensor, units = wide_columns(members.graph, "factors", x, linear, reach, met)
    lines = Matrix(weights=np.diag(units), bias=np.zeros(len(units)))
    return _monomials(members, tensor, lines, polynomial)


def _monomials(
    members: Members, x: Tensor, lines: Matrix, polynomial: Polynomial
) -> tuple[Stage, Matrix]:
    sources = np.abs(lines.weights).argmax(axis=1)
    factors = lines.weights[np.arange(len(sources)), sources]
    outputs = [
        _expanded(powers, sources, factors, lines.bias) for powers in polynomial.powers.tolist()
    ]
    wanted = sorted({t for terms in outputs for t in terms if t}, key=lambda t: (len(t), t))
    if not wanted or len(wanted) > MOST_PRODUCTS:
        raise UnsupportedError(
            what=f"PolynomialFeatures of {len(wanted)} products",
            next_step=f"supported: 1 to {MOST_PRODUCTS}; select features first, or lower the degree",
        )
    tensor, shifts = _products(members, x, wanted)
    place = {term: i for i, term in enumerate(wanted)}
    weights, bias = np.zeros((len(outputs), len(wanted))), np.zeros(len(outputs))
    for row, terms in enumerate(outputs):
        for term, amount in terms.items():
            if term:
                weights[row, place[term]] += amount
            else:
                bias[row] += amount
    # a shift rounds down, by half a unit on average
    lost = np.where(shifts > 0, 0.5, 0.0)
    stage = Stage(tensor=tensor, factors=2.0**shifts, offsets=lost * 2.0**shifts)
    return stage, Matrix(weights=weights, bias=bias)


def _expanded(
    powers: list[int],
    sources: NDArray[np.int64],
    factors: NDArray[np.float64],
    offsets: NDArray[np.float64],
) -> Terms:
    """The product of (factors[i] * q[sources[i]] + offsets[i]) ^ powers[i]."""
    terms: Terms = {(): 1.0}
    for i, power in enumerate(powers):
        for _ in range(power):
            grown: Terms = {}
            for term, amount in terms.items():
                longer = tuple(sorted((*term, int(sources[i]))))
                grown[longer] = grown.get(longer, 0.0) + amount * factors[i]
                if offsets[i]:
                    grown[term] = grown.get(term, 0.0) + amount * offsets[i]
            terms = grown
    return terms


def bounded(members: Members, reach: int) -> tuple[Tensor, NDArray[np.float64]]:
    """Integers that make use of a reach, and saturate there; and how much one of them stands for."""
    x = members.graph.input
    (bounds,) = members.ranges([x])
    most = np.maximum(np.maximum(np.abs(bounds.low), np.abs(bounds.high)).astype(np.float64), 1.0)
    largest = HEADROOM * np.maximum(np.abs(members.samples).max(axis=0), 1.0)
    wanted = reach / np.minimum(largest, most + 1)
    room = np.minimum(INT16_MAX / wanted, 2.0**30 / most / wanted)
    shifts = np.clip(np.floor(np.log2(room)), 0, 30)
    factors = np.maximum(np.rint(wanted * 2.0**shifts), 1.0)
    constants = [
        members.graph.constant(f"bounded: {name}", values, dtype)
        for name, values, dtype in (
            ("sources", np.arange(x.channels), DType.INT16),
            ("factors", factors, DType.INT16),
            ("halves", np.where(shifts > 0, 2.0 ** (shifts - 1), 0), DType.INT32),
            ("shifts", shifts, DType.INT16),
        )
    ]
    op = ScaledFeatures(reach=reach)
    tensor = members.graph.node("bounded", op, [x, *constants], dtype=DType.INT16)
    return tensor, 2.0**shifts / factors


def _products(
    members: Members, x: Tensor, wanted: list[tuple[int, ...]]
) -> tuple[Tensor, NDArray[np.float64]]:
    """The products, each shifted as far as int16 demands, of int32 factors int32."""
    dtype = DType.INT32 if x.dtype is DType.INT32 else DType.INT16
    limit = dtype.limits[1]
    (bounds,) = members.ranges([x])
    most = np.maximum(np.abs(bounds.low), np.abs(bounds.high)).astype(np.int64)
    longest = max(len(t) for t in wanted)
    factors = np.full((len(wanted), longest), -1)
    shifts = np.zeros((len(wanted), longest), np.int64)
    for row, term in enumerate(wanted):
        factors[row, : len(term)] = term
        reach = int(most[term[0]])
        for d, factor in enumerate(term[1:], start=1):
            reach *= int(most[factor])
            shifts[row, d] = max(0, math.ceil(math.log2(max(reach, 1) / limit)))
            reach = (reach >> int(shifts[row, d])) + 1
    constants = [
        members.graph.constant("products: factors", factors, DType.INT16),
        members.graph.constant("products: shifts", shifts, DType.INT16),
    ]
    tensor = members.graph.node("products", Products(), [x, *constants], dtype=dtype)
    return tensor, shifts.sum(axis=1).astype(np.float64)
