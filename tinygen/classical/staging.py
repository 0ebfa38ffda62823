"""Transformers that do not disappear into the model behind them: their columns are computed, as int16 or int32.

What a model can fold is left to it (`accepts`); the transformers up to the last that it cannot fold are walked through
from the left. On this walk a `_Walk` stands behind some of them: on integers that are computed (`members`), with the
transformers that are still to be done (`pending`), which are either functions of columns or one matrix.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra, column_nodes, columns, non_negative_nodes, reading
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import Calibrated, Curved, Median, Pairs, Several, Stacked, Sum
from tinygen.classical.description import (
    Columns,
    Description,
    Gaussian,
    Isolation,
    Linear,
    Matrix,
    Rows,
    Transform,
    Trees,
)
from tinygen.classical.features import (
    Branches,
    Factorization,
    Imputation,
    Normalization,
    Polynomial,
)
from tinygen.classical.fixed_features import INT16_MAX, features_bits, summed_features
from tinygen.classical.members import Build, Members, scaled_columns
from tinygen.classical.polynomials import bounded, fine_products_of, products_of
from tinygen.classical.stages import Stage, as_small_integers, features_of, joined, narrowed
from tinygen.classical.wide_nodes import (
    LARGE_ERROR,
    of_one_scale,
    row_bits,
    wide_columns,
    wide_features,
)
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.ops.classical.chosen import Chosen
from tinygen.ops.classical.imputed import Imputed
from tinygen.ops.classical.linear_scores import LinearScores
from tinygen.ops.classical.narrow import Narrow
from tinygen.ops.classical.normalized import MOST, ONE_BITS, WIDE_ONE_BITS, Norm, Normalized
from tinygen.ops.classical.scaled_features import ScaledFeatures

SUM_MAX = 2.0**30
"""Of projected columns."""

UNEVEN = 8
"""Columns so many times larger than others leave these too few bits."""

FEW = 512
"""Integers over which a column of normalized rows spreads, by its standard deviation: less are few."""

FAR = 4.0
"""Rows of 28 bits saturate beyond the largest of the samples times this."""

HEADROOM = 1.25
"""Columns of one scale saturate beyond the largest of the samples times this."""


def build_behind(
    graph: GraphBuilder, description: Description, samples: Rows, bits: int, build_any: Build
) -> bool:
    """Add the methods of a model on computed columns, where it needs some; False where it does not."""
    if isinstance(description.scorer, COMBINATIONS):
        return False
    members = Members(graph=graph, samples=samples, bits=bits, build=build_any)
    members, chosen = _with_choice(members, description)
    count = _leading(description)
    if count == 0 and not chosen:
        return False
    walk = _Walk(members=members, pending=chosen)
    for transform in description.transforms[:count]:
        walk = walk.behind(transform)
    rest = description.transforms[count:]
    if not accepts(description.scorer, (*walk.pending, *rest), walk.width):
        walk = walk.computed(as_int32=isinstance(description.scorer, Trees | Isolation))
    if isinstance(description.scorer, Gaussian):
        walk = walk.limited()
    inner = replace(description, features=walk.width, transforms=(*walk.pending, *rest))
    inside = walk.members.graph
    build_any(inside, inner, walk.members.samples, bits)
    if inside is not graph:
        for name, tensor in inside.answers.items():
            graph.method(name, tensor)
    return True


def columns_behind(
    members: Members, transforms: Sequence[Transform], *, is_compared: bool
) -> Stage:
    """The columns behind transformers of the features, one by one; `is_compared`: by trees only."""
    walk = _Walk(members=members, pending=())
    for transform in transforms:
        walk = walk.behind(transform)
    if is_compared and walk.matrix is not None and not _mixes(walk.matrix):
        walk = walk.on(features_of(walk.members, is_fine=True), _by_columns(walk.matrix))
    else:
        walk = walk.computed(as_int32=is_compared)
    lines, graph, tensor = _by_columns(walk.matrix), walk.members.graph, walk.members.graph.input
    if not np.array_equal(lines.sources, np.arange(walk.width)):
        constant = graph.constant("columns that are given on", lines.sources, DType.INT16)
        tensor = graph.node("given on", Chosen(), [tensor, constant], dtype=tensor.dtype)
    return Stage(tensor=tensor, factors=lines.factors, offsets=lines.offsets)


COMBINATIONS = Sum | Median | Pairs | Calibrated | Curved | Stacked | Several
"""Models made of models, which are built one by one."""

COST_OF_CHOICE, COST_OF_FEATURE, COST_OF_WEIGHT = 6.0, 12.0, 1.5
"""Cycles, about: to copy a feature; to make a fixed-point number of one; to multiply it with a weight."""


def _with_choice(
    members: Members, description: Description
) -> tuple[Members, tuple[Transform, ...]]:
    """The features that something reads, in a row of their own, where that saves more than it costs.

    And a transformer that puts them into their places again, and 0 into the others.
    """
    x, scorer = members.graph.input, description.scorer
    if isinstance(scorer, Trees | Isolation) and not _leading(description):
        return members, ()  # they read what they need
    used = reading.read_features(description)
    unused = int((~used).sum())
    a_weight = COST_OF_WEIGHT * getattr(scorer, "outputs", 1)
    saved = unused * (a_weight + (COST_OF_FEATURE if x.dtype is DType.FLOAT32 else 0.0))
    if not used.any() or saved <= COST_OF_CHOICE * int(used.sum()):
        return members, ()
    sources = np.flatnonzero(used)
    constant = members.graph.constant("features that are read", sources, DType.INT16)
    tensor = members.graph.node("chosen features", Chosen(), [x, constant], dtype=x.dtype)
    return members.behind(tensor, "model"), (reading.put_back(used),)


def _leading(description: Description) -> int:
    """How many transformers are to be computed: the others are accepted by the model as they are."""
    transforms = description.transforms
    widths = [description.features, *(t.outputs for t in transforms)]
    for count, width in enumerate(widths):
        if accepts(description.scorer, transforms[count:], width):
            return count
    return len(transforms)


def accepts(scorer: object, transforms: Sequence[Transform], features: int) -> bool:
    """True where a model folds these transformers into itself."""
    match scorer:
        case _ if isinstance(scorer, COMBINATIONS):
            return True  # its members decide
        case Trees() | Isolation():
            return algebra.works_by_columns(transforms)
        case _:
            matrix = algebra.as_matrix(transforms, features)
            mixes = matrix is not None and _mixes(matrix)
            return matrix is not None and not (mixes and isinstance(scorer, Gaussian))


def _mixes(matrix: Matrix) -> bool:
    return bool((np.count_nonzero(matrix.weights, axis=1) > 1).any())


def _by_columns(matrix: Matrix) -> Columns:
    """A matrix that does not mix, as columns."""
    sources = np.abs(matrix.weights).argmax(axis=1)
    factors = matrix.weights[np.arange(len(sources)), sources]
    return column_nodes.lines_on(sources, factors, matrix.bias)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Walk:
    """Columns that are `pending` behind the integers of `members`."""

    members: Members
    pending: tuple[Transform, ...]

    @property
    def width(self) -> int:
        return self.members.graph.input.channels

    @property
    def outputs(self) -> int:
        return self.pending[-1].outputs if self.pending else self.width

    @property
    def matrix(self) -> Matrix | None:
        return algebra.as_matrix(self.pending, self.width)

    def behind(self, transform: Transform) -> "_Walk":
        """The walk behind one transformer more."""
        match transform:
            case Columns() if all(isinstance(t, Columns) for t in self.pending):
                return self._with(transform)
            case Columns() if transform.factors is not None:
                return self._with(transform)
            case Matrix() if self.matrix is not None:
                return self._with(transform)
            case Columns() | Matrix():
                return self.computed()._with(transform)
            case Polynomial():
                return _behind_polynomial(self, transform)
            case Normalization():
                return _behind_normalization(self, transform)
            case Imputation():
                return _behind_imputation(self, transform)
            case Factorization():
                return _behind_factorization(self, transform)
            case Branches():
                return _behind_branches(self, transform)
        raise UnsupportedError(what=f"no {type(transform).__name__} here")

    @property
    def is_fine(self) -> bool:
        """True if products and normalized rows have 31 bits here: of what is affine on the integers."""
        return self.members.is_fine and self.matrix is not None

    def _with(self, transform: Transform) -> "_Walk":
        return replace(self, pending=(*self.pending, transform))

    def on(self, stage: Stage, *more: Transform) -> "_Walk":
        """On computed integers."""
        members = self.members
        if stage.tensor.name != members.graph.input.name:
            members = members.behind(stage.tensor, "model")
        is_plain = (stage.factors == 1).all() and not stage.offsets.any()
        units = () if is_plain else (scaled_columns(stage.factors, stage.offsets),)
        return _Walk(members=members, pending=(*units, *more))

    def limited(self) -> "_Walk":
        """With as many bits for every column as squares of columns have room for."""
        graph, reach = self.members.graph, reach_of(self.width)
        largest = np.abs(self.members.samples).max(axis=0)
        is_even = largest.max() <= UNEVEN * max(float(largest.min()), 1.0)
        if graph.input.dtype is not DType.INT16 or (is_even and graph.reach().max() <= reach):
            return self
        tensor, units = bounded(self.members, reach)
        found = self.on(Stage(tensor=tensor, factors=units, offsets=np.zeros(len(units))))
        return replace(found, pending=(*found.pending, *self.pending))

    def computed(self, as_int32: bool = False) -> "_Walk":
        """Nothing pending but lines on int8 or int16 columns; or on int32 ones, of which comparisons are exact."""
        matrix = self.matrix
        if matrix is None:
            chain = columns.composed(self.pending, self.width)
            tensor, lines = column_nodes.computed(self.members, chain)
            members = self.members.behind(tensor, "model")
            return _Walk(members=members, pending=(lines,))
        if _mixes(matrix):
            return _projected(self, matrix, as_int32)
        lines = _by_columns(matrix)
        return self.on(as_small_integers(self.members), lines)


def _projected(walk: _Walk, matrix: Matrix, as_int32: bool) -> _Walk:
    """A matrix, each row of which has a scale of its own, and is measured from the middle of the samples."""
    if as_int32 and walk.members.graph.precision.has_wide_columns:
        return walk.on(_projected_finely(walk, matrix))
    start = walk.on(as_small_integers(walk.members))
    units = algebra.as_matrix(start.pending, start.width)
    linear = algebra.collapse(Linear(weights=matrix.weights, bias=matrix.bias), units)
    members = start.members
    met = members.samples @ linear.weights.T + linear.bias
    middles = (met.min(axis=0) + met.max(axis=0)) / 2
    linear = Linear(weights=linear.weights, bias=linear.bias - middles)
    x, linear, reach = summed_features(members.graph, linear, members.samples)
    sums = np.abs(linear.weights) @ reach + np.abs(linear.bias)
    scales = np.maximum(np.abs(linear.weights).max(axis=1) / INT16_MAX, sums / SUM_MAX)
    scales = np.maximum(scales, 1e-300)
    sizes = np.sqrt((members.graph.values(x, members.samples) ** 2).mean(axis=0))
    lost = scales * np.linalg.norm(sizes) / math.sqrt(12)
    spread = met.std(axis=0)
    varies = spread > 1e-9 * np.abs(met).max()
    if (lost > LARGE_ERROR * spread)[varies].any():
        fine = _projected_finely(walk, matrix)
        return walk.on(fine if as_int32 else narrowed(walk.members, fine, reach_of(len(scales))))
    constants = [
        members.graph.constant(
            "projection: weights", np.rint(linear.weights / scales[:, None]), DType.INT16
        ),
        members.graph.constant("projection: bias", np.rint(linear.bias / scales)),
    ]
    tensor = members.graph.node("projection", LinearScores(), [x, *constants])
    stage = Stage(tensor=tensor, factors=scales, offsets=middles)
    return start.on(stage if as_int32 else narrowed(members, stage, reach_of(len(scales))))


def _projected_finely(walk: _Walk, matrix: Matrix) -> Stage:
    """The same with 31 bits: what trees compare is then nearer to the estimator's than float32 numbers are."""
    members, graph = walk.members, walk.members.graph
    linear = Linear(weights=matrix.weights, bias=matrix.bias)
    met = members.samples @ linear.weights.T + linear.bias
    middles = (met.min(axis=0) + met.max(axis=0)) / 2
    linear = Linear(weights=linear.weights, bias=linear.bias - middles)
    x, linear, reach = wide_features(graph, linear, members.samples)
    largest = np.abs(met - middles).max(axis=0)
    tensor, units = wide_columns(graph, "projection", x, linear, reach, largest)
    return Stage(tensor=tensor, factors=units, offsets=middles)


