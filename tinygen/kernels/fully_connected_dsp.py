"""C kernels of FullyConnected for the Arm DSP extension."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.dsp import DSP, padded, pairs
from tinygen.kernels.dsp_scale import (
    BLOCK_CHANNELS,
    Form,
    Scale,
    channel_order,
    find_scale,
    in_order,
    mix,
    mixed_starts,
    reason_against_mix,
)
from tinygen.kernels.kernel import (
    Array,
    Fits,
    Kernel,
    KernelCall,
    Role,
    Struct,
    all_of,
    int32,
)
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.scaled import WeightedOperator

WIDE_BLOCK = 2 * BLOCK_CHANNELS
"""Outputs that are computed together, while more than BLOCK_CHANNELS are left."""

WORD_BYTES = 4


def _weights(call: Call) -> NDArray[np.int64]:
    """[channels, depth]"""
    weights = call.inputs[1].data.astype(np.int64)
    return weights.reshape(weights.shape[0], -1)


def _rows(call: Call) -> int:
    return call.output.size // call.output.channels


def _steps(call: Call) -> int:
    """Words of a widened row, in twos."""
    words = len(channel_order(_weights(call).shape[1]))
    return words + words % 2


def _packed(weights: NDArray[np.int64], steps: int) -> Array:
    """[blocks, steps, words]: blocks of eight channels with four words, and one of four with two words."""
    ordered = padded(padded(in_order(weights), 1, 2), 0, BLOCK_CHANNELS)
    mixed = pairs(mix(ordered[0::2], ordered[1::2]))[..., 0]  # [channel pairs, steps]
    count = len(mixed) // BLOCK_CHANNELS * BLOCK_CHANNELS
    wide = mixed[:count].reshape(-1, BLOCK_CHANNELS, steps).swapaxes(1, 2)
    return int32("weights", np.concatenate([wide.ravel(), mixed[count:].T.ravel()]), Role.WEIGHTS)


def _is_one_window(call: Call) -> str | None:
    """A convolution whose one window is the whole input is a fully connected layer."""
    window, x = call.op.window(call.inputs[1]), call.inputs[0]
    if window.kernel != x.shape[1:3] or not window.padding.is_zero or call.op.groups(call) != 1:
        return "is only for windows as large as the input, in one group"
    return None if x.shape[0] == 1 else f"a first dimension of {x.shape[0]} is not 1"


def _fits(call: Call) -> str | None:
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    weights = padded(_weights(call), 0, 2)
    twos = np.arange(len(weights)).reshape(-1, 2)
    return reason_against_mix(call, weights, twos)


def _scale(call: Call) -> Scale:
    return find_scale(call, _weights(call).sum(1))


def _lower(call: Call) -> tuple[KernelCall, ...]:
    weights, scale = _weights(call), _scale(call)
    channels = scale.channels
    is_uniform = bool((scale.words == scale.words[0]).all())
    low, high = scale.clamps
    params = Struct(
        tag="tg_fully_connected_dsp",
        fields={
            "rows": _rows(call),
            "depth": weights.shape[1],
            "channels": weights.shape[0],
            "steps": _steps(call),
            "weights": _packed(weights, _steps(call)),
            "starts": int32("starts", mixed_starts(padded(channels.bias, 0, BLOCK_CHANNELS))),
            "words": int32("words", scale.words[: 1 if is_uniform else None]),
            "channel_words": 0 if is_uniform else scale.words.shape[1],
            "form": int(scale.form),
            "out_zero_point": channels.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _scratch_bytes(call: Call) -> int:
    return _steps(call) * WORD_BYTES


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops: steps are those of all blocks of eight."""
    rows, outputs, steps = _rows(call), call.output.channels, _steps(call)
    wide = (outputs + BLOCK_CHANNELS - 1) // WIDE_BLOCK
    narrow = outputs - wide * WIDE_BLOCK
    form = _scale(call).form
    is_fast = form is Form.ONE_PRODUCT
    return {
        "call": 1,
        "rows": rows,
        "widened": rows * steps,
        "wide steps": rows * wide * steps,
        "wide blocks, one product": rows * wide * is_fast,
        "wide blocks, other forms": rows * wide * (not is_fast),
        "narrow steps": rows * (narrow > 0) * steps,
        "narrow blocks": rows * (narrow > 0),
    }


def _lead(call: Call) -> int:
    """A row is widened before its outputs are written; those of all but the last must stay below the next."""
    rows = _rows(call)
    return max(0, (rows - 1) * (call.output.size - call.inputs[0].size) // rows)


def _kernel(op: type[WeightedOperator], specificity: int, *conditions: Fits) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_fully_connected_s8_dsp",
        header="tg_fully_connected_dsp.h",
        source="arm_dsp/tg_fully_connected_s8_dsp.c",
        needs=DSP,
        specificity=specificity,
        fits=all_of(*conditions, _fits),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
        lead=_lead,
    )


KERNELS = (_kernel(FullyConnected, 0), _kernel(Conv2D, 3, _is_one_window))
