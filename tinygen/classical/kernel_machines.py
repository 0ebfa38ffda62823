"""Support vector machines to KernelSums nodes: stored rows as int8 or int16, kernels as tables.

Errors: a kernel is read from a table of integers with KERNEL_BITS bits, which are rounded to half a unit, on straight
lines between these. Such a line is off by h^2 / 8 * |second derivative| for steps h. RBF kernels have steps of which
that is below a unit, half of which is taken off all values, as long as `MOST_VALUES` are enough. The features add
their rounding, which `quantize` measures.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import Sigmoid
from tinygen.classical.curve_nodes import curves_of
from tinygen.classical.curved_nodes import votes_with_confidences
from tinygen.classical.description import Description, Kernel, KernelMachine, Linear, Link, Task
from tinygen.classical.fixed_features import summed_features
from tinygen.classical.linear_nodes import scores_node
from tinygen.classical.members import Members
from tinygen.classical.probabilities import add_probabilities
from tinygen.classical.stored_rows import (
    INT8_REACH,
    MARGIN,
    StoredRows,
    reach_of_int16,
    stored_rows,
)
from tinygen.classical.weighted import Scores, Term
from tinygen.classical.wide_nodes import (
    WIDE_KERNELS,
    WideSums,
    real_scores,
    refuse_if_lost,
    score_error,
)
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.coupled_shares import CoupledShares
from tinygen.ops.classical.kernel_sums import KernelSums
from tinygen.ops.classical.pair_votes import PairVotes
from tinygen.ops.classical.pairs import sources
from tinygen.ops.classical.stored_rows import Measure

INT16_MAX = 32767
KERNEL_BITS = 14
SUM_MAX = 2**30
FOUR_MAX = 2**31 - 2**18
"""Of sums of four products, with room for the rounding of their factors."""

MOST_VALUES = 1024
"""Of a table; and one more."""

MOST_SHIFT = 22
"""With this, differences of neighbours in the table of an RBF kernel times a step still fit in int32."""


def build(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> None:
    """Add the methods of a support vector machine; products of integers of 8 or 16 bits, or with 32 wide sums."""
    machine: KernelMachine = description.scorer
    if machine.kernel is Kernel.LINEAR:
        make = _linear_scores(graph, description, samples)
    elif bits == 32 or machine.kernel.is_wide:
        make = WideSums(graph, description, samples).node
    else:
        make = _kernel_sums(graph, description, samples, bits)
    scores = make("scores", 0.0, 1.0)
    if description.task is not Task.CLASSIFY:
        graph.method("predict" if description.task is Task.REGRESS else "transform", scores)
        return
    if machine.is_pairwise:
        votes = graph.node("votes", PairVotes(), [scores])
        classes = graph.node("classes", ArgMax(), [votes])
    else:  # of a decision 0 the second class is the winner, as libsvm has it; for one class it is not
        threshold = 0 if description.classes == (-1, 1) else -1
        classes = graph.node("classes", ArgMax(threshold=threshold), [scores])
    graph.method("predict", classes)
    if description.has_decision and not machine.is_by_class:
        graph.method("decision", scores)
    elif description.has_decision:
        members = Members(graph=graph, samples=samples, bits=bits, build=build)
        first, second = np.triu_indices(len(description.classes), 1)
        each = np.eye(len(description.classes))
        confidences = Term(tensor=scores, weights=(each[first] - each[second]).T)
        votes = Term(tensor=votes, weights=each)
        graph.method("decision", votes_with_confidences(members, votes, confidences))
    add_probabilities(graph, scores, description.link)
    if machine.pair_platt is not None:
        graph.method("predict_proba", _coupled(graph, machine, scores, len(description.classes)))
    if machine.platt is not None and machine.platt[0] > 0:
        slope, start = machine.platt
        add_probabilities(graph, make("log-odds", start / slope, slope), Link.SIGMOID)
    if description.score_offset is not None:
        graph.method("score", make("normality", description.score_offset, 1.0))


def _coupled(graph: GraphBuilder, machine: KernelMachine, scores: Tensor, classes: int) -> Tensor:
    """Probabilities that fit those of all pairs."""
    scales = np.full(scores.channels, scores.quantization.scale)
    curves = [Sigmoid(slope=a, offset=b) for a, b in machine.pair_platt]
    pairs = curves_of(graph, "pairs", Scores(tensor=scores, scales=scales), curves)
    op = CoupledShares(classes=classes)
    return graph.node("coupled", op, [pairs], dtype=DType.INT16, scale=2**-15)


Maker = Callable[[str, float, float], Tensor]
"""(name, what is added to the scores, what they are multiplied with then) -> a node of them"""


def _linear_scores(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64]
) -> Maker:
    """Stored rows behind a linear kernel are one matrix."""
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of a linear kernel is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    machine: KernelMachine = description.scorer
    weights = [
        machine.coefficients[i:j].T @ machine.rows[i:j]
        for i, j in itertools.pairwise(machine.groups)
    ]
    linear = Linear(weights=_combined(np.concatenate(weights), len(weights)), bias=machine.bias)
    x, linear, reach = summed_features(graph, algebra.collapse(linear, before), samples)

    def make(name: str, added: float, factor: float) -> Tensor:
        moved = Linear(weights=linear.weights * factor, bias=(linear.bias + added) * factor)
        return scores_node(graph, name, x, moved, reach)

    return make


def _combined(sums: NDArray, groups: int) -> NDArray:
    """What belongs to each output, of what belongs to each group and column."""
    if groups == 1:
        return sums
    first, second = sources(groups)
    return sums[first] + sums[second]


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Kernel values at first + (i << shift), real."""

    first: int
    shift: int
    values: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Units:
    """Integers for each unit of a coefficient and of a kernel, and how far sums of fours are shifted."""

    coefficient: float
    kernel: float
    shift: int

    @property
    def scale(self) -> float:
        """Of the sums."""
        return float(np.float32(2.0**self.shift / (self.coefficient * self.kernel)))


