"""Sums that share a word: proved blocks never meet, whatever the inputs; one step past a bound is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import DETERMINISTIC
from tinygen.proofs.lanes import Blocks, blocks_of_size, is_proved, longest_blocks

HALF = 0x8000


def worst_inputs(weights: np.ndarray, low: int, high: int) -> list[np.ndarray]:
    """Inputs that make the sum of one channel as large, and as small, as it can be."""
    return [np.where(weights > 0, high, low), np.where(weights > 0, low, high)]


def sums_of_pair(blocks: Blocks, pair: np.ndarray, x: np.ndarray) -> tuple[int, int]:
    """Both sums of two channels, computed as the kernels do: in words modulo 2**32, taken apart after each block."""
    words = pair[0] + (pair[1].astype(np.int64) << 16)
    whole = upper = 0
    for block in blocks.order:
        used = block[block >= 0]
        word = (HALF + int((words[used] * x[used]).sum())) % 2**32
        signed = word - (word >> 31 << 32)
        whole += word
        upper += signed >> 16
    low = (whole - (upper << 16)) % 2**32
    return (low + 2**31) % 2**32 - 2**31 - len(blocks.order) * HALF, upper


@st.composite
def weight_matrices(draw: st.DrawFn) -> np.ndarray:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (2 * draw(st.integers(1, 4)), draw(st.integers(1, 40)))
    spread = draw(st.sampled_from([3, 30, 60, 128]))
    weights = np.clip(np.rint(rng.normal(0, spread, shape)), -128, 127).astype(np.int8)
    return np.where(rng.random(shape) < 0.05, np.int8(-128), weights)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_both_sums_come_out_of_the_word(size):
    found = 0

    @DETERMINISTIC
    @given(weight_matrices())
    def check(weights):
        nonlocal found
        blocks = blocks_of_size(weights, size=size)
        if blocks is None:
            return
        found += 1
        for pair in weights.reshape(-1, 2, weights.shape[1]).astype(np.int64):
            for x in (*worst_inputs(pair[0], -128, 127), *worst_inputs(pair[1], -128, 127)):
                assert sums_of_pair(blocks, pair, x) == tuple((pair * x).sum(1))

    check()
    assert found > 20


@DETERMINISTIC
@given(weight_matrices(), st.integers(1, 6))
def test_every_input_is_in_one_block(weights, size):
    blocks = blocks_of_size(weights, size=size)
    if blocks is None:
        return
    used = blocks.order[blocks.order >= 0]
    assert sorted(used.tolist()) == list(range(weights.shape[1]))
    assert blocks.count == -(-weights.shape[1] // size)
    packed = blocks.packed(weights)
    restored = np.zeros_like(weights)
    restored[:, used] = packed[:, blocks.order.ravel() >= 0]
    np.testing.assert_array_equal(restored, weights)
    assert not packed[:, blocks.order.ravel() < 0].any()


@pytest.mark.parametrize(
    ("weights", "fits"),
    [
        ([127, 127, 1], True),  # 255
        ([127, 127, 2], True),  # 256 * 127 and 256 * -128 are just inside
        ([127, 127, 3], False),  # 257 * -128
        ([-127, -128, 0], True),  # -255 * -128
        ([-128, -128, 0], False),  # -256 * -128 = 32768
        ([-127, -127, 1], True),  # 254 * 128 + 127
        ([-127, -127, -2], False),
        ([-127, -128, 1], True),  # 255 * 128 + 127 = 32767
        ([-127, -128, 2], False),  # 255 * 128 + 254
    ],
)
def test_the_bound_is_where_int16_ends(weights, fits):
    w = np.array([weights], np.int8)
    natural = Blocks(order=np.arange(3)[None])
    assert is_proved(natural, w) == fits
    assert (blocks_of_size(w, size=3) is not None) == fits


def test_bounds_of_inputs_are_used():
    w = np.full((2, 8), 100, np.int8)
    assert blocks_of_size(w, size=4) is None
    narrow = blocks_of_size(w, low=-10, high=np.full(8, 81), size=4)
    assert narrow is not None
    assert is_proved(narrow, w, -10, 81)
    assert not is_proved(narrow, w, -10, 82)


def test_an_order_is_found_where_the_natural_one_fails():
    w = np.tile(np.array([127, 127, 127, 1, 1, 1, 1, 1, 1], np.int8), (4, 1))
    natural = Blocks(order=np.arange(9).reshape(3, 3))
    assert not is_proved(natural, w)
    found = blocks_of_size(w, size=3)
    assert found is not None
    assert is_proved(found, w)


def test_heavy_inputs_of_different_channels_are_kept_apart():
    rng = np.random.default_rng(3)
    w = np.clip(np.rint(rng.normal(0, 35, (32, 96))), -127, 127).astype(np.int8)
    natural = Blocks(order=np.arange(96).reshape(24, 4))
    assert not is_proved(natural, w)
    longest = longest_blocks(w, sizes=(8, 6, 5, 4, 3, 2))
    assert longest is not None
    assert longest.size >= 3
    assert is_proved(longest, w)


def test_the_same_order_every_time():
    w = np.random.default_rng(4).integers(-60, 61, (8, 50)).astype(np.int8)
    first = blocks_of_size(w, size=3).order
    np.testing.assert_array_equal(blocks_of_size(w.copy(), size=3).order, first)
