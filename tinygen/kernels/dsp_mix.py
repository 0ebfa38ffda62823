"""Mixed weights: two int8 weights in an int16, so that one load feeds two multiply-accumulates.

H = 256 * b + a holds the weights a and b of two output channels. The sum of x * H is A + 256 * B
modulo 2**32, where A and B are the channels' sums. The sum of x * a alone is A, and a 256th of the
difference is B as long as |B| < 2**23.
"""

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import wrap_int32
from tinygen.ir import Call
from tinygen.kernels.dsp import (
    Requantization,
    accumulator_range,
    has_requantization,
    output_struct,
    padded,
    pairs,
    requantization,
)
from tinygen.kernels.kernel import Struct

BLOCK_CHANNELS = 4
"""Output channels that a block computes together."""


def _mixed(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """[O, segments, values] -> H [blocks, segments, values, 2], padded to whole blocks."""
    w = padded(weights, 0, BLOCK_CHANNELS)
    w = w.reshape(-1, BLOCK_CHANNELS // 2, 2, *w.shape[1:])
    return np.moveaxis(w[:, :, 0] + 256 * w[:, :, 1], 1, -1)


def reason_against(call: Call, weights: NDArray[np.int64]) -> str | None:
    """Why weights [O, segments, values] cannot be mixed; None if they can."""
    mixed = _mixed(weights)
    if mixed.min() < -(2**15):
        return "a weight of -128 leaves no room for its neighbour"
    acc = accumulator_range(call)
    if max(-acc.low.min(), acc.high.max()) >= 2**23:
        return "an accumulator may need more than 24 bits"
    return has_requantization(call)


def weight_words(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """[O, segments, values] -> words [blocks, segments, pairs of values, 2]."""
    words = pairs(np.moveaxis(padded(_mixed(weights), 2, 2), 3, 2))
    return np.moveaxis(words, 2, 3)


def mixed_output(call: Call, bias: NDArray[np.int64]) -> Struct:
    """`struct tg_dsp_output`, for whole blocks; `bias` [O] is folded.

    A block's channels B and D start at 256 times their bias plus that of A or C.
    """
    starts = padded(bias, 0, BLOCK_CHANNELS)
    starts[1::2] = wrap_int32(256 * starts[1::2] + starts[0::2])
    chosen = requantization(call)
    whole_blocks = Requantization(
        form=chosen.form,
        multipliers=padded(chosen.multipliers, 0, BLOCK_CHANNELS),
        offsets=padded(chosen.offsets, 0, BLOCK_CHANNELS),
        shifts=padded(chosen.shifts, 0, BLOCK_CHANNELS),
    )
    return output_struct(call, starts, whole_blocks)
