"""What the kernels for Helium (MVE) share: tiles of weights, words of the requantization (tg_mve.h)."""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, wrap_int32
from tinygen.ir import Call
from tinygen.kernels.kernel import Role, Struct, int8, int32
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


def form_counts(call: Call, weight_sums: NDArray, tiles: float) -> dict[str, float]:
    """Tiles that do not take the shortest form."""
    form = output_of(call, weight_sums).form
    return {
        "signed": tiles if form is Form.SIGNED else 0,
        "textbook": tiles if form is Form.TEXTBOOK else 0,
    }


def dense_counts(count: float, calls: int, depth: int, channels: int) -> dict[str, float]:
    """What tg_mve_dense_many runs through in calls that share `count` vectors evenly: pairs, then an odd one."""
    tiles, in_call = tiles_of(channels), count / calls
    singles = calls if in_call % 2 == 1 else 0
    pairs = (count - singles) / 2
    is_short = steps_of(depth) == 1  # which has a loop of its own
    return {
        "pairs": pairs,
        "tiles": pairs * tiles,
        "short": pairs * tiles if is_short else 0,
        "steps": 0 if is_short else pairs * tiles * steps_of(depth),
        "singles": singles,
        "single_steps": singles * tiles * steps_of(depth),
    }
