"""Sums of kernels with 30 bits each, for coefficients that cancel. Rules R9 and R10 of ARITHMETIC.md."""

import enum
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.pairs import pairs_of, sources

ONE = 2**30
FRACTION_BITS = 32
"""Of exponents to the base 2."""

ROOTS = np.rint(ONE * 2.0 ** (-np.arange(64) / 64)).astype(np.int64)
"""2^(-i / 64)"""

LOG_2 = round(np.log(2) * 2**32)
LARGEST_SUM, LARGEST_MEASURE = 2**62, 2**62
LARGEST_FEATURE = 2**28
PART_BITS, LOG_BITS = 26, 28
"""Of z, and of logarithms to the base 2."""

LARGEST_POWER = 2**29
"""A logarithm is below 2^33: its product with this fits in int64."""


class WideKernel(enum.Enum):
    """A function of 30 bits of a measure with 64."""

    EXPONENTIAL = "exponential"
    """2^-e, e = ((squared distance >> measure_shift) * factor >> factor_shift) / 2^32"""

    MATERN_1 = "exponential of the root"
    """2^-e, e = (floor(sqrt(squared distance << measure_shift)) * factor >> factor_shift) / 2^32"""

    MATERN_3 = "the same times 1 + z"
    """z = e * log(2)"""

    MATERN_5 = "the same times 1 + z + z^2 / 3"

    RATIONAL = "rational"
    """2^-e, e = (2^28 * log2(1 + u) * power >> power_shift) / 2^32,
    u = ((squared distance >> measure_shift) * factor >> factor_shift) / 2^28"""

    POWER = "power"
    """p^degree, p = clamp(((product >> measure_shift) * factor >> factor_shift) + offset, -2^30, 2^30) / 2^30"""

    @property
    def is_of_root(self) -> bool:
        return self in (WideKernel.MATERN_1, WideKernel.MATERN_3, WideKernel.MATERN_5)


