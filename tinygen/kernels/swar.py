"""What kernels that keep two sums in a word share (`runtime_c/include/tg_swar.h`).

The order of the inputs and the size of the blocks are proved by tinygen/proofs/lanes.py, the requantization by
tinygen/proofs/requantization.py.
"""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.kernel import Struct, int32
from tinygen.proofs.lanes import Blocks, blocks_of_size
from tinygen.proofs.requantization import Channels, Place, Scaled, channels_of, prove

V7M = frozenset({"armv7m"})
"""Cores with Thumb-2 that have no SIMD instructions."""

RV32 = frozenset({"riscv"})

BLOCK_SIZES = (8, 6, 5, 4, 3, 2)
"""Inputs of a block for which the kernels have a loop."""

CHANNELS = 3
"""Channels that a pass computes side by side."""

WORD_BYTES = 4

USUAL_SHIFT = 16
"""That of most layers, an immediate in the assembly."""

FORMS = ((16, 31), (16, 13), (16, 8), (14, 31), (12, 31), (10, 31), (8, 31))
"""Shifts of the requantization, and the largest prescales with them, that are tried.

Sums that are small beside their zero point leave room for a small prescale only, sums that are large for a small shift.
"""


def find_blocks(
    weights: Sequence[NDArray[np.int8]],
    low: Sequence[NDArray[np.int64]],
    high: Sequence[NDArray[np.int64]],
) -> tuple[Blocks, ...] | None:
    """For each group the order of its inputs with the largest blocks that all of them can have.

    weights [channels, inputs] and bounds [inputs] of every group.
    """
    for size in BLOCK_SIZES:
        found = [
            blocks_of_size(w, low=least, high=most, size=size)
            for w, least, most in zip(weights, low, high, strict=True)
        ]
        if None not in found:
            return tuple(found)
    return None


def find_requantization(call: Call, weight_sums: NDArray) -> tuple[Channels, Scaled | None]:
    """The proved form, or None, and what it was proved for."""
    return _proved(call, tuple(np.asarray(weight_sums).tolist()))


@functools.lru_cache(maxsize=256)
def _proved(call: Call, weight_sums: tuple[int, ...]) -> tuple[Channels, Scaled | None]:
    channels = channels_of(call, np.array(weight_sums, np.int64))
    proofs = (
        prove(channels, place=Place.SUM, shift=shift, most_prescale=prescale)
        for shift, prescale in FORMS
    )
    return channels, next((scaled for scaled in proofs if scaled is not None), None)


def is_general(call: Call, weight_sums: NDArray) -> bool:
    """Whether outputs take the longer way, of layers for which a form is proved."""
    _, scaled = find_requantization(call, weight_sums)
    return scaled is not None and _has_terms(scaled)


def clamps(call: Call, weight_sums: NDArray) -> bool:
    """Whether the activation's bounds are applied to outputs once more."""
    return find_requantization(call, weight_sums)[0].needs_clamp


def _has_terms(scaled: Scaled) -> bool:
    return scaled.has_signs or scaled.after != 0 or scaled.shift != USUAL_SHIFT


def output_struct(channels: Channels, scaled: Scaled) -> Struct:
    """`struct tg_swar_output`."""
    has_terms = _has_terms(scaled)
    words = [scaled.offsets, scaled.multipliers, *([scaled.signs] if has_terms else [])]
    return Struct(
        tag="tg_swar_output",
        fields={
            "channels": int32("channels", np.stack(words, axis=1)),
            "after": scaled.after,
            "prescale": scaled.prescale,
            "shift": scaled.shift,
            "general": int(has_terms),
            "clamps": int(channels.needs_clamp),
            "out_min": channels.out_min,
            "out_max": channels.out_max,
        },
    )


def statement(blocks: Blocks) -> str:
    """What was proved about the sums, in words."""
    return f"two sums in a word: no sum of {blocks.size} products leaves int16"


def in_threes(packed: NDArray[np.int8]) -> NDArray[np.int8]:
    """Weights [channels, inputs] as [ceil(channels / 3)][inputs][3], zeros beyond the last channel."""
    extra = -len(packed) % CHANNELS
    whole = np.pad(packed, [(0, extra), (0, 0)])
    return whole.reshape(-1, CHANNELS, packed.shape[1]).transpose(0, 2, 1)