def reach_of(count: int) -> int:
    """How large columns may be, so that int32 sums of products leave as many bits for weights."""
    return 2 ** (features_bits(count) - 1) - 1


def _behind_polynomial(walk: _Walk, polynomial: Polynomial) -> _Walk:
    """Products of integers, and a matrix that makes the products of numbers of them."""
    walk = walk if walk.matrix is not None or not walk.members.is_fine else walk.computed()
    if walk.is_fine:
        stage, matrix = fine_products_of(walk.members, walk.matrix, polynomial)
    else:
        walk = walk.computed()
        stage, matrix = products_of(walk.members, walk.matrix, polynomial)
    lines = matrix if _mixes(matrix) else _by_columns(matrix)
    return walk.on(stage, lines)


def _behind_normalization(walk: _Walk, normalization: Normalization) -> _Walk:
    """Rows divided by their length, whose unit does not matter: one for all columns.

    Where rows hardly differ behind it, 14 bits are too few.
    """
    walk = walk if walk.matrix is not None or not walk.members.is_fine else walk.computed()
    if walk.is_fine:
        return walk.on(_normalized_finely(walk, normalization))
    if walk.matrix is not None and _differ_little(walk, normalization):
        fine, reach = _normalized_finely(walk, normalization), reach_of(walk.outputs)
        return walk.on(narrowed(walk.members, fine, reach))
    walk = walk.computed()
    members, matrix = walk.members, walk.matrix
    graph, x, count = members.graph, members.graph.input, walk.outputs
    is_plain = (
        matrix.weights.shape == (count, count)
        and (matrix.weights == matrix.weights[0, 0] * np.eye(count)).all()
    )
    if not is_plain or matrix.weights[0, 0] <= 0 or matrix.bias.any() or x.dtype is not DType.INT8:
        x = _of_one_scale(walk, _by_columns(matrix), normalization.norm)
    op = Normalized(norm=normalization.norm)
    tensor = graph.node("normalized", op, [x], dtype=DType.INT16)
    unit = 2.0**-ONE_BITS
    return walk.on(Stage(tensor=tensor, factors=np.full(count, unit), offsets=np.zeros(count)))


