"""Sums by one product each: what is proved is exact, and nearly everything can be proved."""

import numpy as np
import pytest

from tests.strategies import activation_tensor, build_graph
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, Quantization
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.proofs.sums import VALUES, prove_sum

FORMS = {"products": {}, "upper halves": {"dropped": 8, "shift": 16, "clamps": False}}


def random_sum(rng: np.random.Generator, activation=Activation.NONE) -> Call:
    """Scales of a factor of four around those that just fill the output."""
    a, b = (float(np.float32(v)) for v in 0.03 * np.exp(0.7 * rng.normal(size=2)))
    out = float(np.float32(max(a, b) * np.exp(0.6 * rng.normal())))
    points = rng.integers(-128, 128, 3).tolist()
    a, b, out = (Quantization.per_tensor(s, p) for s, p in zip((a, b, out), points, strict=True))
    inputs = [activation_tensor("x", (1, 4), a), activation_tensor("x2", (1, 4), b)]
    return build_graph(Add(activation=activation), inputs, out, Arithmetic.TFLM).calls()[0]


def table_of(call: Call) -> np.ndarray:
    return call.op.combine(call, VALUES[:, None], VALUES)


def ratios(call: Call) -> tuple[float, float]:
    a, b = (t.quantization.scale / call.output.quantization.scale for t in call.inputs)
    return a, b


@pytest.mark.parametrize(
    ("form", "activation"),
    [
        ("products", Activation.NONE),
        ("products", Activation.RELU),
        ("upper halves", Activation.NONE),
    ],
)
def test_proved_sums_are_exact_for_all_pairs(form, activation):
    rng, proved = np.random.default_rng(3), 0
    for _ in range(40):
        call = random_sum(rng, activation)
        table = table_of(call)
        found = prove_sum(table, *ratios(call), **FORMS[form])
        if found is None:
            continue
        proved += 1
        np.testing.assert_array_equal(found.apply(VALUES[:, None], VALUES), table)
        largest = 128 * (found.a + found.b) // 2**found.dropped + abs(found.bias)
        assert max(largest, found.a, found.b) < 2**31
    assert proved >= 38


def test_what_is_no_such_sum_is_not_proved():
    call = random_sum(np.random.default_rng(4))
    table = table_of(call)
    row, column = np.argwhere((table > -100) & (table < 100))[0]
    table[row, column] += 9
    for form in FORMS.values():
        assert prove_sum(table, *ratios(call), **form) is None


def test_factors_are_found_where_those_of_the_definition_fail():
    """The table of factors that lie a little beside the ones that the search is given."""
    table = np.clip((VALUES[:, None] * 70001 + VALUES * 50003 + 40000) >> 16, -128, 127)
    exact = 70001 / 2**16, 50003 / 2**16
    beside = tuple(v * (1 + 2.0**-10) for v in exact)
    found = prove_sum(table, *beside)
    assert found is not None
    np.testing.assert_array_equal(found.apply(VALUES[:, None], VALUES), table)


def test_constant_tables_and_huge_ratios_do_no_harm():
    for value in (-128, 5, 127):
        table = np.full((256, 256), value)
        found = prove_sum(table, 1.0, 1.0)
        if found is not None:
            np.testing.assert_array_equal(found.apply(VALUES[:, None], VALUES), table)
    assert (
        prove_sum(np.full((256, 256), 127), 2.0**30, 2.0**30, dropped=8, shift=16, clamps=False)
        is None
    )
