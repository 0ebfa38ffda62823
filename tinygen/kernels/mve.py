"""What the kernels for Helium (MVE) share: tiles of weights, words of the requantization (tg_mve.h)."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, wrap_int32
from tinygen.ir import Call, Tensor
from tinygen.kernels.kernel import Role, Struct, int8, int32
from tinygen.ops.window import Window
from tinygen.proofs.requantization import Channels, Place, channels_of, prove

MVE = frozenset({"mve"})
"""Features that these kernels need."""

SPECIFICITY = 1000
"""Cores with Helium have the DSP extension as well; these kernels come first."""

STEP = 16
"""int8 values of a vector."""

TILE = 4
"""Output channels that are computed together."""

PAIR = 2 * TILE


class Form(enum.IntEnum):
    """`enum tg_mve_form`."""

    PLAIN = 0
    SIGNED = 1
    TEXTBOOK = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Output:
    """How sums become outputs: `words` [vectors, channels], the bounds of the activation if int8 has wider ones."""

    form: Form
    words: NDArray[np.int64]
    factor: int
    zero_point: int
    bounds: tuple[int, int] | None
    proof: str

    @property
    def clip(self) -> tuple[int, int]:
        """The activation's bounds, or those of int8."""
        return self.bounds or (-128, 127)


def find_output(call: Call, weight_sums: NDArray) -> Output | None:
    """The cheapest form that is exact for a layer; None when there is none."""
    channels = channels_of(call, weight_sums)
    scaled = prove(channels, place=Place.SUM)
    bounds = (channels.out_min, channels.out_max) if channels.needs_clamp else None
    if scaled is None:
        return _textbook(channels, bounds)
    has_signs = scaled.has_signs or scaled.after != 0
    words = [scaled.offsets, scaled.multipliers, *([scaled.signs] if has_signs else [])]
    return Output(
        form=Form.SIGNED if has_signs else Form.PLAIN,
        words=np.stack(words),
        factor=1 << scaled.prescale,
        zero_point=channels.zero_point if has_signs else 0,
        bounds=bounds,
        proof=scaled.statement,
    )


def _textbook(channels: Channels, bounds: tuple[int, int] | None) -> Output | None:
    if channels.arithmetic is not Arithmetic.TFLM:
        return None
    left, right = np.maximum(-channels.right, 0), np.maximum(channels.right, 0)
    return Output(
        form=Form.TEXTBOOK,
        words=np.stack([wrap_int32(channels.bias), channels.multipliers, left, -right]),
        factor=1,
        zero_point=channels.zero_point,
        bounds=bounds,
        proof="requantization as the textbook has it",
    )


def has_output(call: Call, weight_sums: NDArray) -> str | None:
    """The condition that some form is exact."""
    found = find_output(call, weight_sums)
    return "no form of the requantization is exact" if found is None else None


def output_of(call: Call, weight_sums: NDArray) -> Output:
    """The form of a layer that has one: the kernels' conditions have asked."""
    found = find_output(call, weight_sums)
    if found is None:
        raise ValueError(f"layer '{call.node.name}' has no exact form")
    return found


def tile_order(channels: int) -> NDArray[np.int64]:
    """The channel of each place, whole tiles: even and odd ones of every eight, then neighbours; -1 for none."""
    in_pairs = channels // PAIR * PAIR
    pairs = np.arange(in_pairs).reshape(-1, TILE, 2).transpose(0, 2, 1).ravel()
    rest = np.arange(in_pairs, channels)
    return np.concatenate([pairs, rest, np.full(-len(rest) % TILE, -1)]).astype(np.int64)


