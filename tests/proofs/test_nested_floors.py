"""The forms that are exact by algebra, against the textbook around every step, and just outside of their conditions."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from tests.kernels.test_requantization import accumulators, layers, relu_layer
from tests.strategies import DETERMINISTIC
from tinygen.fixedpoint import INT32_MAX, Arithmetic
from tinygen.ir import Range
from tinygen.proofs.nested_floors import one_floor, two_roundings


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_forms_are_the_textbook(arithmetic):
    seen: Counter[tuple] = Counter()

    @DETERMINISTIC
    @given(layers(arithmetic))
    def check(channels):
        acc = accumulators(channels)
        wanted = channels.textbook(acc)
        for form in (one_floor, two_roundings):
            floors = form(channels)
            if floors is None:
                continue
            np.testing.assert_array_equal(floors.apply(channels, acc), wanted)
            seen[form.__name__, floors.sign] += 1
            t = acc << floors.prescale
            assert max(abs(t.min()), t.max()) <= INT32_MAX
            high = (t * floors.multipliers + floors.half >> 32) + floors.sign + floors.offsets
            assert max(abs(high.min()), high.max()) <= INT32_MAX

    check()
    is_double = arithmetic is Arithmetic.TFLM
    expected = [("one_floor", 0)]
    expected += [("one_floor", -2), ("two_roundings", -1)] if is_double else []
    assert all(seen[form] >= 5 for form in expected), seen
    assert is_double == (("two_roundings", -1) in seen)


def test_a_sign_that_matters_is_corrected():
    relu = relu_layer([3, 0])
    assert one_floor(relu).sign == 0
    linear = dataclasses.replace(relu, zero_point=4)
    assert one_floor(linear) is None, "no correction can be exact where nothing is shifted"
    shifted = dataclasses.replace(linear, right=np.array([3, 1]))
    assert one_floor(shifted).sign == -2
    assert (
        one_floor(
            dataclasses.replace(shifted, acc=Range(low=0 * relu.right, high=relu.acc.high))
        ).sign
        == 0
    )


def test_one_bit_too_many_is_refused():
    fits = relu_layer([22, 22])
    acc = np.array([2**29 - 1, 7])
    fits = dataclasses.replace(fits, acc=Range(low=-acc, high=acc))
    assert one_floor(fits) is not None
    beyond = dataclasses.replace(fits, acc=Range(low=-acc, high=acc + 1))
    assert one_floor(beyond) is None
    assert two_roundings(beyond) is not None
    twice = Range(low=-2 * acc - 2, high=acc)
    assert two_roundings(dataclasses.replace(fits, acc=twice)) is None
