"""Integer arithmetic of tinygen: multipliers, requantization, fixed-point functions.

This is the only definition in Python; `runtime_c/include/tg_fixedpoint.h` is its twin in C, and the
tests compare the two over all shifts and all edge values. The rule numbers (A1, A2, ...) are those
of ARITHMETIC.md.

All functions take integers or integer arrays of any shape (computed in int64) and return int64
arrays whose values fit in int32 unless said otherwise.
"""

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

INT8_MIN, INT8_MAX = -128, 127
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1

Integers = NDArray[np.int64]


class Arithmetic(enum.Enum):
    """Which definition of the integer operators a graph follows (ARITHMETIC.md, section 1)."""

    TFLM = "tflm"
    """TFLite Micro's reference kernels: two roundings per requantization."""

    NATIVE = "native"
    """tinygen's own: one rounding, half up; the definition that costs least on the device."""


@dataclass(frozen=True, kw_only=True)
class Multiplier:
    """A positive factor `value * 2**(shift - 31)`, `value` in [2**30, 2**31) or 0 (rule A1)."""

    value: int
    shift: int

    def __post_init__(self) -> None:
        if not 0 <= self.value <= INT32_MAX or not -31 <= self.shift <= 31:
            raise ValueError(f"multiplier {self.value} * 2**{self.shift} is out of range")


def quantize_multiplier(factor: float) -> Multiplier:
    """Return the fixed-point form of a factor in [0, 2**31), the mantissa rounded half up (A1)."""
    if factor == 0.0:
        return Multiplier(value=0, shift=0)
    if not 0.0 < factor < 2.0**31:
        raise ValueError(f"factor {factor} is not in [0, 2**31)")
    mantissa, exponent = math.frexp(factor)
    value = math.floor(mantissa * 2.0**31 + 0.5)
    if value == 2**31:
        value, exponent = 2**30, exponent + 1
    if exponent < -31:
        return Multiplier(value=0, shift=0)
    return Multiplier(value=value, shift=exponent)


def wrap_int32(x: ArrayLike) -> Integers:
    """Reduce to int32 modulo 2**32, as unsigned arithmetic in C does (A2)."""
    return ((np.asarray(x, np.int64) + 2**31) & 0xFFFFFFFF) - 2**31


def doubling_high_multiply(a: ArrayLike, b: ArrayLike) -> Integers:
    """Return floor((a*b + 2**30) / 2**31), saturated for a == b == -2**31 (A3)."""
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    return np.minimum((a * b + 2**30) >> 31, INT32_MAX)


def rounding_divide_by_pot(x: ArrayLike, exponent: ArrayLike) -> Integers:
    """Return x / 2**exponent, exponent in 0..31, rounded half away from zero (A4)."""
    x, exponent = np.asarray(x, np.int64), np.asarray(exponent, np.int64)
    half = np.where(exponent > 0, np.int64(1) << np.maximum(exponent - 1, 0), 0)
    ties_away = np.where(exponent > 0, x < 0, 0)
    return (x + half - ties_away) >> exponent


def saturating_multiply_by_pot(x: ArrayLike, exponent: int) -> Integers:
    """Return x * 2**exponent, exponent in -31..31: saturated to the left, A4 to the right (A5)."""
    if exponent <= 0:
        return rounding_divide_by_pot(x, -exponent)
    return np.clip(np.asarray(x, np.int64) << exponent, INT32_MIN, INT32_MAX)


def requantize_tflm(acc: ArrayLike, value: ArrayLike, shift: ArrayLike) -> Integers:
    """Scale int32 accumulators by a multiplier with TFLite Micro's two roundings (A6)."""
    shift = np.asarray(shift, np.int64)
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    scaled = wrap_int32(np.asarray(acc, np.int64) << left)
    return rounding_divide_by_pot(doubling_high_multiply(scaled, value), right)


def requantize_native(acc: ArrayLike, value: ArrayLike, shift: ArrayLike) -> Integers:
    """Scale int32 accumulators by a multiplier: one rounding, half up; shift in -31..30 (A7)."""
    total = 31 - np.asarray(shift, np.int64)
    product = np.asarray(acc, np.int64) * np.asarray(value, np.int64)
    return wrap_int32((product + (np.int64(1) << (total - 1))) >> total)


