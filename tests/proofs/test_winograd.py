"""The proofs of the integer Winograd convolution: the identities, the ranges, and attacks on every bound."""

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
from tinygen.proofs import winograd
from tinygen.proofs.channels import Channels
from tinygen.proofs.winograd import (
    INPUT_TRANSFORM,
    OUTPUT_TRANSFORM,
    SCALE,
    WEIGHT_TRANSFORM,
    prove,
    reason_against,
    transformed_weights,
)

# Transforms


def correlate(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The 4x4 outputs of 3x3 weights over 6x6 inputs."""
    return np.array([[(x[i : i + 3, j : j + 3] * w).sum() for j in range(4)] for i in range(4)])


def test_a_line_of_outputs_comes_out_24_times():
    """Bilinear in w and x: equal for all unit vectors means equal for everything."""
    for tap in np.eye(3, dtype=int):
        for cell in np.eye(6, dtype=int):
            products = (WEIGHT_TRANSFORM @ tap) * (INPUT_TRANSFORM @ cell)
            wanted = [tap @ cell[i : i + 3] for i in range(4)]
            np.testing.assert_array_equal(OUTPUT_TRANSFORM @ products, 24 * np.array(wanted))


def test_a_tile_comes_out_576_times_modulo_two_to_the_32():
    rng = np.random.default_rng(0)
    for _ in range(20):
        x, w = rng.choice([-128, 127], (6, 6)), rng.integers(-128, 128, (3, 3))
        inputs = INPUT_TRANSFORM @ x @ INPUT_TRANSFORM.T
        products = transformed_weights(w) * inputs % 2**32  # as a register holds them
        result = OUTPUT_TRANSFORM @ products @ OUTPUT_TRANSFORM.T
        np.testing.assert_array_equal((result - SCALE * correlate(x, w)) % 2**32, np.zeros((4, 4)))


def most_of(transform: np.ndarray, low: int, high: int) -> tuple[int, int]:
    """Exact bounds of transform @ x @ transform.T over all x in low .. high: each is reached by some x."""
    bounds = []
    for a in transform:
        for b in transform:
            factors = np.outer(a, b)
            bounds.append(np.where(factors > 0, factors * low, factors * high).sum())
            bounds.append(np.where(factors > 0, factors * high, factors * low).sum())
    return min(bounds), max(bounds)


@pytest.mark.parametrize("transform", [WEIGHT_TRANSFORM, INPUT_TRANSFORM], ids=["G", "B"])
def test_transformed_values_fit_in_int16(transform):
    low, high = most_of(transform, -128, 127)
    assert low >= -(2**15)
    assert high < 2**15


def test_the_largest_transformed_weights_are_reached():
    largest = transformed_weights(np.full((1, 3, 3), -128, np.int8))
    assert largest.min() == most_of(WEIGHT_TRANSFORM, -128, 127)[0] == -144 * 128


# Accumulators


def one_channel(low: int, high: int, *, right: int = 12, zero_point: int = -128) -> Channels:
    return Channels(
        arithmetic=Arithmetic.TFLM,
        bias=np.array([0]),
        multipliers=np.array([2**30 + 12345]),
        right=np.array([right]),
        acc=Range(low=np.array([low]), high=np.array([high])),
        zero_point=zero_point,
        out_min=-128,
        out_max=127,
    )


LARGEST = (2**31 - 1) // SCALE


@pytest.mark.parametrize("low, high", [(-LARGEST, 0), (0, LARGEST), (-LARGEST, LARGEST)])
def test_accumulators_on_the_bound_are_taken(low, high):
    channels = one_channel(low, high)
    assert reason_against(channels) is None
    assert_exact(channels, prove(channels))


@pytest.mark.parametrize("low, high", [(-LARGEST - 1, 0), (0, LARGEST + 1)])
def test_accumulators_one_past_the_bound_are_not(low, high):
    channels = one_channel(low, high)
    assert "int32" in reason_against(channels)
    assert prove(channels) is None


# Requantization


def assert_exact(channels: Channels, scaled: winograd.Scaled) -> None:
    acc = interesting(channels)
    np.testing.assert_array_equal(scaled.apply(channels, acc), channels.textbook(acc))
    assert scaled.multipliers.min() >= 0
    assert scaled.multipliers.max() < 2**31
    for sign in (0, 1):  # what the instruction adds must not wrap
        added = scaled.offsets + sign * scaled.signs
        high = np.abs(SCALE * acc * scaled.multipliers >> 32).max(0) + np.abs(added)
        assert high.max() < 2**31


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_a_proved_form_is_exact(arithmetic):
    seen: Counter[str] = Counter()

    @DETERMINISTIC
    @given(layers(arithmetic))
    def check(channels):
        scaled = prove(channels)
        if scaled is None:
            seen["large" if reason_against(channels) else "none"] += 1
            return
        seen["usual" if scaled.has_usual_shift else "shifts"] += 1
        assert_exact(channels, scaled)

    check()
    assert seen["usual"] + seen["shifts"] > 10, seen


def with_right(
    channels: Channels, least: int, most: int, rng: np.random.Generator | None = None
) -> Channels:
    """The same with other right shifts."""
    drawn = (rng or np.random.default_rng(0)).integers(least, most + 1, channels.right.size)
    return dataclasses.replace(channels, right=drawn)


@pytest.mark.parametrize("zero_point, signs", [(-128, False), (3, True), (127, False)])
def test_usual_layers_have_a_proof(zero_point, signs):
    scaled = prove(with_right(usual_layer(zero_point=zero_point), 8, 10))
    assert scaled.has_usual_shift
    assert scaled.has_signs is signs


def test_layers_with_large_scales_have_a_shift_for_each_channel():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        channels = with_right(usual_layer(zero_point=5, seed=seed), 1, 9, rng)
        scaled = prove(channels)
        assert not scaled.has_usual_shift
        assert len(np.unique(scaled.shifts)) > 3
        assert_exact(channels, scaled)


def test_every_part_of_a_proof_is_needed():
    """The offset has little room and the sign term is not decoration: others give other bytes somewhere."""
    channels = usual_layer(zero_point=3)
    scaled = prove(channels)
    acc = interesting(channels)
    wanted = channels.textbook(acc)

    def differs(**changes) -> np.ndarray:
        return (dataclasses.replace(scaled, **changes).apply(channels, acc) != wanted).any(0)

    assert differs(signs=np.zeros_like(scaled.signs)).any()
    assert differs(offsets=scaled.offsets + 600).all()
    assert differs(offsets=scaled.offsets - 600).all()
    assert differs(multipliers=scaled.multipliers + 2**15).mean() > 0.5