def _kernel_sums(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> Maker:
    machine: KernelMachine = description.scorer
    is_rbf = machine.kernel is Kernel.RBF
    stored = stored_rows(graph, description, machine.rows, samples, bits=bits, is_centered=is_rbf)
    table = (
        _distance_table(machine, stored)
        if is_rbf
        else _product_table(machine, stored, description, samples)
    )
    if machine.kernel not in WIDE_KERNELS:
        largest = max(float(np.abs(table.values).max()), 1.0)
        real = real_scores(machine, algebra.apply(description.transforms, samples))
        refuse_if_lost(
            machine, real, score_error(machine, 2.0**-KERNEL_BITS / math.sqrt(12), largest)
        )
    machine, table = _at_most_one(machine, table)
    units = _units(machine)
    values = np.clip(np.rint(table.values * units.kernel), -INT16_MAX, INT16_MAX)
    constants = [
        graph.constant(
            "coefficients", np.rint(machine.coefficients * units.coefficient), DType.INT16
        ),
        graph.constant("groups", machine.groups),
    ]
    kernels = graph.constant("kernel table", values, DType.INT16)
    measure = Measure.SQUARED if is_rbf else Measure.PRODUCT
    op = KernelSums(first=table.first, shift=table.shift, sum_shift=units.shift, measure=measure)
    lost = _lost(machine, units)

    def make(name: str, added: float, factor: float) -> Tensor:
        bias = np.rint((machine.bias + added + lost) / units.scale)
        inputs = [stored.features, stored.rows, *constants, graph.constant("bias", bias), kernels]
        scale = float(np.float32(units.scale * factor))
        return graph.node(name, op, inputs, scale=scale)

    return make


def _at_most_one(machine: KernelMachine, table: _Table) -> tuple[KernelMachine, _Table]:
    """Kernels, and coefficients that are as much larger as these are smaller."""
    largest = max(float(np.abs(table.values).max()), 1e-300)
    if largest <= 1.0:
        return machine, table
    return (
        replace(machine, coefficients=machine.coefficients * largest),
        replace(table, values=table.values / largest),
    )


def _lost(machine: KernelMachine, units: _Units) -> NDArray[np.float64]:
    """What rounding down takes from the outputs on average: half a unit of each kernel, and of each sum of four."""
    lost = []
    for i, j in itertools.pairwise(machine.groups):
        fours = -(-(j - i) // 4) if units.shift else 0
        kernels = machine.coefficients[i:j].sum(0) / units.kernel
        lost.append((kernels + fours * units.scale) / 2)
    return _combined(np.concatenate(lost), len(lost))


def _units(machine: KernelMachine) -> _Units:
    """As many bits as int16 factors and int32 sums allow. Kernels are 1 at most."""
    absolute = np.abs(machine.coefficients)
    kernel = 2.0**KERNEL_BITS
    four = max(_largest_four(absolute, machine.groups), 1e-30)
    coefficient = min(
        INT16_MAX / max(float(absolute.max()), 1e-30), FOUR_MAX / (four * 2.0**KERNEL_BITS)
    )
    sums = np.concatenate([absolute[i:j].sum(0) for i, j in itertools.pairwise(machine.groups)])
    sums = _combined(sums, len(machine.groups) - 1) + np.abs(machine.bias)
    reach = float(sums.max()) * coefficient * kernel
    shift = max(0, math.ceil(math.log2(max(reach, 1.0) / SUM_MAX)))
    return _Units(coefficient=coefficient, kernel=kernel, shift=shift)


def _largest_four(absolute: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    fours = [
        absolute[k : min(k + 4, j)].sum(0).max()
        for i, j in itertools.pairwise(groups)
        for k in range(i, j, 4)
    ]
    return float(max(fours))


def _distance_table(machine: KernelMachine, stored: StoredRows) -> _Table:
    """exp(-gamma d), as far as it is more than half a unit, or as distances go."""
    rate = max(machine.gamma * stored.scale**2, 1e-300)
    kernel = 2.0**KERNEL_BITS
    vanishes = math.log(2 * kernel) / rate
    end = min(vanishes, float(_farthest(stored)))
    step = math.sqrt(8 / kernel) / rate  # a line is above the kernel by up to a unit
    finest = min(math.floor(math.log2(min(step, end))), MOST_SHIFT)
    shift = max(finest, math.ceil(math.log2(end / MOST_VALUES)), 0)
    count = max(math.ceil(end / 2**shift), 1)
    places = np.arange(count + 1) * 2.0**shift
    values = np.exp(-rate * places) * (1 - min((rate * 2.0**shift) ** 2 / 16, 0.5))
    if end == vanishes:
        values[-1] = 0.0
    return _Table(first=0, shift=shift, values=values)


def _farthest(stored: StoredRows) -> int:
    """A bound of the squared distances."""
    rows = np.abs(stored.rows.data.astype(np.int64))
    reach = INT8_REACH if stored.rows.dtype is DType.INT8 else reach_of_int16(rows.shape[1])
    return max(int(((rows + reach) ** 2).sum(axis=1).max()), 1)


def _kernel(machine: KernelMachine, product: NDArray[np.float64]) -> NDArray[np.float64]:
    inner = machine.gamma * product + machine.offset
    return np.tanh(inner) if machine.kernel is Kernel.SIGMOID else inner**machine.degree


def _products(
    machine: KernelMachine, description: Description, samples: NDArray[np.float64]
) -> tuple[float, float]:
    """Bounds of the products of samples and stored rows, and some more."""
    products = algebra.apply(description.transforms, samples) @ machine.rows.T
    low, high = float(products.min()), float(products.max())
    more = MARGIN * max(high - low, 1e-30)
    return low - more, high + more


def _product_table(
    machine: KernelMachine,
    stored: StoredRows,
    description: Description,
    samples: NDArray[np.float64],
) -> _Table:
    """Kernels of products, which saturate beyond those of the samples. The measure is minus the product."""
    low, high = _products(machine, description, samples)
    unit = stored.scale**2
    first, last = math.floor(-high / unit), math.ceil(-low / unit)
    shift = max(math.ceil(math.log2(max(last - first, 1) / MOST_VALUES)), 0)
    count = max(math.ceil((last - first) / 2**shift), 1)
    places = first + np.arange(count + 1) * 2.0**shift
    return _Table(first=first, shift=shift, values=_kernel(machine, -places * unit))