def requantize(
    acc: ArrayLike, value: ArrayLike, shift: ArrayLike, arithmetic: Arithmetic
) -> Integers:
    """Scale accumulators by `value * 2**(shift-31)` under the given arithmetic.

    `value` and `shift` broadcast against `acc`: scalars, or one entry per channel on the last axis.
    """
    if arithmetic is Arithmetic.TFLM:
        return requantize_tflm(acc, value, shift)
    return requantize_native(acc, value, shift)


def round_half_away(x: ArrayLike) -> NDArray[np.float64]:
    """Round to the nearest integer, ties away from zero: C's round() (A8)."""
    x = np.asarray(x, np.float64)
    whole = np.trunc(x)
    return whole + np.where(np.abs(x - whole) >= 0.5, np.sign(x), 0.0)


def truncating_divide(a: ArrayLike, b: ArrayLike) -> Integers:
    """Divide integers the way C does, truncating towards zero; b > 0 (A9)."""
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    return np.where(a >= 0, a // b, -((-a) // b))


# exp(-2**(k)) for k = -2..4 in Q0.31: factors of the barrel shifter in rule A10
_EXP_FACTORS = tuple((k, round(math.exp(-(2.0**k)) * 2**31)) for k in range(-2, 5))
_EXP_MINUS_EIGHTH = round(math.exp(-0.125) * 2**31)
_ONE_THIRD = round(2**31 / 3)


def exp_of_nonpositive(a: ArrayLike, integer_bits: int) -> Integers:
    """Return exp(a) in Q0.31 for a <= 0 in Q(integer_bits).(31-integer_bits) (A10).

    A polynomial of degree four on [-1/4, 0), then one factor for each bit of the rest.
    """
    a = np.asarray(a, np.int64)
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    remainder = (a & (quarter - 1)) - quarter
    x = (remainder << integer_bits) + (1 << 28)  # centred on -1/8
    x2 = doubling_high_multiply(x, x)
    x3 = doubling_high_multiply(x2, x)
    x4 = doubling_high_multiply(x2, x2)
    tail = doubling_high_multiply(rounding_divide_by_pot(x4, 2) + x3, _ONE_THIRD) + x2
    polynomial = x + rounding_divide_by_pot(tail, 1)
    result = _EXP_MINUS_EIGHTH + doubling_high_multiply(_EXP_MINUS_EIGHTH, polynomial)
    rest = remainder - a
    for k, factor in _EXP_FACTORS:
        if integer_bits > k:
            bit_set = (rest >> (fraction_bits + k)) & 1
            result = np.where(bit_set == 1, doubling_high_multiply(result, factor), result)
    if integer_bits > 5:
        result = np.where(a < -(1 << (fraction_bits + 5)), 0, result)
    return np.where(a == 0, INT32_MAX, result)


def _reciprocal_newton(a: ArrayLike) -> Integers:
    """Approximate 1 / ((1 + a) / 2) in Q2.29 for a in [0, 1) in Q0.31: three Newton steps (A11)."""
    total = np.asarray(a, np.int64) + INT32_MAX
    half = truncating_divide(total + np.where(total >= 0, 1, -1), 2)
    x = 1515870810 + doubling_high_multiply(half, -1010580540)  # 48/17 - 32/17 * half
    for _ in range(3):
        error = (1 << 29) - doubling_high_multiply(half, x)
        x = x + saturating_multiply_by_pot(doubling_high_multiply(x, error), 2)
    return x


def one_over_one_plus(a: ArrayLike) -> Integers:
    """Return 1 / (1 + a) in Q0.31 for a in [0, 1) in Q0.31 (A11)."""
    return saturating_multiply_by_pot(_reciprocal_newton(a), 1)


def one_minus_over_one_plus(a: ArrayLike) -> Integers:
    """Return (1 - a) / (1 + a) in Q0.31 for a in [0, 1) in Q0.31 (A11)."""
    return saturating_multiply_by_pot(_reciprocal_newton(a) - (1 << 29), 2)


def count_leading_zeros(x: ArrayLike) -> Integers:
    """Return the number of leading zero bits of values in [1, 2**32) seen as 32-bit words (A12)."""
    x = np.asarray(x, np.float64)
    return 32 - np.frexp(x)[1].astype(np.int64)
