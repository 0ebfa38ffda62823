"""Functions of columns to Steps and ColumnTables nodes."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.description import Columns
from tinygen.classical.fixed_features import features_bits
from tinygen.classical.members import Members
from tinygen.classical.stages import Stage, features_of, joined, narrowed
from tinygen.ir import DType, Range, Tensor
from tinygen.ops.classical.column_tables import MOST_SHIFT, ColumnTables
from tinygen.ops.classical.narrow import Narrow
from tinygen.ops.classical.operator import float_of_order, float_order
from tinygen.ops.classical.steps import Steps

INT16_MAX = 32767
MARGIN = 0.25
"""By which part of their range numbers may leave that of the samples before functions stay as they are there."""

PLACES = 33
"""At which a function is compared with a line."""

SEGMENTS = (4, 8, 16, 32, 64, 128, 256)
GOOD = 2.0**-9
"""Of the standard deviation of a column: a larger error of the straight lines is worth more of them."""

MOST_SAMPLES = 500
"""At which errors are looked for."""


def small(members: Members) -> Stage:
    """The features as int8 or int16."""
    x = members.graph.input
    if x.dtype is not DType.INT32:
        return features_of(members)
    stage = Stage(tensor=x, factors=np.ones(x.channels), offsets=np.zeros(x.channels))
    return narrowed(members, stage)


def computed(members: Members, chain: Columns) -> tuple[Tensor, Columns]:
    """Columns of int8 or int16 that are computed, and how the outputs of a transformer are lines on these."""
    jumps = np.array([e is not None for e in chain.edges or (None,) * chain.outputs])
    straight = _lines(members, chain) if not jumps.all() else np.full((2, chain.outputs), np.nan)
    is_line = ~jumps & ~np.isnan(straight[0])
    if not (jumps | is_line).all():  # tables are needed: lines are curves too
        is_line[:] = False
    curves = np.flatnonzero(~jumps & ~is_line)
    parts = []
    if jumps.any():
        parts.append((np.flatnonzero(jumps), _steps(members, chain, np.flatnonzero(jumps))))
    if len(curves):
        parts.append((curves, _tables(members, chain, curves)))
    if is_line.any():
        parts.append((np.flatnonzero(is_line), small(members)))
    row = _together(members, [stage for _, stage in parts])
    sources, factors, offsets = (np.zeros(chain.outputs) for _ in range(3))
    first = 0
    for outputs, stage in parts:
        places = np.arange(len(outputs))
        if is_line[outputs].any():
            places = chain.sources[outputs]
        slopes = np.where(is_line[outputs], straight[0][outputs], 1.0)
        starts = np.where(is_line[outputs], straight[1][outputs], 0.0)
        sources[outputs] = first + places
        factors[outputs] = slopes * stage.factors[places]
        offsets[outputs] = slopes * stage.offsets[places] + starts
        first += len(stage.factors)
    return row, lines_on(sources.astype(np.int64), factors, offsets)


def lines_on(
    sources: NDArray[np.int64], factors: NDArray[np.float64], offsets: NDArray[np.float64]
) -> Columns:
    """factors[k] * x[sources[k]] + offsets[k]"""
    return Columns(
        sources=sources,
        signs=np.where(factors < 0, -1, 1),
        apply=lambda rows: rows[:, sources] * factors + offsets,
        factors=factors,
        offsets=offsets,
    )


def _together(members: Members, stages: Sequence[Stage]) -> Tensor:
    """The integers of all in one int16 row."""
    if len(stages) == 1:
        return stages[0].tensor
    row = joined(members, stages)
    op = Narrow(shift=0, low=-32768, high=INT16_MAX)
    return members.graph.node("columns, small", op, [row.tensor], dtype=DType.INT16)


def _lines(members: Members, chain: Columns) -> NDArray[np.float64]:
    """Slopes and starts of outputs that are lines where samples are, and a bit beyond; of others NaN."""
    low, high = members.samples.min(axis=0), members.samples.max(axis=0)
    wider = MARGIN * (high - low) + 1e-3 * np.abs(high - low).max()
    places = np.linspace(0, 1, PLACES)[:, None]
    rows = (low - wider) + places * ((high + wider) - (low - wider))
    with np.errstate(all="ignore"):
        seen = chain.apply(rows)
    x = rows[:, chain.sources]
    width = np.maximum(x[-1] - x[0], 1e-300)
    with np.errstate(all="ignore"):
        slopes = (seen[-1] - seen[0]) / width
        starts = seen[0] - slopes * x[0]
        errors = np.abs(seen - (slopes * x + starts)).max(axis=0)
        is_line = errors <= 1e-9 * np.maximum(np.abs(seen).max(axis=0), 1e-300)
    # a constant float may be missed by its fixed-point number, where a function jumps
    is_exact = members.graph.input.dtype.is_integer
    constant = (high == low)[chain.sources]
    return np.where(is_line & (is_exact | ~constant), np.stack([slopes, starts]), np.nan)


def _steps(members: Members, chain: Columns, outputs: NDArray[np.int64]) -> Stage:
    """Exact: edges are those of the type of the features, values what the transformer has between them."""
    x = members.graph.input
    edges = [_orders(chain.edges[k], x.dtype) for k in outputs]
    values = [_values(members, chain, k, e) for k, e in zip(outputs, edges, strict=True)]
    units = [_unit(v, _reach(chain)) for v in values]
    whole = [
        np.rint((v - offset) / factor) for v, (factor, offset) in zip(values, units, strict=True)
    ]
    counts = np.array([len(e) for e in edges])
    flat = np.concatenate(edges) if counts.any() else np.zeros(1)
    constants = [
        members.graph.constant(f"steps: {name}", found, dtype)
        for name, found, dtype in (
            ("sources", chain.sources[outputs], DType.INT16),
            ("counts", counts, DType.INT16),
            ("edges", flat, DType.INT32),
            ("values", np.concatenate(whole), DType.INT16),
        )
    ]
    tensor = members.graph.node("steps", Steps(), [x, *constants], dtype=DType.INT16)
    factors, offsets = (np.array(column) for column in zip(*units, strict=True))
    return Stage(tensor=tensor, factors=factors, offsets=offsets)


def _orders(edges: NDArray[np.float64], dtype: DType) -> NDArray[np.int64]:
    """The largest numbers of a type that are not above the edges, by their order; without those that divide nothing."""
    if dtype is DType.FLOAT32:
        most = float(np.finfo(np.float32).max)
        near = np.clip(edges, -most, most).astype(np.float32)
        found = float_order(near) - (near.astype(np.float64) > edges)
        low, high = (int(e) for e in float_order(np.float32([-most, most])))
    else:
        low, high = dtype.limits
        found = np.floor(np.clip(edges, low - 1, high)).astype(np.int64)
    return np.unique(found[(found >= low) & (found < high)])


def _values(
    members: Members, chain: Columns, output: int, orders: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What an output is between its edges."""
    dtype = members.graph.input.dtype
    last = orders[-1:] + 1 if len(orders) else np.zeros(1, np.int64)
    inside = np.concatenate([orders, last])
    numbers = float_of_order(inside) if dtype is DType.FLOAT32 else inside
    rows = np.repeat(members.samples[:1], len(inside), axis=0).astype(np.float64)
    rows[:, chain.sources[output]] = numbers
    return chain.apply(rows)[:, output]


