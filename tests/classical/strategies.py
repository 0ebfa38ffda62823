"""Hypothesis strategies for the operators of classical models; see tests/strategies.py."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.chosen import Chosen
from tinygen.ops.classical.column_tables import ColumnTables
from tinygen.ops.classical.coupled_shares import CoupledShares
from tinygen.ops.classical.curves import Curves
from tinygen.ops.classical.fixed_point import FixedPoint
from tinygen.ops.classical.imputed import Imputed
from tinygen.ops.classical.interpolate import Interpolate
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.classical.kernel_sums import KernelSums
from tinygen.ops.classical.linear_scores import LinearScores
from tinygen.ops.classical.log_sum_exp import LogSumExp
from tinygen.ops.classical.narrow import Narrow
from tinygen.ops.classical.nearest_rows import NearestRows
from tinygen.ops.classical.neighbor_means import NeighborMeans
from tinygen.ops.classical.neighbor_votes import NeighborVotes
from tinygen.ops.classical.neighbor_weights import Weights
from tinygen.ops.classical.non_negative_squares import NonNegativeSquares
from tinygen.ops.classical.normalized import Norm, Normalized
from tinygen.ops.classical.operator import FEATURE_TYPES, float_order
from tinygen.ops.classical.ordered import Ordered
from tinygen.ops.classical.outlier_factor import OutlierFactor
from tinygen.ops.classical.pair_votes import PairVotes
from tinygen.ops.classical.pairs import pairs_of
from tinygen.ops.classical.products import Products
from tinygen.ops.classical.radius_means import RadiusMeans
from tinygen.ops.classical.radius_votes import RadiusVotes
from tinygen.ops.classical.row_distances import RowDistances
from tinygen.ops.classical.scaled_features import ScaledFeatures
from tinygen.ops.classical.shares import Shares
from tinygen.ops.classical.sharp_penalties import SharpPenalties
from tinygen.ops.classical.shrunk_mean import ShrunkMean
from tinygen.ops.classical.softmax_scores import SoftmaxScores
from tinygen.ops.classical.square_sums import SquareSums
from tinygen.ops.classical.squares import Squares
from tinygen.ops.classical.steps import Steps
from tinygen.ops.classical.stored_rows import Measure
from tinygen.ops.classical.tree_sums import TreeSums
from tinygen.ops.classical.weighted_median import WeightedMedian
from tinygen.ops.classical.weighted_sums import WeightedSums
from tinygen.ops.classical.wide_kernel_sums import WideKernel, WideKernelSums
from tinygen.ops.classical.wide_nearest_rows import GAP_BITS, WideMeasure, WideNearestRows
from tinygen.ops.classical.wide_scores import WideScores

Builder = Callable[[st.DrawFn, Arithmetic], Graph]

STRATEGIES: dict[type[Operator], Builder] = {}

ONE = Quantization.per_tensor(1.0, 0)

WIDE_REACH = 2**26
"""Of int32 features that are compared with stored rows: nine squared differences stay below 2^58."""

COMPARES_WIDE = (WideKernelSums, WideNearestRows, RadiusVotes, RadiusMeans, Normalized)
"""Operators that take int32 features within bounds."""


def sample(rng: np.random.Generator, tensor: Tensor, index: int, graph: Graph) -> NDArray:
    """A row of any type but int8: extremes, values near thresholds (small ones), anything."""
    op = graph.nodes[0].op
    if isinstance(op, NeighborVotes | NeighborMeans | OutlierFactor):
        stored = graph.tensors[graph.nodes[0].inputs[1]].shape[0]
        return _found_neighbors(rng, tensor.channels // 2, stored, index)
    low, high = tensor.dtype.limits
    if isinstance(op, COMPARES_WIDE):  # a graph around it would prove these bounds
        low, high = max(low, -WIDE_REACH), min(high, WIDE_REACH)
    if index < 2:
        ends = (low, high) if tensor.dtype.is_integer else (-np.inf, np.inf)
        return np.full(tensor.shape, ends[index], tensor.dtype.numpy)
    if tensor.dtype is DType.FLOAT32:
        bits = rng.integers(low, high, tensor.shape, endpoint=True).astype(np.int32)
        small = rng.integers(-8, 8, tensor.shape) / 4
        return small.astype(np.float32) if index % 2 else bits.view(np.float32)
    reach = 8 if index % 2 else high
    return rng.integers(-reach, reach, tensor.shape, endpoint=True).astype(tensor.dtype.numpy)


def _found_neighbors(
    rng: np.random.Generator, count: int, stored: int, index: int
) -> NDArray[np.int32]:
    """What NearestRows may find: all at distance 0, all as far as can be, some equal, anything."""
    most = (0, 2**30 + 2**29 - 1, 2, 1000, 2**30)[index % 5]
    least = most if index < 2 else 0
    distances = np.sort(rng.integers(least, most, count, endpoint=True))
    rows = rng.integers(0, stored, count)
    return np.concatenate([distances, rows])[None].astype(np.int32)


def graph_of(op: Operator, inputs: Sequence[Tensor], dtype: DType, arithmetic: Arithmetic) -> Graph:
    """A verified graph of one node; inputs that are not constant are the graph's."""
    shape = tuple(op.infer_shapes(inputs)[0])
    y = Tensor(name="y", shape=shape, dtype=dtype, quantization=ONE)
    node = Node(name="node", op=op, inputs=tuple(t.name for t in inputs), outputs=("y",))
    return verify(
        Graph(
            name="one_op",
            tensors={t.name: t for t in (*inputs, y)},
            nodes=(node,),
            inputs=tuple(t.name for t in inputs if not t.is_constant),
            outputs=("y",),
            arithmetic=arithmetic,
        )
    )


