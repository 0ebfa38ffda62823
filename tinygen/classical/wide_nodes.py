"""Wide arithmetic for models whose weights cancel: features of 28 bits, weights of 32, kernels of 30, sums of 64.

Where coefficients are large and cancel, the bits of int16 factors are gone: a sum of terms c[n] * k[n], of which each k
has an error of its own, is off by the length of c times that. This is known before a model is made: what wide sums
cannot hold either is refused.
"""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Kernel, KernelMachine, Linear, Matrix
from tinygen.classical.fixed_features import INT16_MAX, SCORE_MAX, features_bits, fixed_point
from tinygen.classical.stored_rows import common_scale
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.fixed_point import MOST_OF_BITS
from tinygen.ops.classical.pairs import sources
from tinygen.ops.classical.wide_kernel_sums import (
    FRACTION_BITS,
    LARGEST_POWER,
    LARGEST_SUM,
    LOG_BITS,
    ONE,
    PART_BITS,
    WideKernel,
    WideKernelSums,
)
from tinygen.ops.classical.wide_scores import WideScores

INT32_MAX = 2**31 - 1

HEADROOM = 8.0
"""Scores saturate beyond those of the samples times this."""

MEASURE_BITS = 35
FACTOR_MAX = 2.0**26
"""A measure of so many bits times such a factor fits in int64."""

ROOT_BITS, ROOT_FACTOR_MAX = 61, 2.0**30
"""The same of a measure under a root, and of the root."""

LARGE_ERROR = 0.002
"""Of the spread of scores: a larger standard error is worth wide sums."""

SIZE_MARGIN = 1.5
"""Of features that the firmware meets, over the root mean square of the samples."""

TOO_LARGE_ERROR = 0.03
"""Of the spread of scores: where three standard errors are more, one row in a hundred could have another answer."""

WIDE_KERNELS = (Kernel.RBF, Kernel.POLY)

OF_DISTANCE = {
    Kernel.RBF: WideKernel.EXPONENTIAL,
    Kernel.MATERN_1: WideKernel.MATERN_1,
    Kernel.MATERN_3: WideKernel.MATERN_3,
    Kernel.MATERN_5: WideKernel.MATERN_5,
    Kernel.RATIONAL: WideKernel.RATIONAL,
}


def linear_is_coarse(graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64]) -> bool:
    """True if int16 features and weights leave a standard error of scores that matters.

    Rounding a weight moves a score by up to half a unit times the feature: the error grows with the size of features
    as they are met, whereas the unit depends on how large their type lets them be.
    """
    if graph.input.dtype is DType.INT32:
        return True
    scores = samples @ linear.weights.T + linear.bias
    spread = scores.std(axis=0)
    exact = graph.input.dtype is not DType.FLOAT32
    if exact:
        steps, reach = np.ones(samples.shape[1]), graph.reach()
        sizes = np.minimum(SIZE_MARGIN * np.sqrt((samples**2).mean(axis=0)), reach)
    else:
        low, high = samples.min(axis=0), samples.max(axis=0)
        bits = features_bits(samples.shape[1])
        steps = np.maximum(np.maximum((high - low) * 1.5, np.abs(low + high) / 2**14), 0) / 2**bits
        reach = np.full(samples.shape[1], 2.0 ** (bits - 1))
        sizes = reach / 2
    weights = np.abs(linear.weights) * steps
    # scores far from 0 leave few of the bits of a sum, and so of the weights, for what differs between them
    sums = weights @ reach + np.abs(scores.mean(axis=0))
    unit = max(float(weights.max()) / INT16_MAX, float(sums.max()) / SCORE_MAX)
    features = 0.0 if exact else (weights**2).sum(axis=1) / 12
    error = np.sqrt(features + ((unit * sizes) ** 2).sum() / 12)
    return bool((error > LARGE_ERROR * np.maximum(spread, 1e-300)).any() and spread.max() > 0)


def narrow_is_coarse(linear: Linear, columns: NDArray[np.float64]) -> bool:
    """True if scores of columns [N, K] of 16 bits have a standard error that matters."""
    steps = 1.5 * np.ptp(columns, axis=0) / 2**16
    error = np.sqrt(((linear.weights * steps) ** 2).sum(axis=1) / 12)
    spread = (columns @ linear.weights.T).std(axis=0)
    return bool((error > LARGE_ERROR * spread).any())