def _reach(chain: Columns) -> int:
    """How large columns may be, so that int32 sums of products leave as many bits for weights."""
    return 2 ** (features_bits(chain.outputs) - 1) - 1


def _unit(values: NDArray[np.float64], reach: int) -> tuple[float, float]:
    """A factor and an offset with which values are integers up to a reach; whole numbers stay exact."""
    low, high = float(values.min()), float(values.max())
    if (
        low == high
    ):  # the integer is always 0: any factor will do that does not make a weight stand out
        return max(abs(low), 1.0) / reach, low
    if (values == np.rint(values)).all():
        middle = math.floor((low + high) / 2)
        half = max(high - middle, middle - low)
        return 2.0 ** -math.floor(math.log2(reach / half)), middle
    return (high - low) / 2 / reach, (high + low) / 2


def _tables(members: Members, chain: Columns, outputs: NDArray[np.int64]) -> Stage:
    """Tables with as many straight lines as the functions need, on int8 or int16 features."""
    stage = small(members)
    sources = chain.sources[outputs]
    met = members.samples[:: max(len(members.samples) // MOST_SAMPLES, 1)]
    with np.errstate(all="ignore"):
        seen = _finite(chain.apply(met)[:, outputs])
    function = _Function(stage, chain, outputs, _constants(members), seen)
    (integers,) = members.values([stage.tensor])
    (bounds,) = members.ranges([stage.tensor])
    low, high = _widened(integers.astype(np.int64), bounds)
    places = integers[:: max(len(integers) // MOST_SAMPLES, 1), sources].astype(np.int64)
    wanted = function(places)
    good = GOOD * np.maximum(seen.std(axis=0), 1e-300)
    grids = [_Grid(low[sources], high[sources], segments) for segments in SEGMENTS]
    knots = [function(grid.ends) for grid in grids]
    errors = np.stack(
        [
            np.sqrt(((grid.lines(found, places) - wanted) ** 2).mean(axis=0))
            for grid, found in zip(grids, knots, strict=True)
        ]
    )
    # the first grid that is good enough, else the last
    best = np.where((errors <= good).any(axis=0), (errors <= good).argmax(axis=0), len(grids) - 1)
    columns = [knots[g][:, k] for k, g in enumerate(best)]
    units = [_unit(column, _reach(chain)) for column in columns]
    entries = [np.rint((c - offset) / f) for c, (f, offset) in zip(columns, units, strict=True)]
    factors, offsets = (np.array(column) for column in zip(*units, strict=True))
    constants = [
        members.graph.constant(f"tables: {name}", found, dtype)
        for name, found, dtype in (
            ("sources", sources, DType.INT16),
            ("shifts", [grids[g].shifts[k] for k, g in enumerate(best)], DType.INT16),
            ("segments", np.array(SEGMENTS)[best], DType.INT16),
            ("firsts", low[sources], DType.INT32),
            ("entries", np.concatenate(entries), DType.INT16),
        )
    ]
    inputs = [stage.tensor, *constants]
    tensor = members.graph.node("tables", ColumnTables(), inputs, dtype=DType.INT16)
    return Stage(tensor=tensor, factors=factors, offsets=offsets)


def _widened(integers: NDArray[np.int64], bounds: Range) -> tuple[NDArray, NDArray]:
    """The ends of what was met, and some more."""
    low, high = integers.min(axis=0), integers.max(axis=0)
    wider = np.ceil(MARGIN * (high - low)).astype(np.int64) + 1
    return np.maximum(low - wider, bounds.low), np.minimum(high + wider, bounds.high)


class _Grid:
    """Segments of a power of two, as many from `low` on as reach `high`."""

    def __init__(self, low: NDArray[np.int64], high: NDArray[np.int64], segments: int) -> None:
        exact = np.log2(np.maximum(high - low, 1) / segments)
        self.low = low
        self.shifts = np.clip(np.ceil(exact), 0, MOST_SHIFT).astype(np.int64)
        self.last = (segments << self.shifts) - 1
        self.ends = np.minimum(low + (np.arange(segments + 1)[:, None] << self.shifts), high + 1)

    def lines(self, knots: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
        """What straight lines between the knots have at some places."""
        position = np.clip(places - self.low, 0, self.last)
        index, column = position >> self.shifts, np.arange(knots.shape[1])
        share = (position - (index << self.shifts)) / (1 << self.shifts)
        start, end = knots[index, column], knots[index + 1, column]
        return start + (end - start) * share


def _constants(members: Members) -> dict[int, float]:
    """Columns that are the same number in all samples: fixed-point numbers may miss it, where a function jumps."""
    first = members.samples[0]
    same = np.flatnonzero((members.samples == first).all(axis=0))
    return {int(k): float(first[k]) for k in same}


class _Function:
    """Outputs of a transformer at integers of their sources [numbers, outputs].

    They stay near those that were `seen`: powers and logarithms know no bounds elsewhere.
    """

    def __init__(
        self,
        stage: Stage,
        chain: Columns,
        outputs: NDArray[np.int64],
        constants: dict[int, float],
        seen: NDArray[np.float64],
    ) -> None:
        self.stage, self.chain, self.outputs, self.constants = stage, chain, outputs, constants
        margin = MARGIN * np.ptp(seen, axis=0)
        self.least, self.most = seen.min(axis=0) - margin, seen.max(axis=0) + margin

    def __call__(self, integers: NDArray[np.int64]) -> NDArray[np.float64]:
        sources = self.chain.sources[self.outputs]
        found = np.empty(integers.shape)
        for i, (source, output) in enumerate(zip(sources, self.outputs, strict=True)):
            numbers = integers[:, i] * self.stage.factors[source] + self.stage.offsets[source]
            rows = np.zeros((len(integers), len(self.stage.factors)))
            rows[:, source] = self.constants.get(int(source), numbers)
            with np.errstate(all="ignore"):
                found[:, i] = self.chain.apply(rows)[:, output]
        return np.clip(_finite(found), self.least, self.most)


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Infinities as the nearest finite number of their column: log(0) counts as the least that was met."""
    found = values.copy()
    for column in found.T:
        is_finite = np.isfinite(column)
        if not is_finite.all():
            known = column[is_finite] if is_finite.any() else np.zeros(1)
            column[~is_finite] = np.where(column[~is_finite] > 0, known.max(), known.min())
    return found