def _differ_little(walk: _Walk, normalization: Normalization) -> bool:
    """True if a column that varies at all spreads over few of the integers from -2^14 to 2^14."""
    matrix = walk.matrix
    rows = walk.members.samples @ matrix.weights.T + matrix.bias
    order = {Norm.L1: 1, Norm.L2: 2, Norm.MAX: np.inf}[normalization.norm]
    lengths = np.linalg.norm(rows, ord=order, axis=1, keepdims=True)
    spread = (rows / np.where(lengths == 0, 1, lengths)).std(axis=0)
    return bool(((spread > 1e-9) & (spread < FEW / 2**ONE_BITS)).any())


def _normalized_finely(walk: _Walk, normalization: Normalization) -> Stage:
    """Rows divided by their length as int32, 2^30 of which are 1."""
    members, matrix = walk.members, walk.matrix
    met = members.samples @ matrix.weights.T + matrix.bias
    most = 2 ** (row_bits(walk.outputs) - 1) - 1
    scale = max(FAR * float(np.abs(met).max()) / most, 1e-300)
    wanted = Linear(weights=matrix.weights / scale, bias=matrix.bias / scale)
    x = of_one_scale(members.graph, "rows of one scale", wanted, members.samples, most)
    tensor = members.graph.node("normalized", Normalized(norm=normalization.norm), [x])
    unit = np.full(walk.outputs, 2.0**-WIDE_ONE_BITS)
    return Stage(tensor=tensor, factors=unit, offsets=np.zeros(walk.outputs))


