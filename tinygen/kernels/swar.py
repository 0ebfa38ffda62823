"""What kernels that keep two sums in a word share (`runtime_c/include/tg_swar.h`).

The order of the inputs and the size of the blocks are proved by tinygen/proofs/lanes.py, the requantization by
tinygen/proofs/requantization.py.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.kernel import Struct, int32
from tinygen.proofs.lanes import Blocks, longest_blocks
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
    weights: NDArray[np.int8], low: NDArray[np.int64], high: NDArray[np.int64]
) -> Blocks | None:
    """The order of the inputs with the largest blocks; weights [channels, inputs], bounds [inputs]."""
    return longest_blocks(weights, low=low, high=high, sizes=BLOCK_SIZES)


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


def output_struct(channels: Channels, scaled: Scaled) -> Struct:
    """`struct tg_swar_output`."""
    is_general = scaled.has_signs or scaled.after != 0 or scaled.shift != USUAL_SHIFT
    words = [scaled.offsets, scaled.multipliers, *([scaled.signs] if is_general else [])]
    return Struct(
        tag="tg_swar_output",
        fields={
            "channels": int32("channels", np.stack(words, axis=1)),
            "after": scaled.after,
            "prescale": scaled.prescale,
            "shift": scaled.shift,
            "general": int(is_general),
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