def row(length: int, dtype: DType) -> Tensor:
    quantization = ONE if dtype.is_integer else None
    return Tensor(name="x", shape=(1, length), dtype=dtype, quantization=quantization)


def constant(name: str, values: NDArray, dtype: DType = DType.INT32) -> Tensor:
    data = np.asarray(values).astype(dtype.numpy)
    return Tensor(name=name, shape=data.shape, dtype=dtype, data=data)


def _strategy(op_class: type[Operator]) -> Callable[[Builder], Builder]:
    def register(build: Builder) -> Builder:
        STRATEGIES[op_class] = build
        return build

    return register


def _generator(draw: st.DrawFn) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


@_strategy(TreeSums)
def _tree_sums(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32]))
    features = draw(st.sampled_from([1, 3, 20, 300]))
    outputs = draw(st.integers(1, 12))
    kind = draw(st.sampled_from(["rows", "pure", "values", "anything"]))
    chosen, thresholds, children, roots = _shapes_of_trees(
        rng, draw(st.integers(1, 6)), draw(st.integers(0, 40))
    )
    leaves = _leaves(rng, kind, children, roots, outputs)
    inputs = [
        row(features, dtype),
        constant("features", rng.integers(0, features, chosen)),
        constant("thresholds", _thresholds(rng, dtype, thresholds)),
        constant("children", children),
        constant("roots", roots),
        constant("leaves", leaves),
        constant("bias", rng.integers(-1000, 1001, outputs)),
    ]
    return graph_of(TreeSums(), inputs, DType.INT32, arithmetic)


def _shapes_of_trees(
    rng: np.random.Generator, trees: int, most: int
) -> tuple[int, int, NDArray, NDArray]:
    """Trees grown at random leaves: balanced, or like a chain."""
    children: list[list[int]] = []
    roots, leaves = [], 0
    for _ in range(trees):
        slots: list[tuple[list[int], int]] = []
        holder = [0]
        open_slots = [(holder, 0)]
        for _ in range(int(rng.integers(0, most + 1))):
            pick = len(open_slots) - 1 if rng.random() < 0.3 else int(rng.integers(len(open_slots)))
            parent, side = open_slots.pop(pick)
            parent[side] = len(children)
            children.append([0, 0])
            open_slots += [(children[-1], 0), (children[-1], 1)]
        for parent, side in (*slots, *open_slots):
            parent[side] = ~leaves
            leaves += 1
        roots.append(holder[0])
    count = len(children)
    found = np.array(children or [[~0, ~0]])
    return max(count, 1), max(count, 1), found, np.array(roots)


def _thresholds(rng: np.random.Generator, dtype: DType, count: int) -> NDArray:
    if dtype is DType.FLOAT32:
        return float_order((rng.integers(-8, 9, count) / 4).astype(np.float32))
    low, high = dtype.limits
    small = rng.integers(-9, 9, count)
    ends = rng.choice(np.array([low, high - 1]), count)
    return np.where(rng.random(count) < 0.8, small, ends)


