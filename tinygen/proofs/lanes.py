"""Two sums of products in the halves of one 32-bit word, and how long they may grow before they must be taken out.

A product of w and the word x = a + (b << 16), as a sum modulo 2**32, holds w * a in its low half and w * b above it.
Sums of such words hold both sums of products, as long as neither leaves int16. Kernels for cores without SIMD add a
block of products, take both sums out of the word, and begin the next block. It is the same with two weights in the
word and one input: v * a in the low half, w * a in the high one.

A block is proved for a channel if its sum lies in [-32768, 32767] for all inputs between their bounds:

    sum of max(w * low, w * high) <= 32767        sum of min(w * low, w * high) >= -32768

With inputs of the whole int8 range this holds where sum |w| <= 255. Then, for the total P modulo 2**32 of a block:

    low = (int16_t)P        high = (P - low) >> 16              (arithmetic; P of a block that began with 0)
    high = P >> 16          low + 0x8000 = P - (high << 16)     (arithmetic; P of a block that began with 0x8000)

Sums *inside* a block may overflow: only their total must fit, as everything is modulo 2**32.

The channels of a layer share their loops, so they share the order of the inputs and the size of the blocks. The order
is free: it is searched here such that every block of every channel is proved.

    blocks = longest_blocks(weights, low=-128, high=127, sizes=(8, 6, 5, 4, 3, 2))     weights [channels, inputs]
    blocks.size      inputs in a block, the first of `sizes` for which an order was found; None instead if none was
    blocks.order     [blocks, size] input numbers, every input once; -1 in the last block: filled up with no input
    blocks.packed(weights)       [channels, blocks * size] in that order, 0 where no input is

`low` and `high` may be numbers or arrays [inputs]; padding must lie between them. `blocks_of_size` tries one size
only; `is_proved` is the condition itself, by which every result was checked. Searching is deterministic, takes a
second or a few for each size of a large layer, and is remembered: a kernel's `fits`, `counts` and `lower` may each ask.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers

HIGHEST, LOWEST = 32767, -32768
"""What a half of a word can hold."""

TRIALS, WORK = 1500, 10**8
"""Exchanges that are looked for before a size is given up, and the weights that they may look at: each looks at all
partners of one input in all channels."""

Bound = int | NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """An order of the inputs, cut into blocks: int64 [blocks, size], -1 where there is no input."""

    order: Integers

    @property
    def size(self) -> int:
        return self.order.shape[1]

    @property
    def count(self) -> int:
        return self.order.shape[0]

    def packed(self, weights: NDArray) -> NDArray:
        """Weights [channels, inputs] to [channels, blocks * size]."""
        filled = np.concatenate([weights, np.zeros((len(weights), 1), weights.dtype)], 1)
        return filled[:, self.order.ravel()]


def is_proved(blocks: Blocks, weights: NDArray, low: Bound = -128, high: Bound = 127) -> bool:
    """Whether the sums of every block of every channel stay in int16 for all inputs between the bounds."""
    highest = blocks.packed(_highest(weights, low, high))
    lowest = blocks.packed(_lowest(weights, low, high))
    shape = (len(weights), blocks.count, blocks.size)
    sums_high, sums_low = highest.reshape(shape).sum(2), lowest.reshape(shape).sum(2)
    return bool((sums_high <= HIGHEST).all() and (sums_low >= LOWEST).all())


def longest_blocks(
    weights: NDArray[np.int8], *, low: Bound = -128, high: Bound = 127, sizes: Sequence[int]
) -> Blocks | None:
    """Blocks of the first size in `sizes` for which an order is found, or None."""
    for size in sizes:
        found = blocks_of_size(weights, low=low, high=high, size=size)
        if found is not None:
            return found
    return None


def blocks_of_size(
    weights: NDArray[np.int8], *, low: Bound = -128, high: Bound = 127, size: int
) -> Blocks | None:
    """Blocks of `size` inputs, the last one filled up, that are proved for every channel; or None."""
    inputs = weights.shape[1]
    lows = np.broadcast_to(np.asarray(low, np.int64), inputs)
    highs = np.broadcast_to(np.asarray(high, np.int64), inputs)
    data = np.ascontiguousarray(weights, np.int8).tobytes()
    return _search(data, weights.shape, lows.tobytes(), highs.tobytes(), size)


def _highest(weights: NDArray, low: Bound, high: Bound) -> Integers:
    w = np.asarray(weights, np.int64)
    return np.maximum(w * low, w * high)


def _lowest(weights: NDArray, low: Bound, high: Bound) -> Integers:
    w = np.asarray(weights, np.int64)
    return np.minimum(w * low, w * high)


@functools.lru_cache(maxsize=1024)
def _search(
    data: bytes, shape: tuple[int, int], lows: bytes, highs: bytes, size: int
) -> Blocks | None:
    weights = np.frombuffer(data, np.int8).reshape(shape)
    low, high = np.frombuffer(lows, np.int64), np.frombuffer(highs, np.int64)
    channels, inputs = shape
    loads = np.concatenate([_highest(weights, low, high), -_lowest(weights, low, high)]).T
    limits = np.repeat([HIGHEST, -LOWEST], channels)
    count = -(-inputs // size)
    if (loads.sum(0) > count * limits).any() or (loads.max(0, initial=0) > limits).any():
        return None
    order = _exchange(loads, limits, _dealt(loads, count, size))
    if order is None:
        return None
    blocks = Blocks(order=np.where(order < inputs, order, -1))
    assert is_proved(blocks, weights, low, high)
    return blocks


def _dealt(loads: Integers, count: int, size: int) -> Integers:
    """A start: inputs [count, size] dealt out to the blocks, heaviest first, there and back again."""
    heavy = np.argsort(-loads.sum(1), kind="stable")
    cards = np.concatenate([heavy, np.arange(len(loads), count * size)]).reshape(size, count)
    cards[1::2] = cards[1::2, ::-1]
    # inputs that do not exist go to the last block: where they end up is up to the search
    return np.ascontiguousarray(cards.T)


def _exchange(loads: Integers, limits: Integers, order: Integers) -> Integers | None:
    """Exchange inputs of blocks that are too heavy until none is; None if that does not end.

    Takes, for a random input of such a block, the partner that lowers the excess of both blocks most, and one that
    does not raise it where none lowers it.
    """
    rng = np.random.default_rng(0)
    count, size = order.shape
    every = np.zeros((count * size, loads.shape[1]), np.int32)
    every[: len(loads)] = loads  # inputs that do not exist weigh nothing
    limit = limits.astype(np.int32)
    order = order.copy()
    sums = every[order].sum(1)
    excess = np.maximum(sums - limit, 0).sum(1)
    for _ in range(min(TRIALS, WORK // every.size)):
        if not excess.any():
            return order
        mine = rng.choice(np.flatnonzero(excess))
        place = rng.integers(size)
        flat = order.ravel()
        change = every[flat] - every[order[mine, place]]
        after_mine = np.maximum(sums[mine] + change - limit, 0).sum(1)
        others = np.repeat(sums, size, axis=0) - change
        after_other = np.maximum(others - limit, 0).sum(1)
        cost = after_mine + after_other - np.repeat(excess, size)
        cost[mine * size : (mine + 1) * size] = np.iinfo(np.int64).max
        least = cost.min()
        if least > excess[mine]:
            continue
        partner = rng.choice(np.flatnonzero(cost == least))
        other = partner // size
        order[mine, place], order[other, partner % size] = (
            order[other, partner % size],
            order[mine, place],
        )
        for block in (mine, other):
            sums[block] = every[order[block]].sum(0)
            excess[block] = np.maximum(sums[block] - limit, 0).sum()
    return order if not excess.any() else None
