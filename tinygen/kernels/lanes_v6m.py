"""What the kernels for Armv6-M share: two channels in a word (proofs/lanes.py), and 32-bit requantization."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.kernels.kernel import Array, Role, Struct, int32
from tinygen.proofs.channels import Channels, channels_of
from tinygen.proofs.lanes import Blocks, blocks_of_size
from tinygen.proofs.narrow_products import Narrow, prove

SIZES = (12, 8, 6, 5, 4, 3, 2)
"""Sizes of blocks for which tg_lanes_multiply_v6m.c has a loop."""

HALF = 0x8000
"""What every block begins with, so that its lower half is never negative."""

FOUR = 4
"""Channels that are summed side by side."""

QUAD_SIZES = (24, 20, 16, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2)
"""Sizes of blocks that are tried for tg_quads_multiply_v6m.c, which has a loop for all of them."""

INPUT_COST, BLOCK_COST = 11, 20
"""Instructions of an input of four channels, and of a block, twice as high: the choice of a size rests on these."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lanes:
    """The weights [channels, depth] of each group in blocks of one size, and how many inputs that makes."""

    groups: tuple[NDArray[np.int8], ...]
    blocks: tuple[Blocks, ...]
    words: int

    @property
    def size(self) -> int:
        return self.blocks[0].size

    @property
    def count(self) -> int:
        """Blocks, those that fill the last pair of blocks included."""
        return self.words // self.size

    @property
    def gathered(self) -> int:
        """Words that are gathered: four at a time."""
        return up_to(self.words, 4)

    @property
    def channels(self) -> int:
        return up_to(len(self.groups[0]), FOUR)

    def start(self) -> Integers:
        """What is in the kernel's sums besides the products: [channels of all groups]."""
        is_low = np.arange(len(self.groups[0])) % 2 == 0
        return np.tile(np.where(is_low, self.count * HALF, 0), len(self.groups))

    def order(self) -> NDArray[np.int64]:
        """Which input each word is, [groups, gathered]; 0 where there is none."""
        order = np.zeros((len(self.groups), self.gathered), np.int64)
        for row, blocks in zip(order, self.blocks, strict=True):
            row[: blocks.order.size] = np.maximum(blocks.order.ravel(), 0)
        return order

    def packed(self) -> NDArray[np.int32]:
        """Weights as tg_lanes_multiply_v6m reads them."""
        return np.concatenate([self._packed_group(g) for g in range(len(self.groups))])

    def packed_bytes(self) -> NDArray[np.int32]:
        """Weights as tg_quads_multiply_v6m reads them."""
        return np.concatenate([self._packed_bytes(g) for g in range(len(self.groups))])

    def _packed_bytes(self, group: int) -> NDArray[np.int32]:
        raised = self._in_order(group) + 128
        zero, one, two, three = (raised[i::FOUR] for i in range(FOUR))
        return _words(zero | two << 8 | one << 16 | three << 24)

    def _in_order(self, group: int) -> NDArray[np.int64]:
        """[channels, words]"""
        weights, blocks = self.groups[group], self.blocks[group]
        w = np.zeros((self.channels, self.words), np.int64)
        w[: len(weights), : blocks.order.size] = blocks.packed(weights)
        return w

    def _packed_group(self, group: int) -> NDArray[np.int32]:
        w = self._in_order(group)
        low, high = w[0::2], w[1::2]
        words = (low + (high << 16)).reshape(-1, FOUR // 2, self.words).transpose(0, 2, 1)
        return _words(words)


def _words(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Modulo 2**32."""
    return (values & 0xFFFFFFFF).astype(np.uint32).view(np.int32).ravel()


def up_to(count: int, multiple: int) -> int:
    """The next multiple."""
    return -(-count // multiple) * multiple


def lanes_of(
    weights: NDArray[np.int8], groups: int, sizes: tuple[int, ...], *, in_pairs: bool
) -> Lanes | None:
    """The cheapest proved blocks of one of the sizes for weights [channels, depth], or None.

    `in_pairs`: the loops of odd sizes take two blocks each time.
    """
    data = np.ascontiguousarray(weights)
    return _lanes_of(data.tobytes(), data.shape, groups, sizes, in_pairs)


@functools.lru_cache(maxsize=256)
def _lanes_of(
    data: bytes, shape: tuple[int, int], groups: int, sizes: tuple[int, ...], in_pairs: bool
) -> Lanes | None:
    parts = np.split(np.frombuffer(data, np.int8).reshape(shape), groups)
    found = [_lanes_of_size(parts, size, 1 + size % 2 if in_pairs else 1) for size in sizes]
    return min((lanes for lanes in found if lanes is not None), key=_cost, default=None)


def _lanes_of_size(parts: Sequence[NDArray[np.int8]], size: int, at_once: int) -> Lanes | None:
    """Blocks of one size, of which the loop takes `at_once`."""
    words = up_to(parts[0].shape[1], size * at_once)
    blocks = []
    for part in parts:
        found = blocks_of_size(part, size=size)
        if found is None:
            return None
        blocks.append(found)
    return Lanes(groups=tuple(parts), blocks=tuple(blocks), words=words)


def _cost(lanes: Lanes) -> int:
    return lanes.words * INPUT_COST + lanes.count * BLOCK_COST


def sums_fit(weights: NDArray[np.int8], lanes: Lanes) -> str | None:
    """The sums that leave tg_lanes_multiply_v6m must fit in int32."""
    most = 128 * np.abs(weights.astype(np.int64)).sum(1).max() + lanes.count * HALF
    return None if most < 2**31 else "a sum can leave int32"


def lanes_fit(call: Call, weights: NDArray[np.int8], lanes: Lanes | None) -> str | None:
    """The conditions on the weights [channels, depth]."""
    if lanes is None:
        return "two weights of -128 meet in a block"
    reason = sums_fit(weights, lanes)
    if reason is not None:
        return reason
    if narrow_of(call, weights.sum(1, np.int64), lanes.start()) is None:
        return "no requantization with 32-bit products is exact"
    return None


def product_counts(
    call: Call, weights: NDArray[np.int8], lanes: Lanes, vectors: int
) -> dict[str, float]:
    """Products of so many gathered vectors, and the outputs."""
    fours = vectors * lanes.channels // FOUR
    narrow = narrow_of(call, weights.sum(1, np.int64), lanes.start())
    return {
        "fours": fours,
        "steps": fours * lanes.words,
        "blocks": fours * lanes.count,
        **narrow_counts(narrow, call.output.size),
    }


def lanes_struct(lanes: Lanes, offsets: Integers) -> Struct:
    """`struct tg_lanes_v6m`; offsets [inputs of a window] say where each input is."""
    where = Array(name="offsets", data=offsets[lanes.order()].astype(np.int16).ravel())
    return Struct(
        tag="tg_lanes_v6m",
        fields={
            "offsets": where,
            "weights": Array(name="weights", data=lanes.packed(), role=Role.WEIGHTS),
            "words": lanes.words,
            "size": lanes.size,
            "channels": lanes.channels,
        },
    )


def quads_struct(lanes: Lanes, offsets: Integers) -> Struct:
    """`struct tg_quads_v6m`; offsets [inputs of a window] say where each input is."""
    where = offsets[lanes.order()[:, : lanes.words]]
    return Struct(
        tag="tg_quads_v6m",
        fields={
            "offsets": Array(name="offsets", data=where.astype(np.int16).ravel()),
            "weights": Array(name="weights", data=lanes.packed_bytes(), role=Role.WEIGHTS),
            "blocks": lanes.count,
            "size": lanes.size,
            "channels": lanes.channels,
        },
    )


def narrow_of(call: Call, weight_sums: Integers, start: Integers | int) -> Narrow | None:
    """The proved requantization for sums that begin with `start`."""
    return _prove(_Question(channels=channels_of(call, weight_sums), start=np.asarray(start)))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Question:
    """What decides about a proof, comparable by its values: `fits` and `lower` ask the same again and again."""

    channels: Channels
    start: Integers

    @functools.cached_property
    def _values(self) -> tuple:
        c = self.channels
        arrays = (c.bias, c.multipliers, c.right, c.acc.low, c.acc.high, self.start)
        numbers = (c.arithmetic, c.zero_point, c.out_min, c.out_max)
        return (*numbers, *(np.asarray(a, np.int64).tobytes() for a in arrays))

    def __hash__(self) -> int:
        return hash(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self._values == other._values


@functools.lru_cache(maxsize=256)
def _prove(question: _Question) -> Narrow | None:
    return prove(question.channels, question.start)


def cell_counts(cells: int, stride: int) -> dict[str, float]:
    """Cells of lines (tg_depthwise_lines_v6m.h) by how far apart the outputs of a pair are."""
    return {
        "cells": cells if stride == 1 else 0,
        "cells of two": cells if stride == 2 else 0,
        "cells apart": cells if stride > 2 else 0,
    }


def narrow_counts(narrow: Narrow, outputs: int) -> dict[str, float]:
    """Outputs, and those that have a sign term."""
    return {"outputs": outputs, "signed": outputs if narrow.has_signs else 0}


def narrow_struct(call: Call, narrow: Narrow) -> Struct:
    """`struct tg_narrow_v6m`."""
    m = narrow.multipliers
    columns = [m >> 16, m & 0xFFFF, narrow.offsets, narrow.cuts]
    if narrow.has_signs:
        columns.append(narrow.signs)
    out_min, out_max = call.op.activation.integer_bounds(call.output.quantization)
    return Struct(
        tag="tg_narrow_v6m",
        fields={
            "records": int32("records", np.stack(columns, 1)),
            "record_words": len(columns),
            "zero": narrow.zero,
            "limit": narrow.limit,
            "shift": narrow.shift,
            "out_range": out_max - out_min,
            "out_min": out_min,
        },
    )