def _behind_factorization(walk: _Walk, factorization: Factorization) -> _Walk:
    """Coordinates as int16; as many bits as sums of products of columns leave."""
    start = walk if walk.matrix is not None else walk.computed()
    members = start.members
    stage = non_negative_nodes.coordinates(
        members.graph, start.matrix, factorization, members.samples
    )
    return start.on(narrowed(members, stage, reach_of(factorization.outputs)))


def _of_one_scale(walk: _Walk, lines: Columns, norm: Norm):
    """The columns as int16 of one scale without an offset; of squares the sum must stay below 2^30."""
    members = walk.members
    count = lines.outputs
    reach = MOST if norm is not Norm.L2 else min(MOST, math.isqrt((2**30 - 1) // count))
    largest = float(np.abs(lines.apply(members.samples)).max())
    scale = max(HEADROOM * largest / reach, 1e-300)
    (bounds,) = members.ranges([members.graph.input])
    most = np.maximum(np.abs(bounds.low), np.abs(bounds.high))[lines.sources].astype(np.float64)
    factors, offsets = lines.factors / scale, lines.offsets / scale
    room = np.minimum(
        INT16_MAX / np.maximum(np.abs(factors), 1e-30), 2.0**30 / _least(factors, most)
    )
    room = np.minimum(room, 2.0**29 / np.maximum(np.abs(offsets), 1e-30))
    shifts = np.clip(np.floor(np.log2(room)), 0, 30).astype(np.int64)
    halves = np.where(shifts > 0, np.ldexp(0.5, shifts), 0)
    constants = [
        members.graph.constant(f"one scale: {name}", np.rint(values), dtype)
        for name, values, dtype in (
            ("sources", lines.sources, DType.INT16),
            ("factors", np.clip(np.ldexp(factors, shifts), -INT16_MAX, INT16_MAX), DType.INT16),
            ("offsets", np.clip(np.ldexp(offsets, shifts) + halves, -(2**29), 2**29), DType.INT32),
            ("shifts", shifts, DType.INT16),
        )
    ]
    op = ScaledFeatures(reach=reach)
    inputs = [members.graph.input, *constants]
    return members.graph.node("one scale", op, inputs, dtype=DType.INT16)


def _least(factors: NDArray[np.float64], most: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(np.abs(factors) * most, 1e-30)


def _behind_imputation(walk: _Walk, imputation: Imputation) -> _Walk:
    """Raw features with numbers in place of the missing ones."""
    x, matrix = walk.members.graph.input, walk.matrix
    is_nan = math.isnan(imputation.missing)
    picked = None if matrix is None or _mixes(matrix) else _by_columns(matrix)
    # a factor of 0 belongs to a feature that nothing reads
    is_raw = (
        picked is not None and np.isin(picked.factors, (0, 1)).all() and not picked.offsets.any()
    )
    if not is_raw:
        raise UnsupportedError(
            what="SimpleImputer behind a transformer that computes",
            next_step="put it in front of all others",
        )
    places = picked.sources[imputation.sources]
    behind = columns.kept(places)
    if is_nan and x.dtype.is_integer:
        return replace(walk, pending=(behind,))
    is_read = picked.factors[imputation.sources] == 1
    values = np.zeros(x.channels)
    values[places[is_read]] = imputation.values[is_read]
    others = np.setdiff1d(np.arange(x.channels), places[is_read])
    if not is_nan:
        values[others] = imputation.missing  # nothing is put in place of it there
    op = Imputed(missing=None if is_nan else int(_bits(np.array([imputation.missing]), x.dtype)[0]))
    constant = walk.members.graph.constant("imputed: values", _bits(values, x.dtype))
    tensor = walk.members.graph.node("imputed", op, [x, constant], dtype=x.dtype)
    members = walk.members.behind(tensor, "model")
    return _Walk(members=members, pending=(behind,))


def _bits(values: NDArray[np.float64], dtype: DType) -> NDArray[np.int64]:
    """Numbers as a type has them; of float32 their bits."""
    if dtype is DType.FLOAT32:
        # upwards: a number that is the edge of a bin belongs to the upper one
        near = values.astype(np.float32)
        near = np.where(near < values, np.nextafter(near, np.float32(np.inf)), near)
        return near.astype(np.float32).view(np.int32).astype(np.int64)
    whole = np.rint(values)
    if (whole != values).any() or whole.min() < dtype.limits[0] or whole.max() > dtype.limits[1]:
        raise UnsupportedError(
            what=f"SimpleImputer puts numbers in place that are not {dtype.value}",
            next_step="give --io float, or impute the most frequent numbers",
        )
    return whole.astype(np.int64)


def _behind_branches(walk: _Walk, branches: Branches) -> _Walk:
    """The columns of all branches in one int16 row; scalers in front belong to each branch."""
    are_scalers = all(isinstance(t, Columns) and t.factors is not None for t in walk.pending)
    start = walk if are_scalers else walk.computed()
    ends = []
    for chain in branches.chains:
        branch = start
        for transform in chain:
            branch = branch.behind(transform)
        ends.append(branch.computed(as_int32=branch.members.is_fine))
    stages = []
    for end in ends:
        tensor = end.members.graph.input
        stages.append(
            Stage(
                tensor=tensor, factors=np.ones(tensor.channels), offsets=np.zeros(tensor.channels)
            )
        )
    tensor = joined(start.members, stages).tensor
    if all(stage.tensor.dtype is not DType.INT32 for stage in stages):
        op = Narrow(shift=0, low=-32768, high=32767)
        tensor = start.members.graph.node("branches", op, [tensor], dtype=DType.INT16)
    first, parts = 0, []
    for end in ends:
        lines = _by_columns(end.matrix)
        parts.append((lines.sources + first, lines.factors, lines.offsets))
        first += end.members.graph.input.channels
    lines = column_nodes.lines_on(*(np.concatenate(p) for p in zip(*parts, strict=True)))
    return _Walk(members=start.members.behind(tensor, "model"), pending=(lines,))
