"""What direct convolutions for the Arm DSP extension share: four output channels to a block, weights mixed in pairs."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.dsp import pairs
from tinygen.kernels.dsp_scale import BLOCK_CHANNELS, Form, mix, reason_against_mix
from tinygen.kernels.kernel import Array, Role, int32
from tinygen.ops.window import Window
from tinygen.proofs.channels import channels_of

STEP_BYTES = 8
"""Weights of a step: the words mix(A, B) and mix(C, D)."""

SUMS_BYTES = 32
"""Scratch for the sums of a pair of pixels."""

QUAD_WORDS = ((0, 2), (1, 3))
"""The values of the two words that SXTB16 makes of four bytes."""


def window_of(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def weights_of(call: Call) -> NDArray[np.int64]:
    """[O, KH, KW, I / groups]"""
    return call.inputs[1].data.astype(np.int64)


def weight_sums(call: Call) -> NDArray[np.int64]:
    return weights_of(call).sum((1, 2, 3))


def is_unclamped(call: Call) -> bool:
    """Whether saturation is all that bounds outputs: clamps run over whole rows, and over what lies between pixels."""
    return not channels_of(call, weight_sums(call)).needs_clamp


def blocks_of(call: Call) -> NDArray[np.int64]:
    """[blocks, 4]: the output channels of each block, group by group.

    The last block of a group ends with its last channel and repeats some of the block before. Where a group has fewer
    than four channels, the last is repeated.
    """
    groups = call.op.groups(call)
    channels = call.output.channels // groups
    first = np.arange(0, channels, BLOCK_CHANNELS)
    first = np.clip(first, 0, max(channels - BLOCK_CHANNELS, 0))
    block = np.minimum(first[:, None] + np.arange(BLOCK_CHANNELS), channels - 1)
    starts = np.arange(groups)[:, None, None] * channels
    return (starts + block).reshape(-1, BLOCK_CHANNELS)


def mixed_words(values: NDArray[np.int64], blocks: NDArray[np.int64]) -> Array:
    """Weights [O, steps, 2] in the order of the kernel -> words [blocks, steps, 2]."""
    mixed = mix(values[blocks[:, 0::2]], values[blocks[:, 1::2]])
    return int32("weights", pairs(mixed)[..., 0].swapaxes(1, 2), Role.WEIGHTS)


def plain_words(values: NDArray[np.int64], blocks: NDArray[np.int64]) -> Array:
    """Weights [O, steps, 2] that are not mixed -> words [blocks, steps, 4]."""
    words = pairs(values)[..., 0]
    return int32("weights", words[blocks].swapaxes(1, 2), Role.WEIGHTS)


def mixes(call: Call) -> str | None:
    """The condition that weights can be mixed."""
    weights = weights_of(call)
    return reason_against_mix(call, weights.reshape(len(weights), -1), blocks_of(call))


def per_form(form: Form, count: int) -> dict[str, float]:
    """Terms of the cost: each form has its own price for a pair of pixels and a block."""
    return {
        "pair blocks, one product": count * (form is Form.ONE_PRODUCT),
        "pair blocks, two roundings": count * (form is Form.TWO_ROUNDINGS),
        "pair blocks, by rule": count * form.is_rule,
    }
