"""The one-shift form against the textbook, on both sides of every step, and attacked where it is refused."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from tests.kernels.test_requantization import layers
from tests.strategies import DETERMINISTIC
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Range
from tinygen.proofs.requantization import Channels, Place, prove

PLACES = list(Place)


def interesting(channels: Channels) -> np.ndarray:
    """Accumulators [count, channels]: found by bisection of the textbook, not by the proof's own steps."""
    low, high = channels.acc.low, channels.acc.high
    below, above = np.broadcast_to(low, (256, low.size)), np.broadcast_to(high + 1, (256, low.size))
    value = np.arange(-128, 128)[:, None]
    while (above - below > 1).any():
        middle = (below + above) >> 1
        reached = channels.textbook(middle) >= value
        below, above = np.where(reached, below, middle), np.where(reached, middle, above)
    between = np.random.default_rng(0).integers(low, high + 1, (500, low.size))
    near_zero = np.broadcast_to(np.arange(-40, 41)[:, None], (81, low.size))
    points = [low[None], high[None], below - 1, below, above, above + 1, between, near_zero]
    return np.clip(np.concatenate(points), low, high)


def assert_exact(channels: Channels, scaled) -> None:
    acc = interesting(channels)
    np.testing.assert_array_equal(scaled.apply(channels, acc), channels.textbook(acc))
    assert np.abs(scaled.multipliers).max() < 2**31
    for words in (scaled.offsets, scaled.multipliers, scaled.signs):
        assert words.min() >= -(2**31)
        assert words.max() < 2**31


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.value)
def test_a_proved_form_is_exact(place, arithmetic):
    seen: Counter[str] = Counter()

    @DETERMINISTIC
    @given(layers(arithmetic))
    def check(channels):
        scaled = prove(channels, place=place)
        seen["none" if scaled is None else "signs" if scaled.has_signs else "plain"] += 1
        if scaled is not None:
            assert_exact(channels, scaled)

    check()
    assert seen["plain"] > 10
    assert arithmetic is Arithmetic.NATIVE or seen["signs"] > 5, seen


def usual_layer(
    *, zero_point: int, out_min: int = -128, count: int = 64, seed: int = 0
) -> Channels:
    """Scales and accumulators as a trained int8 convolution of a few hundred products has them."""
    rng = np.random.default_rng(seed)
    reach = rng.integers(2**16, 2**20, count)
    return Channels(
        arithmetic=Arithmetic.TFLM,
        bias=rng.integers(-(2**14), 2**14, count),
        multipliers=rng.integers(2**30, 2**31, count),
        right=rng.integers(7, 11, count),
        acc=Range(low=-reach, high=reach),
        zero_point=zero_point,
        out_min=out_min,
        out_max=127,
    )


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.value)
def test_usual_layers_have_a_proof(place):
    relu = usual_layer(zero_point=-128)
    scaled = prove(relu, place=place, signs=False)
    assert scaled is not None
    assert_exact(relu, scaled)
    linear = usual_layer(zero_point=4)
    assert prove(linear, place=place, signs=False) is None, "double rounding has a kink at 0"
    with_signs = prove(linear, place=place)
    assert with_signs is not None
    assert_exact(linear, with_signs)


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.value)
def test_every_accumulator_of_small_layers(place):
    channels = Channels(
        arithmetic=Arithmetic.TFLM,
        bias=np.array([0, 5, -700, 12]),
        multipliers=np.array([2**30, 2**31 - 1, 2**30 + 1, 1518500250]),
        right=np.array([5, 6, 6, 5]),
        acc=Range(low=np.full(4, -30_000), high=np.full(4, 30_000)),
        zero_point=-3,
        out_min=-128,
        out_max=127,
    )
    scaled = prove(channels, place=place)
    assert scaled is not None
    acc = np.broadcast_to(np.arange(-30_000, 30_001)[:, None], (60_001, 4))
    np.testing.assert_array_equal(scaled.apply(channels, acc), channels.textbook(acc))


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.value)
def test_an_offset_that_is_one_too_far_is_seen(place):
    """The test itself: outside of the bounds some accumulator must go wrong."""
    channels = usual_layer(zero_point=-128, count=8)
    scaled = prove(channels, place=place, signs=False)
    acc = interesting(channels)
    wrong = []
    for step in (-(2**16), 2**16):
        moved = {
            **scaled.__dict__,
            "offsets": scaled.offsets + step * (2**6 if place is Place.SUM else 1),
        }
        got = type(scaled)(**moved).apply(channels, acc)
        wrong.append((got != channels.textbook(acc)).any(axis=0).all())
    assert all(wrong)
