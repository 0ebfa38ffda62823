"""Functions of columns to Steps and ColumnTables nodes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import lines
from tinygen.classical.description import Columns
from tinygen.classical.fixed_features import features_bits
from tinygen.classical.members import Members
from tinygen.classical.stages import Stage, as_small_integers, features_of, joined
from tinygen.ir import DType, Range, Tensor
from tinygen.ops.classical.chosen import Chosen
from tinygen.ops.classical.column_tables import MOST_SHIFT, ColumnTables
from tinygen.ops.classical.curves import MOST_RISE, MOST_WIDE, Curves
from tinygen.ops.classical.narrow import Narrow
from tinygen.ops.classical.operator import float_of_order, float_order
from tinygen.ops.classical.ordered import Ordered
from tinygen.ops.classical.steps import Steps

INT16_MAX = 32767
MARGIN = 0.25
"""By which part of their range numbers may leave that of the samples before functions stay as they are there."""

PLACES = 33
"""At which a function is compared with a line."""

SEGMENTS = (4, 8, 16, 32, 64, 128, 256)
GOOD = 2.0**-10
"""Of the standard deviation of a column: a larger error of the straight lines is worth more of them."""

ONCE = 8
"""A single sample may be off by so many times a good error."""

NEAR = 2.0**-9
"""Of the standard deviation of a column: no number is farther from lines between uneven points."""

FINER = 128.0
"""By which lines of columns of 31 bits are nearer."""

MISSES = 1000
"""How many times as many points are worth as much as no sample that is off."""

MOST_SAMPLES = 500
"""At which errors are looked for."""


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
        parts += _curves(members, chain, curves)
    if is_line.any():
        as_they_are = (
            features_of(members, is_fine=True) if members.is_fine else as_small_integers(members)
        )
        parts.append((np.flatnonzero(is_line), as_they_are))
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
    """The integers of all in one row: int16, or int32 where some have more bits."""
    if len(stages) == 1:
        return stages[0].tensor
    row = joined(members, stages)
    if any(stage.tensor.dtype is DType.INT32 for stage in stages):
        return row.tensor
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


def _curves(
    members: Members, chain: Columns, outputs: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], Stage]]:
    """Tables of even lines for outputs for which these are good enough; lines between uneven points for others."""
    met = members.samples[:: max(len(members.samples) // MOST_SAMPLES, 1)]
    with np.errstate(all="ignore"):
        seen = _finite(chain.apply(met)[:, outputs])
    if members.is_fine:
        return [(outputs, uneven_lines(members, chain, outputs, seen))]
    tables = _Tables(members, chain, outputs, met, seen)
    even, uneven = np.flatnonzero(tables.are_good), np.flatnonzero(~tables.are_good)
    parts = []
    if len(even):
        parts.append((outputs[even], tables.stage(even)))
    if len(uneven):
        found = uneven_lines(members, chain, outputs[uneven], seen[:, uneven])
        parts.append((outputs[uneven], found))
    return parts


class _Tables:
    """Tables with as many even lines as the functions need, on int8 or int16 features."""

    def __init__(
        self,
        members: Members,
        chain: Columns,
        outputs: NDArray[np.int64],
        met: NDArray[np.float64],
        seen: NDArray[np.float64],
    ) -> None:
        """`met` are samples, `seen` what the functions have there."""
        self.members, self.chain = members, chain
        self.features, self.sources = as_small_integers(members), chain.sources[outputs]
        function = _Function(members, chain, outputs, seen)
        factors, offsets = (a[self.sources] for a in (self.features.factors, self.features.offsets))
        (integers,) = members.values([self.features.tensor])
        (bounds,) = members.ranges([self.features.tensor])
        low, high = _widened(integers.astype(np.int64), bounds)
        places = integers[:: max(len(integers) // MOST_SAMPLES, 1), self.sources].astype(np.int64)
        self.first = low[self.sources]
        self.grids = [_Grid(self.first, high[self.sources], segments) for segments in SEGMENTS]
        self.knots = [function.at(grid.ends * factors + offsets) for grid in self.grids]
        errors = np.stack(
            [
                np.abs(grid.lines(found, places) - seen)
                for grid, found in zip(self.grids, self.knots, strict=True)
            ]
        )
        good = GOOD * np.maximum(seen.std(axis=0), 1e-300)
        fits = (np.sqrt((errors**2).mean(axis=1)) <= good) & (errors.max(axis=1) <= ONCE * good)
        constant = met.std(axis=0)[self.sources] == 0
        self.are_good = fits.any(axis=0) | constant
        self.best = np.where(constant, 0, fits.argmax(axis=0))

    def stage(self, kept: NDArray[np.int64]) -> Stage:
        """Of some of the outputs the first tables that are good enough."""
        best = self.best[kept]
        columns = [self.knots[g][:, k] for k, g in zip(kept, best, strict=True)]
        units = [_unit(column, _reach(self.chain)) for column in columns]
        entries = [np.rint((c - offset) / f) for c, (f, offset) in zip(columns, units, strict=True)]
        factors, offsets = (np.array(column) for column in zip(*units, strict=True))
        graph = self.members.graph
        shifts = [self.grids[g].shifts[k] for k, g in zip(kept, best, strict=True)]
        constants = [
            graph.constant(f"tables: {name}", found, dtype)
            for name, found, dtype in (
                ("sources", self.sources[kept], DType.INT16),
                ("shifts", shifts, DType.INT16),
                ("segments", np.array(SEGMENTS)[best], DType.INT16),
                ("firsts", self.first[kept], DType.INT32),
                ("entries", np.concatenate(entries), DType.INT16),
            )
        ]
        inputs = [self.features.tensor, *constants]
        tensor = graph.node("tables", ColumnTables(), inputs, dtype=DType.INT16)
        return Stage(tensor=tensor, factors=factors, offsets=offsets)


def uneven_lines(
    members: Members, chain: Columns, outputs: NDArray[np.int64], seen: NDArray[np.float64]
) -> Stage:
    """Lines between as few points as keep every number near, on features of up to 32 bits.

    Float32 features are fixed-point numbers, or their order (rule U8), which has all their bits wherever they are.
    Fine columns have int32 values, and more points.
    """
    dtype = DType.INT32 if members.is_fine else DType.INT16
    reach = MOST_WIDE if members.is_fine else _reach(chain)
    graph = members.graph
    chosen = _only_read(members, chain.sources[outputs])
    numbers = [_Numbers.fixed(chosen)]
    if graph.input.dtype is DType.FLOAT32:
        numbers.append(_Numbers.ordered(chosen))
    function = _Function(members, chain, outputs, seen)
    found = [_points(members, n, function, seen) for n in numbers]
    best = min(range(len(found)), key=lambda k: found[k].cost)
    points, numbers = found[best].points, numbers[best]
    units = [_unit_of_rises(values, reach) for _, values in points]
    entries = [
        np.rint((values - offset) / factor)
        for (_, values), (factor, offset) in zip(points, units, strict=True)
    ]
    constants = [
        graph.constant(f"lines: {name}", values, dtype)
        for name, values, dtype in (
            ("positions", np.concatenate([places for places, _ in points]), DType.INT32),
            ("values", np.concatenate(entries), dtype),
            ("counts", [len(places) for places, _ in points], DType.INT16),
        )
    ]
    tensor = graph.node("lines", Curves(), [numbers.tensor, *constants], dtype=dtype)
    factors, offsets = (np.array(column) for column in zip(*units, strict=True))
    return Stage(tensor=tensor, factors=factors, offsets=offsets)


def _unit_of_rises(values: NDArray[np.float64], reach: int) -> tuple[float, float]:
    """The unit of values, coarser where a single line would rise by more than 15 bits."""
    factor, offset = _unit(values, reach)
    is_steep = np.abs(np.diff(np.rint((values - offset) / factor))).max(initial=0) > MOST_RISE
    return _unit(values, reach // 2) if reach <= INT16_MAX and is_steep else (factor, offset)


def _only_read(members: Members, sources: NDArray[np.int64]) -> Members:
    """Behind the features that some outputs read, one for each."""
    x = members.graph.input
    if np.array_equal(sources, np.arange(x.channels)):
        return members
    constant = members.graph.constant("lines: sources", sources, DType.INT16)
    tensor = members.graph.node("sources of lines", Chosen(), [x, constant], dtype=x.dtype)
    return members.behind(tensor, "lines")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Numbers:
    """An int32 row, the numbers that its integers stand for, and the integers of the ends of what is met."""

    tensor: Tensor
    real: Callable[[NDArray[np.int64]], NDArray[np.float64]]
    integers: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @classmethod
    def fixed(cls, members: Members) -> "_Numbers":
        stage = joined(members, [features_of(members, is_fine=True)])
        (integers,) = members.values([stage.tensor])
        (bounds,) = members.ranges([stage.tensor])
        low, high = _widened(integers.astype(np.int64), bounds)
        return cls(
            tensor=stage.tensor,
            real=lambda whole: whole * stage.factors + stage.offsets,
            integers=integers.astype(np.int64),
            low=low,
            high=high,
        )

    @classmethod
    def ordered(cls, members: Members) -> "_Numbers":
        graph, samples = members.graph, members.samples
        least, most = samples.min(axis=0), samples.max(axis=0)
        wider = MARGIN * (most - least)
        limit = float(np.finfo(np.float32).max)
        low, high = (np.clip(end, -limit, limit) for end in (least - wider, most + wider))
        return cls(
            tensor=graph.node("order of features", Ordered(), [graph.input]),
            real=lambda whole: float_of_order(whole).astype(np.float64),
            integers=float_order(samples.astype(np.float32)),
            low=float_order(low.astype(np.float32)),
            high=float_order(high.astype(np.float32)) + 1,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """Points of every function; `cost` is their number, and without end where samples are not near."""

    points: list[lines.Points]
    cost: float


def _points(
    members: Members, numbers: _Numbers, function: "_Function", seen: NDArray[np.float64]
) -> _Found:
    integers = numbers.integers[:: max(len(numbers.integers) // MOST_SAMPLES, 1)]
    near = NEAR * np.maximum(seen.std(axis=0), 1e-300)
    near = near / FINER if members.is_fine else near

    def values(whole: NDArray[np.int64]) -> NDArray[np.float64]:
        return function.at(numbers.real(whole))

    sampled = lines.sampled(values, integers, numbers.low, numbers.high, near / 4)
    points = [lines.fewest(*found, error) for found, error in zip(sampled, near, strict=True)]
    there = np.stack([np.interp(integers[:, k], *points[k]) for k in range(len(points))], axis=1)
    misses = float((np.abs(there - seen) > 2 * near).mean())
    return _Found(points=points, cost=sum(len(p) for p, _ in points) * (1 + MISSES * misses))


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


class _Function:
    """Outputs of a transformer, each at numbers of its own source [numbers, outputs].

    They stay near those that were `seen`: powers and logarithms know no bounds elsewhere. A column that is the same
    number in all samples counts as that: fixed-point numbers may miss it, where a function jumps.
    """

    def __init__(
        self,
        members: Members,
        chain: Columns,
        outputs: NDArray[np.int64],
        seen: NDArray[np.float64],
    ) -> None:
        self.chain, self.outputs, self.inputs = chain, outputs, members.graph.input.channels
        self.sources = chain.sources[outputs]
        first = members.samples[0]
        self.same = (members.samples == first).all(axis=0)[self.sources]
        self.first = first[self.sources]
        margin = MARGIN * np.ptp(seen, axis=0)
        self.least, self.most = seen.min(axis=0) - margin, seen.max(axis=0) + margin

    def at(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        numbers = np.where(self.same, self.first, numbers)
        found = np.empty(numbers.shape)
        # outputs of different features in one block of rows, and all blocks in one call
        blocks = self._blocks()
        rows = np.zeros((len(blocks), len(numbers), self.inputs))
        for block, together in zip(rows, blocks, strict=True):
            block[:, self.sources[together]] = numbers[:, together]
        with np.errstate(all="ignore"):
            seen = self.chain.apply(rows.reshape(-1, self.inputs))
        for block, together in zip(np.split(seen, len(blocks)), blocks, strict=True):
            found[:, together] = block[:, self.outputs[together]]
        return np.clip(_finite(found), self.least, self.most)

    def _blocks(self) -> list[NDArray[np.int64]]:
        """Every output once, and in none of the blocks two of one feature."""
        places = [np.flatnonzero(self.sources == s) for s in np.unique(self.sources)]
        most = max(len(p) for p in places)
        return [np.concatenate([p[k : k + 1] for p in places]) for k in range(most)]


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Infinities as the nearest finite number of their column: log(0) counts as the least that was met."""
    found = values.copy()
    for column in found.T:
        is_finite = np.isfinite(column)
        if not is_finite.all():
            known = column[is_finite] if is_finite.any() else np.zeros(1)
            column[~is_finite] = np.where(column[~is_finite] > 0, known.max(), known.min())
    return found