@dataclass(frozen=True, kw_only=True)
class WideKernelSums(ClassicalOperator):
    """y = clamp((sums + bias * 2^bias_shift + half) >> sum_shift), combined for pairs of classes as KernelSums does

    sums[g, m] = sum over the rows n of group g of coefficients[n, m] * kernel(x, row n), int64

    Inputs: x [1, K], int8, int16 or int32; rows [N, K] of the same type, all within 2^28; coefficients [N, M], groups
    [G + 1] and bias as those of KernelSums, int32.
    """

    kernel: WideKernel
    measure_shift: int
    factor: int
    factor_shift: int
    sum_shift: int
    bias_shift: int
    offset: int = 0
    degree: int = 1
    power: int = 0
    power_shift: int = 0

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16, DType.INT32), 5)
        expect_constants(self, inputs, 1)
        x, rows, coefficients, groups, bias = inputs
        same = rows.dtype is x.dtype and len(rows.shape) == 2 and rows.shape[1] == x.channels
        if not same or coefficients.shape[:1] != rows.shape[:1] or len(coefficients.shape) != 2:
            raise unsupported(self, inputs, f"rows {rows.describe()}", "rows as the features")
        edges = groups.data.astype(np.int64)
        if edges[0] != 0 or edges[-1] != rows.shape[0] or (np.diff(edges) < 0).any():
            raise unsupported(self, inputs, "groups that are not all rows", "rising from 0 to N")
        outputs, parts = coefficients.shape[1], groups.size - 1
        wanted = outputs if parts == 1 else pairs_of(parts)
        if bias.shape != (wanted,) or (parts > 1 and parts != outputs + 1):
            raise unsupported(self, inputs, f"a bias {bias.describe()}", f"[{wanted}]")
        shifts = (
            self.measure_shift, self.factor_shift, self.sum_shift, self.bias_shift, self.power_shift
        )  # fmt: skip
        right = min(shifts) >= 0 and max(shifts) <= 62 and 0 <= self.factor <= INT32_MAX
        right = right and 0 <= self.power < LARGEST_POWER
        if not right or abs(self.offset) > ONE or not 1 <= self.degree <= 16:
            raise unsupported(self, inputs, "shifts, factor or degree out of range", "see rule R9")
        return ((1, wanted),)

    def macs(self, call: Call) -> int:
        return call.inputs[1].size + call.inputs[2].size

    @property
    def half(self) -> int:
        return (1 << self.sum_shift) >> 1

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, rows, coefficients, groups, bias = (a.astype(np.int64) for a in inputs)
        kernels = np.stack([self.kernels(row, rows) for row in x])
        parts = [kernels[:, i:j] @ coefficients[i:j] for i, j in itertools.pairwise(groups)]
        sums = np.concatenate(parts, axis=1)
        if len(parts) > 1:
            first, second = sources(len(parts))
            sums = sums[:, first] + sums[:, second]
        sums = (sums + (bias << self.bias_shift) + self.half) >> self.sum_shift
        return np.clip(sums, INT32_MIN, INT32_MAX).astype(np.int32)

    def kernels(self, x: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The kernels of a row and all stored rows, times 2^30."""
        if self.kernel is not WideKernel.POWER:
            return self._of_distances(((x - rows) ** 2).sum(axis=1))
        measure = (rows @ x) >> self.measure_shift
        p = np.clip((measure * self.factor >> self.factor_shift) + self.offset, -ONE, ONE)
        power = p
        for _ in range(self.degree - 1):
            power = power * p >> 30
        return power

    def _of_distances(self, squares: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.kernel.is_of_root:
            roots = whole_root(squares << self.measure_shift)
            e = np.minimum(roots * self.factor >> self.factor_shift, 31 << FRACTION_BITS)
            return exponential(e) * _polynomial(self.kernel, e) >> PART_BITS
        scaled = (squares >> self.measure_shift) * self.factor >> self.factor_shift
        if self.kernel is WideKernel.RATIONAL:
            logarithms = logarithm(np.minimum(scaled, 1 << 60) + (1 << LOG_BITS))
            scaled = logarithms * self.power >> self.power_shift
        return exponential(scaled)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        self._expect_measures(call, inputs[0])
        coefficients, groups, bias = (t.data.astype(object) for t in call.inputs[2:])
        sums = np.array(
            [abs(coefficients[i:j]).sum(axis=0) for i, j in itertools.pairwise(groups)]
        ).ravel()
        if len(groups) > 2:
            first, second = sources(len(groups) - 1)
            sums = sums[first] + sums[second]
        most = sums * ONE + abs(bias) * 2**self.bias_shift + self.half
        if max(most) >= LARGEST_SUM:
            raise call.unsupported("sums of kernels can leave int64", "smaller coefficients")
        return (Range.full(len(bias), INT32_MIN, INT32_MAX),)

    def _expect_measures(self, call: Call, x: Range) -> None:
        """Raise UnsupportedError unless measures, and their products with the factor, fit in int64."""
        rows = call.inputs[1].data.astype(object)
        low, high = x.low.astype(object), x.high.astype(object)
        largest = max(abs(rows).max(), abs(low).max(), abs(high).max())
        if self.kernel is not WideKernel.POWER:
            gaps = np.maximum(abs(high - rows), abs(rows - low))
            measure = max((gaps**2).sum(axis=1))
        else:
            measure = max((abs(rows) * np.maximum(abs(low), abs(high))).sum(axis=1))
        if self.kernel.is_of_root:
            measure = measure << self.measure_shift
            scaled = (math.isqrt(measure) + 1) * self.factor
        else:
            scaled = ((measure >> self.measure_shift) + 1) * self.factor
        if largest > LARGEST_FEATURE or max(measure, scaled) >= LARGEST_MEASURE:
            raise call.unsupported("measures can leave int64", "features of fewer bits")


def exponential(exponents: NDArray[np.int64]) -> NDArray[np.int64]:
    """2^30 * 2^(-e / 2^32)"""
    e = np.minimum(exponents, 31 << FRACTION_BITS)
    root = ROOTS[(e >> 26) & 63]
    c = (e & 0x3FFFFFF) * LOG_2 >> 32  # of the rest, times 2^32
    square = c * c >> 32
    lost = c - (square >> 1) + (square * c >> 32) // 6
    return (root - (root * lost >> 32)) >> (e >> FRACTION_BITS)


def whole_root(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """floor(sqrt(v)) of values from 0 to 2^62, exact."""
    root = np.sqrt(values.astype(np.float64)).astype(np.int64)
    root -= root * root > values
    return root + ((root + 1) * (root + 1) <= values)


def logarithm(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """2^28 * log2(v / 2^28), about, of values from 2^28 to 2^61: the bits of the logarithm one by one, by squares."""
    whole = np.array([int(v).bit_length() - 1 for v in values])
    rest = np.where(
        whole > 31, values >> np.maximum(whole - 31, 0), values << np.maximum(31 - whole, 0)
    )
    rest, bits = rest.astype(np.uint64), np.zeros(len(values), np.int64)
    for _ in range(LOG_BITS):
        rest = rest * rest >> np.uint64(31)
        bit = rest >> np.uint64(32)
        bits = bits << 1 | bit.astype(np.int64)
        rest >>= bit
    return (whole - LOG_BITS << LOG_BITS) + bits


LOG_2_PART = round(np.log(2) * 2**PART_BITS)
THIRD = 2**PART_BITS // 3


def _polynomial(kernel: WideKernel, e: NDArray[np.int64]) -> NDArray[np.int64]:
    """What an exponential is multiplied with, times 2^26."""
    z = (e >> FRACTION_BITS - PART_BITS) * LOG_2_PART >> PART_BITS
    one = np.full_like(z, 1 << PART_BITS)
    if kernel is WideKernel.MATERN_1:
        return one
    return (
        one + z
        if kernel is WideKernel.MATERN_3
        else one + z + (z * (z * THIRD >> PART_BITS) >> PART_BITS)
    )