def _leaves(
    rng: np.random.Generator, kind: str, children: NDArray, roots: NDArray, outputs: int
) -> NDArray:
    count = -min(int(children.min()), int(roots.min()))
    if kind == "anything":
        return rng.integers(-(2**20), 2**20, (count, outputs))
    if kind == "pure":
        return 8191 * np.eye(outputs, dtype=np.int64)[rng.integers(0, outputs, count)]
    if kind == "rows":
        return rng.integers(0, 100, (count, outputs)) * (rng.random((count, outputs)) < 0.4)
    leaves = np.zeros((count, outputs), np.int64)
    for root in roots:
        target, pending = int(rng.integers(outputs)), [int(root)]
        while pending:
            node = pending.pop()
            if node < 0:
                leaves[~node, target] = rng.integers(-32767, 32768)
            else:
                pending += [int(c) for c in children[node]]
    return leaves


@_strategy(ArgMax)
def _arg_max(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    op = ArgMax(threshold=draw(st.integers(-10, 10)))
    return graph_of(op, [row(draw(st.integers(1, 12)), DType.INT32)], DType.INT32, arithmetic)


@_strategy(LinearScores)
def _linear_scores(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16]))
    length, outputs = draw(st.integers(1, 40)), draw(st.integers(1, 9))
    small = dtype is DType.INT8 and draw(st.booleans())
    shift = 0 if small else draw(st.sampled_from([0, 0, 16]))
    largest = 2**31 // (2 * length * -dtype.limits[0])
    reach = 127 if small else 32767 if shift else min(32767, largest)
    weights = rng.integers(-reach, reach + 1, (outputs, length))
    bias_reach = draw(st.sampled_from([0, 1000, 2**29]))
    inputs = [
        row(length, dtype),
        constant("weights", weights, DType.INT8 if small else DType.INT16),
        constant("bias", rng.integers(-bias_reach, bias_reach + 1, outputs)),
    ]
    return graph_of(LinearScores(shift=shift), inputs, DType.INT32, arithmetic)


@_strategy(FixedPoint)
def _fixed_point(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    length = draw(st.integers(1, 9))
    reach = draw(st.sampled_from([0, 10, 2**29]))
    inputs = [
        row(length, DType.FLOAT32),
        constant(
            "exponents",
            rng.integers(-97, 101, length) if rng.random() < 0.3 else rng.integers(-20, 40, length),
            DType.INT16,
        ),
        constant("offsets", rng.integers(-reach, reach + 1, length)),
    ]
    op = FixedPoint(bits=draw(st.sampled_from([2, 9, 16, 17, 24])))
    return graph_of(op, inputs, op.output_type, arithmetic)


@_strategy(Narrow)
def _narrow(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    shift = draw(st.integers(0, 30))
    reach = min(32768, 2 ** (31 - shift))
    low, high = sorted(draw(st.tuples(*[st.integers(-reach, reach - 1)] * 2)))
    low, high = draw(st.sampled_from([(low, high), (0, 32767), (-32768, 32767)]))
    op = Narrow(shift=shift, low=low, high=high)
    return graph_of(op, [row(draw(st.integers(1, 12)), DType.INT32)], DType.INT16, arithmetic)


@_strategy(Interpolate)
def _interpolate(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    table = _generator(draw).integers(-32768, 32768, 257)
    op = Interpolate(shift=draw(st.integers(0, 31)), bits=draw(st.integers(0, 14)))
    inputs = [row(draw(st.integers(1, 12)), DType.INT32), constant("table", table, DType.INT16)]
    return graph_of(op, inputs, DType.INT16, arithmetic)


@_strategy(ScaledFeatures)
def _scaled_features(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.INT32]))
    out = draw(st.sampled_from([DType.INT8, DType.INT16]))
    features, count = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    factor, offset = (1, 0) if dtype is DType.INT32 else (32767, 2**29)
    least = 0 if dtype is DType.INT32 else -factor
    inputs = [
        row(features, dtype),
        constant("sources", rng.integers(0, features, count), DType.INT16),
        constant("factors", rng.integers(least, factor + 1, count), DType.INT16),
        constant("offsets", rng.integers(-offset, offset + 1, count)),
        constant("shifts", rng.integers(0, 31, count), DType.INT16),
    ]
    op = ScaledFeatures(reach=draw(st.integers(1, out.limits[1])))
    return graph_of(op, inputs, out, arithmetic)


def _stored_rows(draw: st.DrawFn, rng: np.random.Generator) -> tuple[Tensor, NDArray]:
    """Features and stored rows: of extremes, of small numbers, some equal.

    Features may be any number of their type. So int16 leaves room for one only; more are tested with bounds
    (test_stored_rows.py).
    """
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16]))
    length = 1 if dtype is DType.INT16 else draw(st.integers(1, 23))
    reach = draw(st.sampled_from([127, 127, 2]))
    shape = (draw(st.integers(1, 19)), length)
    rows = rng.integers(-reach, reach + 1, shape)
    if draw(st.booleans()):
        rows = rng.choice([-reach, reach], shape)
    rows[rng.integers(len(rows))] = rows[0]
    return row(length, dtype), rows