def wide_features(
    graph: GraphBuilder, linear: Linear, samples: NDArray[np.float64]
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """As `integer_features`, with 28 bits of float32 features; raw integers stay as they are."""
    x = graph.input
    if x.dtype is not DType.FLOAT32:
        return x, linear, np.full(x.channels, -float(x.dtype.limits[0]))
    return fixed_point(graph, linear, samples, MOST_OF_BITS)


def wide_linear(
    graph: GraphBuilder,
    name: str,
    linear: Linear,
    samples: NDArray[np.float64],
    most: int = INT32_MAX,
) -> Tensor:
    """Scores of one scale, clamped to -most..most far beyond those of the samples."""
    real = samples @ linear.weights.T + linear.bias
    x, linear, reach = wide_features(graph, linear, samples)
    sums = (np.abs(linear.weights) @ reach).max() + np.abs(linear.bias).max()
    unit = max(float(np.abs(linear.weights).max()) / INT32_MAX, float(sums) / (LARGEST_SUM / 2))
    unit = _float32_above(max(unit, 1e-300))
    wanted = HEADROOM * max(float(np.abs(real).max()), 1e-30) / most
    shift = max(0, math.ceil(math.log2(wanted / unit)))
    return _scores_node(graph, name, x, linear, unit, shift, most, unit * 2.0**shift)


def _scores_node(
    graph: GraphBuilder,
    name: str,
    x: Tensor,
    linear: Linear,
    unit: float,
    shift: int,
    reach: int,
    scale: float,
) -> Tensor:
    bias, bias_shift = _in_two(linear.bias / unit)
    constants = [
        graph.constant(f"{name}: weights", np.rint(linear.weights / unit)),
        graph.constant(f"{name}: bias", bias),
    ]
    op = WideScores(shift=shift, bias_shift=bias_shift, reach=reach)
    return graph.node(name, op, [x, *constants], scale=float(np.float32(scale)))


WEIGHT_BITS = 28
"""Of the largest weight of a column of 31 bits, or more."""


def wide_columns(
    graph: GraphBuilder,
    name: str,
    x: Tensor,
    linear: Linear,
    reach: NDArray[np.float64],
    met: NDArray[np.float64],
) -> tuple[Tensor, NDArray[np.float64]]:
    """Columns of 31 bits, each of its own scale, and these scales.

    `reach` is that of the integers x, `met` how large each column is on samples: columns saturate beyond twice that,
    where integers reach farther.
    """
    largest = np.maximum(np.abs(linear.weights).max(axis=1), 1e-300)
    sums = np.maximum(np.abs(linear.weights) @ reach + np.abs(linear.bias), largest)
    finest = np.maximum(largest / INT32_MAX, sums / (LARGEST_SUM / 2))
    wanted = np.where(met > 0, np.minimum(sums, 2 * met), sums) / 2.0**30
    # a column without weights has room for any
    room = np.where(linear.weights.any(axis=1), wanted / finest, 2.0**30).min()
    # a column that hardly varies becomes coarser, rather than the weights of all
    needed = (wanted / largest * 2.0**WEIGHT_BITS).max()
    shift = int(np.clip(math.floor(math.log2(float(max(room, needed)))), 0, 30))
    units = np.maximum(wanted / 2.0**shift, finest)
    bias, bias_shift = _in_two(linear.bias / units)
    constants = [
        graph.constant(f"{name}: weights", np.rint(linear.weights / units[:, None])),
        graph.constant(f"{name}: bias", bias),
    ]
    op = WideScores(shift=shift, bias_shift=bias_shift, reach=INT32_MAX)
    return graph.node(name, op, [x, *constants]), units * 2.0**shift


def _float32_above(value: float) -> float:
    """The next number with 24 bits: a scale, which is a float32, then is what it was meant to be.

    Answers of 10^8 that differ by 100 would be off by 10 else.
    """
    mantissa, exponent = math.frexp(value)
    return math.ldexp(math.ceil(mantissa * 2**24), exponent - 24)


def _in_two(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Integers of 31 bits and a power of two that together are the values."""
    largest = max(float(np.abs(values).max()), 1.0)
    shift = max(0, math.ceil(math.log2(largest / 2**30)))
    return np.rint(values / 2.0**shift), shift


@dataclass(frozen=True, kw_only=True, eq=False)
class WideRows:
    """`features` q of the graph and `rows` r are integers with z = scale * q + origin, for both; z are real."""

    features: Tensor
    rows: Tensor
    scale: float
    bound: float
    """What no integer of these is beyond."""


def wide_rows(
    graph: GraphBuilder,
    description: Description,
    rows: NDArray[np.float64],
    samples: NDArray[np.float64],
    is_centered: bool,
    *,
    bits: int | None = None,
    direct: tuple[DType, ...] = (DType.INT8, DType.INT16),
) -> WideRows:
    """Features behind all transformers and rows [N, columns] of such, with 28 bits or a little less.

    `bits`: with so many. Raw features of a type in `direct` stay as they are where nothing transforms them.
    """
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of stored rows is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    if graph.input.dtype in direct and _is_direct(graph.input.dtype, before, rows):
        bound = -float(graph.input.dtype.limits[0])
        constant = graph.constant("stored rows", rows, graph.input.dtype)
        return WideRows(features=graph.input, rows=constant, scale=1.0, bound=bound)
    most = 2 ** ((bits or row_bits(rows.shape[1])) - 1) - 1
    scale, origin = common_scale(before, rows, samples, most, is_centered)
    wanted = Linear(weights=before.weights / scale, bias=(before.bias - origin) / scale)
    features = of_one_scale(graph, "wide features", wanted, samples, most)
    integers = np.clip(np.rint((rows - origin) / scale), -most, most)
    constant = graph.constant("stored rows", integers)
    return WideRows(features=features, rows=constant, scale=scale, bound=float(most))


def of_one_scale(
    graph: GraphBuilder, name: str, wanted: Linear, samples: NDArray[np.float64], most: int
) -> Tensor:
    """The nearest integers to linear functions, as near as sums of 64 bits allow; clamped to -most..most."""
    x, linear, reach = wide_features(graph, wanted, samples)
    linear = _smaller(linear, reach)
    sums = np.abs(linear.weights) @ reach + np.abs(linear.bias)
    largest = max(float(np.abs(linear.weights).max()), 1e-300)
    room = min(INT32_MAX / largest, LARGEST_SUM / 2 / max(float(sums.max()), 1.0))
    shift = int(np.clip(math.floor(math.log2(room)), 0, 60))
    return _scores_node(graph, name, x, linear, 2.0**-shift, shift, most, 1.0)


def _smaller(linear: Linear, reach: NDArray[np.float64]) -> Linear:
    """Columns whose weights are too large for integers were constant: any change saturates them, a smaller one too."""
    sums = np.abs(linear.weights) @ reach + np.abs(linear.bias)
    largest = np.maximum(np.abs(linear.weights).max(axis=1), 1e-300)
    room = np.minimum(INT32_MAX / largest, LARGEST_SUM / 2 / np.maximum(sums, 1.0))
    factors = np.minimum(room, 1.0)
    return Linear(weights=linear.weights * factors[:, None], bias=linear.bias * factors)


def row_bits(columns: int) -> int:
    """Of features that are compared with stored rows: as many as squared distances below 2^60 allow."""
    return min(MOST_OF_BITS, (60 - math.ceil(math.log2(columns))) // 2)


def _is_direct(dtype: DType, before: Matrix, rows: NDArray[np.float64]) -> bool:
    columns = rows.shape[1]
    same = before.weights.shape == (columns, columns) and (before.weights == np.eye(columns)).all()
    fits = np.abs(rows).max() <= dtype.limits[1]
    return bool(same and fits and not before.bias.any() and (rows == np.rint(rows)).all())


def real_scores(machine: KernelMachine, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores of rows behind all transformers, in float64."""
    kernels = real_kernels(machine, z)
    parts = [
        kernels[:, i:j] @ machine.coefficients[i:j] for i, j in itertools.pairwise(machine.groups)
    ]
    return _combined(np.concatenate(parts, axis=1), len(parts)) + machine.bias


def real_kernels(machine: KernelMachine, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The kernels of rows behind all transformers and all stored rows, in float64."""
    products = z @ machine.rows.T
    if machine.kernel.is_of_distance:
        squares = (z**2).sum(axis=1)[:, None] + (machine.rows**2).sum(axis=1) - 2 * products
        return _of_distance(machine, machine.gamma * np.maximum(squares, 0))
    inner = machine.gamma * products + machine.offset
    return np.tanh(inner) if machine.kernel is Kernel.SIGMOID else inner**machine.degree


def _of_distance(machine: KernelMachine, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kernels by gamma times the squared distance."""
    match machine.kernel:
        case Kernel.RBF:
            return np.exp(-t)
        case Kernel.RATIONAL:
            return (1 + t) ** -machine.power
    z = np.sqrt(t)
    parts = {Kernel.MATERN_3: z, Kernel.MATERN_5: z + t / 3}
    return (1 + parts.get(machine.kernel, 0)) * np.exp(-z)


def _combined(sums: NDArray, groups: int) -> NDArray:
    if groups == 1:
        return sums
    first, second = sources(groups)
    return sums[..., first] + sums[..., second]


def score_error(machine: KernelMachine, error: float, largest: float = 1.0) -> NDArray[np.float64]:
    """The standard error of scores, if every kernel has one of this part of the largest."""
    squares = [
        (machine.coefficients[i:j] ** 2).sum(axis=0) for i, j in itertools.pairwise(machine.groups)
    ]
    return np.sqrt(_combined(np.concatenate(squares), len(squares))) * largest * error


def refuse_if_lost(
    machine: KernelMachine, scores: NDArray[np.float64], error: NDArray[np.float64]
) -> None:
    """Raise UnsupportedError where three standard errors are a large part of the spread of scores."""
    spread = np.maximum(scores.std(axis=0), max(machine.spread, 1e-300))
    share = float((3 * error / spread).max())
    if share <= TOO_LARGE_ERROR:
        return
    raise UnsupportedError(
        what=f"coefficients of a {machine.kernel.value} kernel cancel beyond the precision of integers: "
        f"scores can be off by {share:.2g} of their standard deviation",
        where=f"{len(machine.rows)} stored rows, the largest coefficient "
        f"{np.abs(machine.coefficients).max():.3g}, scores of {spread.min():.3g}",
        next_step="regularize (a smaller C, a larger alpha), or scale the features",
    )


@dataclass(frozen=True, kw_only=True)
class _Units:
    """Real numbers that integers stand for: of a coefficient, of a sum; how far sums are shifted."""

    coefficient: float
    total: float
    shift: int

    @property
    def scale(self) -> float:
        return self.total * 2.0**self.shift


class WideSums:
    """WideKernelSums nodes of one machine."""

    def __init__(
        self, graph: GraphBuilder, description: Description, samples: NDArray[np.float64]
    ) -> None:
        self.graph = graph
        machine: KernelMachine = description.scorer
        is_of_distance = machine.kernel.is_of_distance
        self.rows = wide_rows(graph, description, machine.rows, samples, is_of_distance)
        z = algebra.apply(description.transforms, samples)
        inner = np.abs(machine.gamma * (z @ machine.rows.T) + machine.offset).max()
        self.most = 1.0 if is_of_distance else max(1.5 * float(inner), 1e-300)
        largest = 1.0 if is_of_distance else self.most**machine.degree
        scores = real_scores(machine, z)
        refuse_if_lost(machine, scores, score_error(machine, self._error(machine), largest))
        self.machine = machine
        self.coefficients = machine.coefficients * largest
        self.units = self._units(scores)
        # rounded coefficients of kernels that are nearly the same for all rows add a constant
        unit = self.units.coefficient
        self.rounded = np.rint(self.coefficients / unit)
        moved = replace(machine, coefficients=self.rounded * unit / largest)
        self.lost = (real_scores(moved, z) - scores).mean(axis=0)

    def _error(self, machine: KernelMachine) -> float:
        """Of a kernel: rounding of its parts, and what rounding of a stored row makes, by the steepest slope."""
        slope = machine.degree * 2.0 ** (1 - row_bits(machine.rows.shape[1]))
        if machine.kernel.is_of_distance:
            slope = self.rows.scale * math.sqrt(machine.gamma) * _steepest(machine)
        parts = {
            Kernel.MATERN_3: 2.0**-PART_BITS,
            Kernel.MATERN_5: 2.0**-PART_BITS,
            Kernel.RATIONAL: machine.power * 2.0 ** -(LOG_BITS + 1),
        }
        return math.hypot(parts.get(machine.kernel, 2.0**-30), slope) / math.sqrt(12)

    def _units(self, scores: NDArray[np.float64]) -> _Units:
        absolute = np.abs(self.coefficients)
        parts = [absolute[i:j].sum(axis=0) for i, j in itertools.pairwise(self.machine.groups)]
        sums = float(_combined(np.concatenate(parts), len(parts)).max())
        bias = float(np.abs(self.machine.bias).max())
        coefficient = max(
            float(absolute.max()) / INT32_MAX, (sums + bias) * ONE / (LARGEST_SUM / 2), 1e-300
        )
        coefficient = _float32_above(coefficient)
        total = coefficient / ONE
        wanted = HEADROOM * max(float(np.abs(scores).max()), bias, 1e-30) / 2**31
        shift = max(0, math.ceil(math.log2(wanted / total)))
        return _Units(coefficient=coefficient, total=total, shift=shift)

    def node(self, name: str, added: float, factor: float) -> Tensor:
        """(scores + added) * factor"""
        machine, units = self.machine, self.units
        bias, bias_shift = _in_two((machine.bias + added - self.lost) / units.total)
        inputs = [
            self.rows.features,
            self.rows.rows,
            self.graph.constant("coefficients", self.rounded),
            self.graph.constant("groups", machine.groups),
            self.graph.constant("bias", bias),
        ]
        op = self._operator(bias_shift)
        return self.graph.node(name, op, inputs, scale=float(np.float32(units.scale * factor)))

    def _operator(self, bias_shift: int) -> WideKernelSums:
        machine, columns = self.machine, self.machine.rows.shape[1]
        is_of_distance = machine.kernel.is_of_distance
        kernel = OF_DISTANCE.get(machine.kernel, WideKernel.POWER)
        reach = 2 * self.rows.bound if is_of_distance else self.rows.bound
        bits = math.ceil(math.log2(reach**2 * columns)) + 1
        square = machine.gamma * self.rows.scale**2
        measure_shift, most = max(0, bits - MEASURE_BITS), FACTOR_MAX
        to_exponent = math.log2(math.e) * 2**FRACTION_BITS
        if kernel.is_of_root:
            measure_shift, most = max(0, ROOT_BITS - bits), ROOT_FACTOR_MAX
            wanted = math.sqrt(square / 2.0**measure_shift) * to_exponent
        elif kernel is WideKernel.RATIONAL:
            wanted = square * 2.0 ** (measure_shift + LOG_BITS)
        elif kernel is WideKernel.EXPONENTIAL:
            wanted = square * 2.0**measure_shift * to_exponent
        else:
            wanted = square * 2.0**measure_shift / self.most * ONE
        factor_shift = int(np.clip(math.floor(math.log2(most / wanted)), 0, 62))
        power, power_shift = _power(machine)
        return WideKernelSums(
            kernel=kernel,
            measure_shift=measure_shift,
            factor=min(round(wanted * 2.0**factor_shift), int(most)),
            factor_shift=factor_shift,
            power=power,
            power_shift=power_shift,
            sum_shift=self.units.shift,
            bias_shift=bias_shift,
            offset=0 if is_of_distance else round(machine.offset / self.most * ONE),
            degree=machine.degree,
        )


def _steepest(machine: KernelMachine) -> float:
    """The largest slope of a kernel by z = sqrt(gamma) * d."""
    z = np.linspace(0, 6, 6001)
    if machine.kernel is Kernel.RATIONAL:
        z = z / math.sqrt(max(machine.power, 1.0))
    return float(np.abs(np.gradient(_of_distance(machine, z**2), z)).max())


def _power(machine: KernelMachine) -> tuple[int, int]:
    """A factor of logarithms of 28 bits, whose products are exponents of 32, and how far these are shifted."""
    if machine.kernel is not Kernel.RATIONAL:
        return 0, 0
    wanted = machine.power * 2.0 ** (FRACTION_BITS - LOG_BITS)
    shift = int(np.clip(math.floor(math.log2((LARGEST_POWER - 1) / wanted)), 0, 62))
    return min(round(wanted * 2.0**shift), LARGEST_POWER - 1), shift
