"""How kernels for the Arm DSP extension get int8 from sums: `struct tg_dsp_scale` (runtime_c/include/tg_dsp_scale.h).

The forms, and why they are exact:

- ONE_PRODUCT is proved step by step (`tinygen.proofs.requantization`), with a shift and a scale that are the same for
  all layers, so that they are immediates of the code.
- TWO_ROUNDINGS is rule A6 for shifts to the right (`tinygen.proofs.nested_floors`).
- The rules as they stand take every layer.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, Integers, wrap_int32
from tinygen.ir import Call
from tinygen.kernels.kernel import Struct, int32
from tinygen.proofs.channels import Channels, channels_of
from tinygen.proofs.nested_floors import two_roundings
from tinygen.proofs.requantization import Place, prove

BLOCK_CHANNELS = 4
"""Output channels that a block computes together."""

PRESCALE, SHIFT = 8, 12
"""Of ONE_PRODUCT. Mixed weights scale their high channel by 2**8 for nothing."""

NO_CHANNEL = -1
"""In `channel_order`: a weight of zero."""


class Form(enum.IntEnum):
    """`enum tg_dsp_scale_form`."""

    ONE_PRODUCT = 0
    TWO_ROUNDINGS = 1
    RULE_A6 = 2
    RULE_A7 = 3

    @property
    def is_rule(self) -> bool:
        return self in (Form.RULE_A6, Form.RULE_A7)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """A form, and the words of every channel [channels, words] that it needs."""

    form: Form
    channels: Channels
    words: Integers

    @property
    def clamps(self) -> tuple[int, int]:
        """Bounds of the output; those of int8 where saturation does it all."""
        bounds = (self.channels.out_min, self.channels.out_max)
        return bounds if self.channels.needs_clamp else (-128, 127)

    @property
    def proof(self) -> str:
        """For the manifest."""
        return {
            Form.ONE_PRODUCT: f"one product and a shift by {SHIFT} give every output byte",
            Form.TWO_ROUNDINGS: "2 * accumulators fit in int32, shifts go to the right",
            Form.RULE_A6: "rule A6 as it stands",
            Form.RULE_A7: "rule A7 as it stands",
        }[self.form]


def find_scale(call: Call, weight_sums: NDArray) -> Scale:
    """The cheapest form that is exact for this layer."""
    channels = channels_of(call, weight_sums)
    return _one_product(channels) or _two_roundings(channels) or _by_rule(channels)


def _one_product(channels: Channels) -> Scale | None:
    scaled = prove(
        channels,
        place=Place.PRODUCT,
        shift=SHIFT,
        signs=False,
        least_prescale=PRESCALE,
        most_prescale=PRESCALE,
    )
    if scaled is None:
        return None
    words = np.stack([scaled.multipliers, scaled.offsets], axis=1)
    return Scale(form=Form.ONE_PRODUCT, channels=channels, words=words)


def _two_roundings(channels: Channels) -> Scale | None:
    floors = two_roundings(channels)
    if floors is None:
        return None
    words = np.stack([floors.multipliers, floors.offsets, floors.shifts], axis=1)
    return Scale(form=Form.TWO_ROUNDINGS, channels=channels, words=words)


def _by_rule(channels: Channels) -> Scale:
    form = Form.RULE_A6 if channels.arithmetic is Arithmetic.TFLM else Form.RULE_A7
    words = np.stack([channels.multipliers, -channels.right], axis=1)
    return Scale(form=form, channels=channels, words=words)


def scale_struct(scale: Scale, blocks: NDArray[np.int64]) -> Struct:
    """`struct tg_dsp_scale`; `blocks` [blocks, 4] are the output channels of each block of mixed weights."""
    starts = mixed_starts(scale.channels.bias[blocks])
    words = scale.words[blocks].reshape(len(blocks), -1)
    low, high = scale.clamps
    return Struct(
        tag="tg_dsp_scale",
        fields={
            "blocks": int32("blocks", np.concatenate([words, starts], axis=1)),
            "form": int(scale.form),
            "out_zero_point": scale.channels.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )


def blocks_of(channels: int) -> NDArray[np.int64]:
    """[blocks, 4]: four channels after the other; the last four where that does not come out even.

    Where there are fewer than four, the last stands for those that are missing.
    """
    count = -(-channels // BLOCK_CHANNELS)
    first = np.minimum(np.arange(count) * BLOCK_CHANNELS, max(channels - BLOCK_CHANNELS, 0))
    return np.minimum(first[:, None] + np.arange(BLOCK_CHANNELS), channels - 1)


def channel_order(channels: int) -> NDArray[np.int64]:
    """[words, 2]: the input channels of the words of a widened pixel, as tg_conv2d_1x1_dsp.h says."""
    order = [(4 * i + j, 4 * i + j + 2) for i in range(channels // 4) for j in (0, 1)]
    last = channels - 1
    order += {
        0: [],
        1: [(NO_CHANNEL, last)],
        2: [(last - 1, last)],
        3: [(NO_CHANNEL, last - 1), (last - 2, last)],
    }[channels % 4]
    return np.array(order)


def in_order(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """[output channels, input channels] -> [output channels, words, 2], zeros where there is no channel."""
    order = channel_order(weights.shape[1])
    return np.where(order == NO_CHANNEL, 0, weights[:, order])


def mix(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """H = 256 * high + low, which must fit in int16 (`reason_against_mix`)."""
    return 256 * high + low


def mixed_starts(bias: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the sums of A and of A + 256 * B start, for A, B, C, D .. along the last axis."""
    starts = bias.copy()
    starts[..., 1::2] = wrap_int32(256 * bias[..., 1::2] + bias[..., 0::2])
    return starts


def reason_against_mix(
    call: Call, weights: NDArray[np.int64], blocks: NDArray[np.int64]
) -> str | None:
    """Why weights [channels, values] cannot be mixed two by two in these blocks; None if they can.

    The sum of x * H is A + 256 * B modulo 2**32 and that of x * a alone is A: their difference is 256 * B, which is
    exact as long as |B| < 2**23.
    """
    if mix(weights[blocks[:, 0::2]], weights[blocks[:, 1::2]]).min() < -(2**15):
        return "a weight of -128 leaves no room for its neighbour"
    sums = weights[: call.output.channels].sum(1)
    if channels_of(call, sums).largest_acc >= 2**23:
        return "an accumulator may need more than 24 bits"
    return None
