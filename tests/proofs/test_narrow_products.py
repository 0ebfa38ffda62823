"""The requantization of Armv6-M against the textbook, on both sides of every step, and its arithmetic."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from tests.kernels.test_requantization import layers
from tests.proofs.test_requantization import interesting, usual_layer
from tests.strategies import DETERMINISTIC
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Range
from tinygen.proofs.narrow_products import Narrow, prove


def assert_exact(channels, narrow: Narrow, start) -> None:
    acc = interesting(channels)
    np.testing.assert_array_equal(narrow.apply(channels, start, acc), channels.textbook(acc))
    for words in (narrow.multipliers >> 16, narrow.offsets, narrow.cuts, narrow.signs):
        assert words.min() >= -(2**31)
        assert words.max() < 2**31


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_a_proved_form_is_exact(arithmetic):
    seen: Counter[str] = Counter()

    @DETERMINISTIC
    @given(layers(arithmetic))
    def check(channels):
        start = np.where(np.arange(channels.bias.size) % 2 == 0, 7 * 0x8000, 0)
        narrow = prove(channels, start)
        seen["none" if narrow is None else "signs" if narrow.has_signs else "plain"] += 1
        if narrow is not None:
            assert_exact(channels, narrow, start)

    check()
    assert seen["plain"] > 10, seen
    assert arithmetic is Arithmetic.NATIVE or seen["signs"] > 5, seen


@pytest.mark.parametrize("zero_point", [-128, -3, 127])
@pytest.mark.parametrize("start", [0, 40 * 0x8000])
def test_usual_layers_have_a_proof(zero_point, start):
    channels = usual_layer(zero_point=zero_point)
    narrow = prove(channels, start)
    assert narrow is not None
    assert narrow.has_signs == (zero_point == -3)
    assert_exact(channels, narrow, start)


def test_a_clamp_of_an_activation_is_part_of_the_form():
    channels = dataclasses.replace(usual_layer(zero_point=-20), out_min=-20, out_max=77)
    narrow = prove(channels)
    assert narrow is not None
    assert not narrow.has_signs
    assert_exact(channels, narrow, 0)


def test_every_small_accumulator_of_a_layer():
    channels = dataclasses.replace(
        usual_layer(zero_point=5, count=8),
        right=np.full(8, 5),
        acc=Range(low=np.full(8, -9000), high=np.full(8, 9000)),
        bias=np.zeros(8, np.int64),
    )
    narrow = prove(channels)
    assert narrow is not None
    acc = np.repeat(np.arange(-9000, 9001)[:, None], 8, 1)
    np.testing.assert_array_equal(narrow.apply(channels, 0, acc), channels.textbook(acc))


def test_a_layer_whose_values_leave_int32_has_no_proof():
    channels = dataclasses.replace(
        usual_layer(zero_point=-128),
        acc=Range(low=np.full(64, -(2**30)), high=np.full(64, 2**30)),
        right=np.full(64, 1),
    )
    assert prove(channels) is None


def test_a_form_that_is_off_by_one_is_seen():
    """The comparison above can fail: neighbours of a proved offset are wrong somewhere."""
    channels = usual_layer(zero_point=-128)
    narrow = prove(channels)
    acc = interesting(channels)
    unit = narrow.multipliers >> 16
    for change in (unit, -unit):
        moved = dataclasses.replace(narrow, offsets=narrow.offsets + change)
        assert (moved.apply(channels, 0, acc) != channels.textbook(acc)).any()
