"""The fixed-point functions against exact definitions in integers and fractions, over all edges."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import DETERMINISTIC
from tinygen import fixedpoint as fp

INT32_EDGES = sorted(
    {0, 1, -1, 2, -2, 3, -3, 2**31 - 1, -(2**31), 2**31 - 2, -(2**31) + 1}
    | {sign * (2**k + d) for k in range(2, 31) for d in (-1, 0, 1) for sign in (1, -1)}
)
MULTIPLIER_EDGES = [0, 2**30, 2**30 + 1, 2**31 - 1, 1431655765, 1717986918]

int32 = st.one_of(st.sampled_from(INT32_EDGES), st.integers(-(2**31), 2**31 - 1))
multiplier_values = st.one_of(st.sampled_from(MULTIPLIER_EDGES), st.integers(2**30, 2**31 - 1))


def floor_half_up(x: Fraction) -> int:
    return math.floor(x + Fraction(1, 2))


def half_away(x: Fraction) -> int:
    return floor_half_up(x) if x >= 0 else -floor_half_up(-x)


def wrap(x: int) -> int:
    return (x + 2**31) % 2**32 - 2**31


# A1


@pytest.mark.parametrize("exponent", range(-40, 31))
@pytest.mark.parametrize(
    "mantissa", [0.5, 0.5 + 2**-52, 0.7071067811865476, 1 - 2**-32, 1 - 2**-53]
)
def test_quantize_multiplier_is_the_nearest(mantissa: float, exponent: int) -> None:
    factor = Fraction(math.ldexp(mantissa, exponent))
    m = fp.quantize_multiplier(float(factor))
    if factor < Fraction(1, 2**32) * (1 - Fraction(1, 2**32)):
        assert (m.value, m.shift) == (0, 0)
        return
    assert 2**30 <= m.value < 2**31
    exact = factor * Fraction(2) ** (31 - m.shift)
    nearest = half_away(exact)
    # a mantissa that rounds up to 1 is held as 1/2 with the next exponent
    assert Fraction(m.value) == nearest or (m.value == 2**30 and nearest in (2**30, 2**31))
    assert abs(Fraction(m.value) * Fraction(2) ** (m.shift - 31) - factor) <= factor / 2**31


def test_quantize_multiplier_known_values() -> None:
    assert fp.quantize_multiplier(0.0) == fp.Multiplier(value=0, shift=0)
    assert fp.quantize_multiplier(1.0) == fp.Multiplier(value=2**30, shift=1)
    assert fp.quantize_multiplier(0.75) == fp.Multiplier(value=3 * 2**29, shift=0)
    assert fp.quantize_multiplier(2.0**-32) == fp.Multiplier(value=2**30, shift=-31)
    assert fp.quantize_multiplier(2.0**-33) == fp.Multiplier(value=0, shift=0)


@pytest.mark.parametrize("factor", [-1.0, 2.0**31, math.inf, math.nan])
def test_quantize_multiplier_refuses(factor: float) -> None:
    with pytest.raises(ValueError):
        fp.quantize_multiplier(factor)


@pytest.mark.parametrize(("value", "shift"), [(-1, 0), (2**31, 0), (2**30, 32), (2**30, -32)])
def test_multiplier_refuses(value: int, shift: int) -> None:
    with pytest.raises(ValueError):
        fp.Multiplier(value=value, shift=shift)


# A2 to A5


@pytest.mark.parametrize(
    "x", [*INT32_EDGES, 2**31, 2**32, 2**32 + 5, -(2**31) - 1, 2**62, -(2**62)]
)
def test_wrap_int32(x: int) -> None:
    assert fp.wrap_int32(x) == wrap(x)


def test_doubling_high_multiply_on_all_edges() -> None:
    a = np.array(INT32_EDGES)
    expected = [
        [min(floor_half_up(Fraction(int(x) * int(y), 2**31)), 2**31 - 1) for y in a] for x in a
    ]
    np.testing.assert_array_equal(fp.doubling_high_multiply(a[:, None], a), expected)


@pytest.mark.parametrize("exponent", range(32))
def test_rounding_divide_by_pot_on_all_edges(exponent: int) -> None:
    ties = [sign * (k * 2**exponent + 2**exponent // 2) for k in range(3) for sign in (1, -1)]
    x = [v for v in (*INT32_EDGES, *ties) if -(2**31) <= v < 2**31]
    expected = [half_away(Fraction(v, 2**exponent)) for v in x]
    np.testing.assert_array_equal(fp.rounding_divide_by_pot(x, exponent), expected)


@pytest.mark.parametrize("exponent", range(-31, 32))
def test_saturating_multiply_by_pot_on_all_edges(exponent: int) -> None:
    exact = [Fraction(v) * Fraction(2) ** exponent for v in INT32_EDGES]
    expected = [min(max(half_away(v), -(2**31)), 2**31 - 1) for v in exact]
    np.testing.assert_array_equal(fp.saturating_multiply_by_pot(INT32_EDGES, exponent), expected)


# A6 and A7


@pytest.mark.parametrize("shift", range(-31, 32))
def test_requantize_tflm_on_all_edges(shift: int) -> None:
    for value in MULTIPLIER_EDGES:
        expected = []
        for acc in INT32_EDGES:
            left = wrap(acc * 2 ** max(shift, 0))
            high = floor_half_up(Fraction(left * value, 2**31))
            expected.append(half_away(Fraction(high, 2 ** max(-shift, 0))))
        np.testing.assert_array_equal(fp.requantize_tflm(INT32_EDGES, value, shift), expected)


@pytest.mark.parametrize("shift", range(-31, 31))
def test_requantize_native_on_all_edges(shift: int) -> None:
    for value in MULTIPLIER_EDGES:
        factor = Fraction(value) * Fraction(2) ** (shift - 31)
        expected = [wrap(floor_half_up(acc * factor)) for acc in INT32_EDGES]
        np.testing.assert_array_equal(fp.requantize_native(INT32_EDGES, value, shift), expected)


@DETERMINISTIC
@given(acc=int32, value=multiplier_values, shift=st.integers(-31, 0))
def test_the_two_requantizations_differ_by_at_most_one(acc: int, value: int, shift: int) -> None:
    tflm = fp.requantize(acc, value, shift, fp.Arithmetic.TFLM)
    native = fp.requantize(acc, value, shift, fp.Arithmetic.NATIVE)
    exact = acc * Fraction(value) * Fraction(2) ** (shift - 31)
    assert abs(tflm - native) <= 1
    assert abs(int(native) - exact) <= Fraction(1, 2)
    assert abs(int(tflm) - exact) <= Fraction(1, 2) + Fraction(1, 2) * Fraction(2) ** shift


@pytest.mark.parametrize("arithmetic", fp.Arithmetic)
def test_requantize_takes_multipliers_per_channel(arithmetic: fp.Arithmetic) -> None:
    acc = np.array([[1000, -1000, 77], [5, 2**20, -(2**20)]])
    values, shifts = np.array([2**30, 2**31 - 1, 1717986918]), np.array([0, -5, 2])
    result = fp.requantize(acc, values, shifts, arithmetic)
    for c in range(3):
        column = fp.requantize(acc[:, c], int(values[c]), int(shifts[c]), arithmetic)
        np.testing.assert_array_equal(result[:, c], column)


# A8 and A9


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0.5, 1), (-0.5, -1), (1.5, 2), (2.5, 3), (-2.5, -3), (0.4999, 0), (-0.4999, 0),
        (0.49999999999999994, 0), (-0.49999999999999994, 0), (4503599627370495.5, 4503599627370496),
        (127.0, 127), (-128.0, -128),
    ],
)  # fmt: skip
def test_round_half_away(x: float, expected: float) -> None:
    assert fp.round_half_away(x) == expected
    assert half_away(Fraction(x)) == expected


@pytest.mark.parametrize("b", [1, 2, 3, 7, 100, 2**20])
def test_truncating_divide(b: int) -> None:
    a = [*INT32_EDGES, *(k * b + d for k in (-2, -1, 0, 1, 2) for d in (-1, 0, 1))]
    expected = [math.trunc(Fraction(x, b)) for x in a]
    np.testing.assert_array_equal(fp.truncating_divide(a, b), expected)


# A10 to A12: in exact arithmetic as ARITHMETIC.md has them, and against the real functions


def dhm(a: int, b: int) -> int:
    return min(floor_half_up(Fraction(a * b, 2**31)), 2**31 - 1)


def mul2(x: int, n: int) -> int:
    return min(max(half_away(x * Fraction(2) ** n), -(2**31)), 2**31 - 1)


def exact_exp(a: int, k: int) -> int:
    if a == 0:
        return 2**31 - 1
    fraction_bits = 31 - k
    quarter = 2 ** (fraction_bits - 2)
    r = a % quarter - quarter
    t = r - a
    x = r * 2**k + 2**28
    x2 = dhm(x, x)
    x3, x4 = dhm(x2, x), dhm(x2, x2)
    third = round(Fraction(2**31, 3))
    p = x + mul2(dhm(mul2(x4, -2) + x3, third) + x2, -1)
    c = half_away(Fraction(math.exp(-0.125) * 2**31))
    y = c + dhm(c, p)
    for j in range(-2, 5):
        if j < k and t // 2 ** (fraction_bits + j) % 2 == 1:
            y = dhm(y, half_away(Fraction(math.exp(-(2.0**j)) * 2**31)))
    return 0 if k > 5 and a < -32 * 2**fraction_bits else y


def exact_newton(a: int) -> int:
    h = (a + 2**31) // 2
    x = half_away(Fraction(48, 17) * 2**29) + dhm(h, half_away(Fraction(-32, 17) * 2**29))
    for _ in range(3):
        x += mul2(dhm(x, 2**29 - dhm(h, x)), 2)
    return x


@pytest.mark.parametrize("k", range(2, 8))
def test_exp_is_the_rule(k: int) -> None:
    rng = np.random.default_rng(k)
    a = [*(-abs(v) for v in INT32_EDGES if v > -(2**31)), *(-rng.integers(0, 2**31, 300)).tolist()]
    expected = [exact_exp(v, k) for v in a]
    np.testing.assert_array_equal(fp.exp_of_nonpositive(a, k), expected)


def test_reciprocals_are_the_rule() -> None:
    rng = np.random.default_rng(0)
    a = [*(v for v in INT32_EDGES if v >= 0), *rng.integers(0, 2**31, 500).tolist()]
    one_over = [mul2(exact_newton(v), 1) for v in a]
    np.testing.assert_array_equal(fp.one_over_one_plus(a), one_over)
    ratio = [mul2(exact_newton(v) - 2**29, 2) for v in a]
    np.testing.assert_array_equal(fp.one_minus_over_one_plus(a), ratio)


@pytest.mark.parametrize("integer_bits", [4, 5])
def test_exp_of_nonpositive(integer_bits: int) -> None:
    a = -np.unique(np.r_[0:1000, np.geomspace(1, 2**31, 5000).astype(np.int64)])
    real = np.exp(a * 2.0 ** (integer_bits - 31))
    result = fp.exp_of_nonpositive(a, integer_bits)
    assert result.min() >= 0
    assert np.abs(result / 2.0**31 - real).max() < 4e-7
    assert (np.diff(result[real > 0.05]) <= 0).mean() > 0.99  # a is falling


def test_exp_of_zero_saturates() -> None:
    assert fp.exp_of_nonpositive(0, 5) == 2**31 - 1


@pytest.mark.parametrize(
    ("function", "real"),
    [
        (fp.one_over_one_plus, lambda a: 1 / (1 + a)),
        (fp.one_minus_over_one_plus, lambda a: (1 - a) / (1 + a)),
    ],
)
def test_reciprocals(function, real) -> None:
    a = np.unique(np.r_[0:1000, np.linspace(0, 2**31 - 1, 10000).astype(np.int64)])
    result = function(a)
    assert result.max() <= 2**31 - 1
    assert np.abs(result / 2.0**31 - real(a / 2.0**31)).max() < 1e-8


def test_count_leading_zeros() -> None:
    x = [1, 2, 3, 4, 2**31 - 1, 2**31, 2**32 - 1, *(2**k + 1 for k in range(1, 32))]
    np.testing.assert_array_equal(fp.count_leading_zeros(x), [32 - v.bit_length() for v in x])