def in_tiles(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """[channels, ...] -> [tiles, 4, ...], zeros for channels that do not exist."""
    order = tile_order(len(values))
    placed = np.where((order >= 0).reshape(-1, *[1] * (values.ndim - 1)), values[order], 0)
    return placed.reshape(-1, TILE, *values.shape[1:])


def packed_weights(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """[channels, depth] -> [tiles, steps, 4, 16], zeros after the last value."""
    channels, depth = weights.shape
    steps = np.pad(weights, ((0, 0), (0, -depth % STEP))).reshape(channels, -1, STEP)
    return in_tiles(steps).transpose(0, 2, 1, 3)


def steps_of(depth: int) -> int:
    """Steps of 16 values."""
    return -(-depth // STEP)


def tiles_of(channels: int) -> int:
    """Tiles of four channels."""
    return -(-channels // TILE)


def packed_words(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """[channels, vectors] -> [tiles, vectors, 4]."""
    return in_tiles(words).transpose(0, 2, 1)


def dense_struct(
    weights: NDArray[np.int64], output: Output, *, groups: int = 1, out_step: int | None = None
) -> Struct:
    """`struct tg_mve_dense` for weights [groups * channels, depth], those of the first group; others lie behind it."""
    channels, depth = len(weights) // groups, weights.shape[1]
    packed = [packed_weights(w) for w in np.split(weights, groups)]
    words = [packed_words(w) for w in np.split(output.words.T, groups)]
    return Struct(
        tag="tg_mve_dense",
        fields={
            "weights": int8("weights", np.stack(packed), Role.WEIGHTS),
            "words": int32("words", np.stack(words)),
            "steps": steps_of(depth),
            "tiles": tiles_of(channels),
            "channels": channels,
            "factor": output.factor,
            "zero_point": output.zero_point,
            "form": int(output.form),
            "out_step": out_step or channels,
        },
    )


BLOCK_TWO, BLOCK_ONE = 32, 64
"""Tiles of a block for two vectors, and for one (tg_mve_dense.h)."""


def sums_bytes(channels: int) -> int:
    """Scratch for the sums of two vectors."""
    return 2 * TILE * 4 * min(tiles_of(channels), BLOCK_TWO)


def sums_bytes_of_one(channels: int) -> int:
    """Scratch for the sums of one vector; a last single tile is computed twice."""
    return TILE * 4 * (min(tiles_of(channels), BLOCK_ONE) + 1)


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """Calls of tg_mve_dense_many, all of as many vectors."""

    calls: int
    count: int


def dense_counts(
    vectors: Iterable[Vectors], *, depth: int, channels: int, output: Output
) -> dict[str, float]:
    """What tg_mve_dense_many runs through: pairs of vectors, then an odd one."""
    done = [v for v in vectors if v.calls > 0]
    blocks = -(-tiles_of(channels) // BLOCK_TWO)
    pairs = sum(v.calls * (v.count // 2) for v in done)
    singles = sum(v.calls * (v.count % 2) for v in done)
    return {
        "dense calls": blocks * sum(v.calls for v in done),
        **_dense_two_counts(pairs, blocks, depth, channels, output),
        **dense_one_counts(singles, blocks, depth, channels, output),
    }


def _dense_two_counts(
    pairs: int, blocks: int, depth: int, channels: int, output: Output
) -> dict[str, float]:
    """tg_dense_two_mve: tiles of a single step have a loop of their own; more run four at a time."""
    steps = steps_of(depth)
    tiles = pairs * tiles_of(channels)
    long = tiles if steps > 1 else 0
    return {
        "pairs": pairs * blocks,
        "short pairs": 0 if steps > 1 else pairs * blocks,
        "short tiles": tiles - long,
        "tiles": long,
        "steps": long * steps,
        "rounds": long * -(-(steps - 1) // 4),
        **_finish_counts("pair", pairs, channels, output),
    }


def dense_one_counts(
    vectors: int, blocks: int, depth: int, channels: int, output: Output
) -> dict[str, float]:
    """tg_dense_one_mve: two tiles together, their steps eight at a time."""
    steps = steps_of(depth)
    twos = vectors * -(-tiles_of(channels) // 2)
    return {
        "singles": vectors * blocks,
        "single tiles": twos,
        "single steps": twos * steps,
        "single rounds": twos * -(-(steps - 1) // 8),
        **_finish_counts("single", vectors, channels, output),
    }


def _finish_counts(kind: str, count: int, channels: int, output: Output) -> dict[str, float]:
    """Outputs: eight channels at a time, then tiles of neighbours."""
    eights, rest = channels // PAIR, tiles_of(channels % PAIR)
    tiles = count * tiles_of(channels)
    return {
        f"{kind} eights": count * eights,
        f"{kind} rest tiles": count * rest,
        f"{kind} signed tiles": tiles if output.form is Form.SIGNED else 0,
        f"{kind} textbook tiles": tiles if output.form is Form.TEXTBOOK else 0,
    }


def clamp_counts(runs: int, run_bytes: int, output: Output) -> dict[str, float]:
    """tg_mve_clamp over so many runs of outputs."""
    return {"clamped vectors": runs * steps_of(run_bytes) if output.bounds else 0}


def ring_counts(window: Window, x: Tensor, out_rows: int, repeats: int = 1) -> dict[str, float]:
    """tg_mve_ring.h: copied rows of the input, their vectors and those of the padding; bytes where each repeats."""
    extent, stride = window.extent[0], window.stride[0]
    copied = (out_rows - 1) * min(stride, extent) + extent
    pixel = x.channels * repeats
    sides = (window.padding.left * pixel, window.padding.right * pixel)
    values = x.shape[2] * x.channels
    return {
        "copied rows": copied,
        "copied vectors": copied * steps_of(values) if repeats == 1 else 0,
        "repeated values": 0 if repeats == 1 else copied * values,
        "repeats": 0 if repeats == 1 else copied * values * repeats,
        "padding vectors": copied * sum(steps_of(side) for side in sides),
    }