@_strategy(NearestRows)
def _nearest_rows(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    x, rows = _stored_rows(draw, _generator(draw))
    op = NearestRows(
        count=draw(st.integers(1, min(len(rows), 7))), measure=draw(st.sampled_from(Measure))
    )
    return graph_of(op, [x, constant("rows", rows, x.dtype)], DType.INT32, arithmetic)


@_strategy(KernelSums)
def _kernel_sums(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    x, rows = _stored_rows(draw, rng)
    groups = draw(st.sampled_from([1, 1, 2, 3, 5]))
    outputs = draw(st.integers(1, 3)) if groups == 1 else groups - 1
    edges = np.sort(rng.integers(0, len(rows) + 1, groups - 1))
    # four products of 2^13 * 2^15 and nineteen sums of those, shifted, fit in int32
    reach, sum_shift = draw(st.sampled_from([(8191, 3), (100, 0)]))
    measure = draw(st.sampled_from([Measure.SQUARED, Measure.PRODUCT]))
    shift = draw(st.integers(0, 14))
    inputs = [
        x,
        constant("rows", rows, x.dtype),
        constant(
            "coefficients", rng.integers(-reach, reach + 1, (len(rows), outputs)), DType.INT16
        ),
        constant("groups", np.array([0, *edges, len(rows)])),
        constant("bias", rng.integers(-1000, 1001, outputs if groups == 1 else pairs_of(groups))),
        constant("table", rng.integers(-32767, 32768, draw(st.integers(2, 40))), DType.INT16),
    ]
    first = int(rng.integers(-1000, 1001))
    op = KernelSums(first=first, shift=shift, sum_shift=sum_shift, measure=measure)
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(PairVotes)
def _pair_votes(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    pairs = pairs_of(draw(st.integers(2, 9)))
    return graph_of(PairVotes(), [row(pairs, DType.INT32)], DType.INT32, arithmetic)


@_strategy(NeighborVotes)
def _neighbor_votes(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    classes, stored = draw(st.integers(1, 9)), draw(st.integers(1, 30))
    inputs = [
        row(2 * draw(st.integers(1, 9)), DType.INT32),
        constant("labels", rng.integers(0, classes, stored), DType.INT16),
    ]
    op = NeighborVotes(classes=classes, weights=draw(st.sampled_from(Weights)))
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(NeighborMeans)
def _neighbor_means(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    stored, outputs = draw(st.integers(1, 30)), draw(st.integers(1, 3))
    inputs = [
        row(2 * draw(st.integers(1, 9)), DType.INT32),
        constant("values", rng.integers(-32767, 32768, (stored, outputs)), DType.INT16),
        constant("bias", rng.integers(-(2**29), 2**29, outputs)),
    ]
    op = NeighborMeans(weights=draw(st.sampled_from(Weights)), shift=draw(st.integers(0, 16)))
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(Squares)
def _squares(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16]))
    low, high = sorted(draw(st.tuples(*[st.integers(-16000, 16000)] * 2)))
    length = draw(st.integers(1, 20))
    reach = 127 if dtype is DType.INT8 else 16000
    centers = _generator(draw).integers(-reach, reach + 1, length)
    op = Squares(low=low, high=high, shift=draw(st.integers(0, 20)))
    inputs = [row(length, dtype), constant("centers", centers, DType.INT16)]
    return graph_of(op, inputs, DType.INT16, arithmetic)


@_strategy(SharpPenalties)
def _sharp_penalties(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16]))
    outputs, features = draw(st.integers(1, 12)), draw(st.integers(1, 20))
    counts = rng.integers(1, 5, draw(st.integers(1, 8)))
    low, high = dtype.limits
    groups = np.stack(
        [
            rng.integers(0, features, len(counts)),
            np.clip(
                rng.integers(-9, 10, len(counts)) * rng.choice([1, 3000], len(counts)), low, high
            ),
            rng.integers(0, 32768, len(counts)),
            counts,
        ],
        axis=1,
    )
    members = rng.integers(0, outputs, counts.sum())
    scale = draw(st.integers(0, 8))
    limit = draw(st.integers(1, (2**30 - 1) >> scale))
    op = SharpPenalties(shift=draw(st.integers(0, 20)), scale=scale, limit=limit)
    x = row(features, dtype)
    scores = Tensor(name="scores", shape=(1, outputs), dtype=DType.INT32, quantization=ONE)
    inputs = [
        scores,
        x,
        constant("groups", groups, DType.INT16),
        constant("members", members, DType.INT16),
    ]
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(SoftmaxScores)
def _softmax_scores(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    steepness = draw(st.sampled_from([0.0, 0.01, 0.05, 1.0]))
    table = np.rint(32767 * np.exp(-steepness * np.arange(257)))
    op = SoftmaxScores(shift=draw(st.integers(0, 31)), bits=draw(st.integers(0, 14)))
    inputs = [row(draw(st.integers(1, 12)), DType.INT32), constant("table", table, DType.INT16)]
    return graph_of(op, inputs, DType.INT16, arithmetic)


@_strategy(SquareSums)
def _square_sums(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    outputs, group = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    length = outputs * group
    inputs = [
        row(length, DType.INT32),
        constant("shifts", rng.integers(-15, 31, length), DType.INT8),
        constant("bias", rng.integers(-(2**30), 2**31, outputs)),
    ]
    return graph_of(SquareSums(shift=draw(st.integers(0, 30))), inputs, DType.INT32, arithmetic)


@_strategy(LogSumExp)
def _log_sum_exp(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    steepness = draw(st.sampled_from([0.0, 0.01, 0.05, 1.0]))
    exponentials = np.rint(32767 * np.exp(-steepness * np.arange(257)))
    logarithms = np.rint(2**14 * np.log2(1 + np.arange(257) / 256))
    op = LogSumExp(
        shift=draw(st.integers(0, 31)),
        bits=draw(st.integers(0, 14)),
        factor=draw(st.integers(0, 8191)),
        factor_shift=draw(st.integers(1, 30)),
    )
    inputs = [
        row(draw(st.integers(1, 12)), DType.INT32),
        constant("exponentials", exponentials, DType.INT16),
        constant("logarithms", logarithms, DType.INT16),
    ]
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(JoinedRows)
def _joined_rows(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    inputs, pieces = [], []
    for i in range(draw(st.integers(1, 4))):
        classes = draw(st.sampled_from([0, 0, 0, 5]))
        dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.INT32]))
        dtype = DType.INT32 if classes else dtype
        x = row(1 if classes else draw(st.integers(1, 9)), dtype)
        inputs.append(dataclasses.replace(x, name=f"x{i}"))
        is_free = dtype is not DType.INT32  # int32 leaves no room but for an unchanged copy
        pieces.append(
            Piece(
                zero=int(rng.integers(-200, 200)) if is_free else 0,
                factor=int(2 ** rng.integers(0, 14)) if is_free or classes else 1,
                classes=classes,
            )
        )
    return graph_of(JoinedRows(pieces=tuple(pieces)), inputs, DType.INT32, arithmetic)


@_strategy(WeightedSums)
def _weighted_sums(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    columns, outputs = draw(st.integers(1, 12)), draw(st.integers(1, 7))
    counts = rng.integers(0, 6, outputs)
    entries = max(int(counts.sum()), 1)
    few = counts.max() <= 1  # one product may be as large as can be
    least_shift = 0 if few else 2
    inputs = [
        row(columns, DType.INT32),
        constant("columns", rng.integers(0, columns, entries), DType.INT16),
        constant("weights", rng.choice([-32768, -1, 0, 3, 32767], entries), DType.INT16),
        constant("shifts", rng.integers(least_shift, 16, entries), DType.INT16),
        constant("counts", counts, DType.INT16),
        constant("bias", rng.integers(-(2**29), 2**29, outputs)),
    ]
    return graph_of(WeightedSums(), inputs, DType.INT32, arithmetic)


@_strategy(NonNegativeSquares)
def _non_negative_squares(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    count = draw(st.integers(1, 7))
    most = draw(st.sampled_from([0, 2**10, (2**30 - 1) // max(count - 1, 1)]))
    overlaps = _generator(draw).integers(0, most, (count, count), endpoint=True)
    overlaps = np.minimum(overlaps, overlaps.T)
    np.fill_diagonal(overlaps, 0)
    inputs = [row(count, DType.INT32), constant("overlaps", overlaps)]
    op = NonNegativeSquares(sweeps=draw(st.integers(1, 40)))
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(CoupledShares)
def _coupled_shares(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    classes = draw(st.integers(2, 12))
    op = CoupledShares(classes=classes)
    return graph_of(op, [row(pairs_of(classes), DType.INT16)], DType.INT16, arithmetic)


@_strategy(WeightedMedian)
def _weighted_median(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    count = draw(st.integers(1, 20))
    most = draw(st.sampled_from([1, 3, 2**25]))
    weights = _generator(draw).integers(0, most + 1, count)
    weights[0] += 1
    inputs = [row(count, DType.INT32), constant("weights", weights)]
    return graph_of(WeightedMedian(), inputs, DType.INT32, arithmetic)


@_strategy(Curves)
def _curves(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    counts = rng.integers(1, 9, draw(st.integers(1, 5)))
    low, high = draw(st.sampled_from([(-9, 9), (-(2**31), 2**31 - 1)]))
    curves = [np.unique(rng.integers(low, high, n, endpoint=True)) for n in counts]
    positions = np.concatenate(curves)
    out = draw(st.sampled_from([DType.INT16, DType.INT32]))
    several = [0, 1, 9000, 32767] if out is DType.INT16 else [-(2**29), -1, 2**20, 2**29]
    inputs = [
        row(len(counts), DType.INT32),
        constant("positions", positions),
        constant("values", rng.choice(several, len(positions)), out),
        constant("counts", [len(c) for c in curves], DType.INT16),
    ]
    return graph_of(Curves(), inputs, out, arithmetic)


@_strategy(Shares)
def _shares(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    return graph_of(Shares(), [row(draw(st.integers(1, 12)), DType.INT16)], DType.INT16, arithmetic)


@_strategy(WideScores)
def _wide_scores(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.INT32]))
    length, outputs = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    reach = draw(st.sampled_from([100, 2**26]))
    inputs = [
        row(length, dtype),
        constant("weights", rng.integers(-reach, reach + 1, (outputs, length))),
        constant("bias", rng.integers(-(2**30), 2**30, outputs)),
    ]
    op = WideScores(
        shift=draw(st.integers(0, 40)),
        bias_shift=draw(st.integers(0, 28)),
        reach=draw(st.sampled_from([2**31 - 1, 1000])),
    )
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(WideKernelSums)
def _wide_kernel_sums(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.INT32]))
    length, count = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    low, high = np.clip(dtype.limits, -WIDE_REACH, WIDE_REACH)
    groups = draw(st.sampled_from([1, 1, 2, 3, 5]))
    outputs = draw(st.integers(1, 3)) if groups == 1 else groups - 1
    edges = np.sort(rng.integers(0, count + 1, groups - 1))
    reach = draw(st.sampled_from([2**26, 100]))
    inputs = [
        row(length, dtype),
        constant("rows", rng.integers(low, high + 1, (count, length)), dtype),
        constant("coefficients", rng.integers(-reach, reach + 1, (count, outputs))),
        constant("groups", np.array([0, *edges, count])),
        constant(
            "bias", rng.integers(-(2**30), 2**30, outputs if groups == 1 else pairs_of(groups))
        ),
    ]
    kernel = draw(st.sampled_from(WideKernel))
    if kernel.is_of_root:  # shifted up: squared distances are below 2^20, 2^36 or 2^58
        shift = st.integers(0, {DType.INT8: 40, DType.INT16: 24, DType.INT32: 3}[dtype])
    else:
        shift = st.integers(4, 20) if dtype is not DType.INT32 else st.integers(28, 40)
    op = WideKernelSums(
        kernel=kernel,
        measure_shift=draw(shift),
        factor=draw(st.integers(0, 2**28)),
        factor_shift=draw(st.integers(0, 40)),
        sum_shift=draw(st.integers(0, 40)),
        bias_shift=draw(st.integers(0, 28)),
        offset=draw(st.integers(-(2**30), 2**30)),
        degree=draw(st.integers(1, 5)),
        power=draw(st.sampled_from([0, 2**20, 2**29 - 1])),
        power_shift=draw(st.integers(0, 40)),
    )
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(ShrunkMean)
def _shrunk_mean(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    op = ShrunkMean(
        one=draw(st.sampled_from([1, 2**20, 2**30 + 7, 2**61 - 1])), shift=draw(st.integers(0, 62))
    )
    return graph_of(op, [row(draw(st.integers(1, 9)), DType.INT32)], DType.INT32, arithmetic)


@_strategy(WideNearestRows)
def _wide_nearest_rows(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    measure = draw(st.sampled_from(WideMeasure))
    is_squared = measure is WideMeasure.SQUARED
    dtype = draw(st.sampled_from([DType.INT16, DType.INT32] if is_squared else [DType.INT32]))
    length, count = draw(st.integers(1, 9)), draw(st.integers(1, 19))
    low, high = np.clip(dtype.limits, -WIDE_REACH, WIDE_REACH)
    reach = draw(st.sampled_from([high, 8]))
    rows = rng.integers(max(low, -reach), reach + 1, (count, length))
    rows[rng.integers(count)] = rows[0]
    inputs = [row(length, dtype), constant("rows", rows, dtype)]
    if measure is WideMeasure.POWER:
        terms = rng.integers(-(2**27), 2**28, draw(st.integers(1, 7)))
        terms[0] = 2**30
        inputs += [
            constant("terms", terms),
            constant("factors", rng.integers(0, 2**26, GAP_BITS)),
            constant("shifts", rng.integers(0, 63, GAP_BITS)),
        ]
    op = WideNearestRows(
        count=draw(st.integers(1, min(count, 7))),
        measure=measure,
        shift=draw(st.sampled_from([None, None, 40, 62])),
    )
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(Steps)
def _steps(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from(FEATURE_TYPES))
    features, outputs = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    counts = rng.integers(0, 6, outputs)
    edges = [np.unique(_thresholds(rng, dtype, count)) for count in counts]
    counts = np.array([len(e) for e in edges])
    flat = np.concatenate(edges) if counts.any() else np.zeros(1)
    inputs = [
        row(features, dtype),
        constant("sources", rng.integers(0, features, outputs), DType.INT16),
        constant("counts", counts, DType.INT16),
        constant("edges", flat),
        constant("values", rng.integers(-32768, 32768, counts.sum() + outputs), DType.INT16),
    ]
    return graph_of(Steps(), inputs, DType.INT16, arithmetic)


@_strategy(ColumnTables)
def _column_tables(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16]))
    features, outputs = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    segments = rng.choice([1, 2, 16, 77], outputs)
    reach = draw(st.sampled_from([0, 200, 2**30]))
    inputs = [
        row(features, dtype),
        constant("sources", rng.integers(0, features, outputs), DType.INT16),
        constant("shifts", rng.integers(0, 15, outputs), DType.INT16),
        constant("segments", segments, DType.INT16),
        constant("firsts", rng.integers(-reach, reach + 1, outputs)),
        constant("entries", rng.integers(-32768, 32768, (segments + 1).sum()), DType.INT16),
    ]
    return graph_of(ColumnTables(), inputs, DType.INT16, arithmetic)


@_strategy(Products)
def _products(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.INT32]))
    features, outputs = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    most = draw(st.integers(1, 4))
    used = np.arange(most) < rng.integers(1, most + 1, outputs)[:, None]
    factors = np.where(used, rng.integers(0, features, (outputs, most)), -1)
    # a product with a number of the type then stays in int16
    least = {DType.INT8: 8, DType.INT16: 16, DType.INT32: 31}[dtype]
    shifts = rng.integers(least, min(least + 4, 32), (outputs, most))
    shifts = np.where(np.arange(most) > 0, shifts, 0)
    inputs = [
        row(features, dtype),
        constant("factors", factors, DType.INT16),
        constant("shifts", shifts, DType.INT16),
    ]
    out = DType.INT32 if dtype is DType.INT32 else DType.INT16
    return graph_of(Products(), inputs, out, arithmetic)


@_strategy(Normalized)
def _normalized(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.INT32]))
    # squares of int16 have room for three
    length = draw(st.integers(1, 3 if dtype is DType.INT16 else 40))
    op = Normalized(norm=draw(st.sampled_from(Norm)))
    out = DType.INT32 if dtype is DType.INT32 else DType.INT16
    return graph_of(op, [row(length, dtype)], out, arithmetic)


@_strategy(Imputed)
def _imputed(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    dtype = draw(st.sampled_from(FEATURE_TYPES))
    length = draw(st.integers(1, 9))
    low, high = dtype.limits if dtype.is_integer else (-(2**31), 2**31 - 1)
    values = rng.integers(low, high, length, endpoint=True)
    missing = draw(st.sampled_from([0, 1, low, high]))
    if dtype is DType.FLOAT32:
        # bits of numbers that are met: infinity, 0.25, -0
        missing = draw(st.sampled_from([None, None, 0x7F800000, 0x3E800000, -(2**31)]))
        values = np.float32([1.5, -2.0, 1e30])[rng.integers(0, 3, length)].view(np.int32)
    x = row(length, dtype)
    inputs = [x, constant("values", values)]
    return _same_type(Imputed(missing=missing), inputs, arithmetic)


@_strategy(Ordered)
def _ordered(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    x = row(draw(st.sampled_from([1, 2, 9])), DType.FLOAT32)
    return graph_of(Ordered(), [x], DType.INT32, arithmetic)


@_strategy(Chosen)
def _chosen(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    x = row(draw(st.integers(1, 9)), draw(st.sampled_from(FEATURE_TYPES)))
    sources = _generator(draw).integers(0, x.channels, draw(st.integers(1, 12)))
    return _same_type(Chosen(), [x, constant("sources", sources, DType.INT16)], arithmetic)


def _same_type(op: Operator, inputs: Sequence[Tensor], arithmetic: Arithmetic) -> Graph:
    """One node whose output has the type of its input."""
    x = inputs[0]
    (shape,) = op.infer_shapes(inputs)
    y = Tensor(name="y", shape=shape, dtype=x.dtype, quantization=x.quantization)
    node = Node(name="node", op=op, inputs=tuple(t.name for t in inputs), outputs=("y",))
    return verify(
        Graph(
            name="one_op",
            tensors={t.name: t for t in (*inputs, y)},
            nodes=(node,),
            inputs=("x",),
            outputs=("y",),
            arithmetic=arithmetic,
        )
    )


@_strategy(RowDistances)
def _row_distances(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    x, rows = _stored_rows(draw, _generator(draw))
    return graph_of(RowDistances(), [x, constant("rows", rows, x.dtype)], DType.INT32, arithmetic)


def _rows_within(draw: st.DrawFn, rng: np.random.Generator) -> tuple[Tensor, NDArray]:
    """As `_stored_rows`, or int32 ones of up to four features, near each other or not."""
    if draw(st.sampled_from([True, True, False])):
        return _stored_rows(draw, rng)
    reach = draw(st.sampled_from([WIDE_REACH, 2**17, 2]))
    shape = (draw(st.integers(1, 19)), draw(st.integers(1, 4)))
    return row(shape[1], DType.INT32), rng.integers(-reach, reach + 1, shape)


@_strategy(RadiusVotes)
def _radius_votes(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    x, rows = _rows_within(draw, rng)
    classes = draw(st.integers(1, 5))
    labels = rng.integers(0, classes, len(rows))
    inputs = [x, constant("rows", rows, x.dtype), constant("labels", labels, DType.INT16)]
    op = RadiusVotes(
        limit=draw(st.sampled_from([-1, 0, 10, 1000, 10**5, 2**27])),
        classes=classes,
        outlier=draw(st.integers(0, classes - 1)),
        measure=draw(st.sampled_from([Measure.SQUARED, Measure.MANHATTAN, Measure.CHEBYSHEV])),
        weights=draw(st.sampled_from(Weights)),
    )
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(RadiusMeans)
def _radius_means(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    x, rows = _rows_within(draw, rng)
    outputs = draw(st.integers(1, 3))
    inputs = [
        x,
        constant("rows", rows, x.dtype),
        constant("values", rng.integers(-32768, 32768, (len(rows), outputs)), DType.INT16),
        constant("bias", rng.integers(-(2**30), 2**30, outputs)),
    ]
    op = RadiusMeans(
        limit=draw(st.sampled_from([-1, 0, 10, 1000, 10**5, 2**27])),
        measure=draw(st.sampled_from([Measure.SQUARED, Measure.MANHATTAN, Measure.CHEBYSHEV])),
        weights=draw(st.sampled_from(Weights)),
    )
    return graph_of(op, inputs, DType.INT32, arithmetic)


@_strategy(OutlierFactor)
def _outlier_factor(draw: st.DrawFn, arithmetic: Arithmetic) -> Graph:
    rng = _generator(draw)
    stored = draw(st.integers(1, 30))
    inputs = [
        row(2 * draw(st.integers(1, 9)), DType.INT32),
        constant("reaches", rng.integers(0, 2**24, stored)),
        constant("densities", rng.integers(0, 2**20 + 1, stored)),
        constant("bias", rng.integers(-(2**30), 2**30, 1)),
    ]
    op = OutlierFactor(shift=draw(st.integers(0, 40)))
    return graph_of(op, inputs, DType.INT32, arithmetic)
