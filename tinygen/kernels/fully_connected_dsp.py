"""C kernels of FullyConnected for the Arm DSP extension."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX
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

MIXED_BOUND = 2**23
"""Absolute values of accumulators that mixed weights give lie below."""

MOST_PARTS = 16
"""Parts that a row is cut into, so that their accumulators fit."""

WIDENED = 16
"""Values that are widened together."""


def _weights(call: Call) -> NDArray[np.int64]:
    """[channels, depth]"""
    weights = call.inputs[1].data.astype(np.int64)
    return weights.reshape(weights.shape[0], -1)


def _rows(call: Call) -> int:
    return call.output.size // call.output.channels


def _depth(call: Call) -> int:
    return _weights(call).shape[1]


def _steps(depth: int) -> int:
    """Words of a widened row, in twos."""
    words = len(channel_order(depth))
    return words + words % 2


def _packed(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Words of [blocks, steps, words]: blocks of eight channels with four words, and one of four with two words."""
    steps = _steps(weights.shape[1])
    ordered = padded(padded(in_order(weights), 1, 2), 0, BLOCK_CHANNELS)
    mixed = pairs(mix(ordered[0::2], ordered[1::2]))[..., 0]  # [channel pairs, steps]
    count = len(mixed) // BLOCK_CHANNELS * BLOCK_CHANNELS
    wide = mixed[:count].reshape(-1, BLOCK_CHANNELS, steps).swapaxes(1, 2)
    return np.concatenate([wide.ravel(), mixed[count:].T.ravel()])


def is_one_window(call: Call) -> str | None:
    """A condition: a convolution whose one window is the whole input is a fully connected layer."""
    window, x = call.op.window(call.inputs[1]), call.inputs[0]
    if window.kernel != x.shape[1:3] or not window.padding.is_zero or call.op.groups(call) != 1:
        return "is only for windows as large as the input, in one group"
    return None if x.shape[0] == 1 else f"a first dimension of {x.shape[0]} is not 1"


def _reason_against(call: Call, weights: NDArray[np.int64]) -> str | None:
    weights = padded(weights, 0, 2)
    twos = np.arange(len(weights)).reshape(-1, 2)
    return reason_against_mix(call, weights, twos)


def _fits(call: Call) -> str | None:
    if _zero_point(call) != 0:
        return "is only for weights with the zero point 0"
    return _reason_against(call, _weights(call))


def _zero_point(call: Call) -> int:
    """Of the weights."""
    return call.inputs[1].quantization.zero_points[0]


def _scale(call: Call) -> Scale:
    return find_scale(call, (_weights(call) - _zero_point(call)).sum(1))


def _struct(call: Call, parts: list[NDArray[np.int64]]) -> Struct:
    """`struct tg_fully_connected_dsp` with the weights [channels, depth] of each part of a row."""
    scale, (channels, depth) = _scale(call), parts[0].shape
    is_uniform = bool((scale.words == scale.words[0]).all())
    low, high = scale.clamps
    return Struct(
        tag="tg_fully_connected_dsp",
        fields={
            "rows": _rows(call),
            "depth": depth,
            "channels": channels,
            "steps": _steps(depth),
            "weights": int32("weights", np.concatenate([_packed(w) for w in parts]), Role.WEIGHTS),
            "starts": int32("starts", mixed_starts(padded(scale.channels.bias, 0, BLOCK_CHANNELS))),
            "words": int32("words", scale.words[: 1 if is_uniform else None]),
            "channel_words": 0 if is_uniform else scale.words.shape[1],
            "form": int(scale.form),
            "out_zero_point": scale.channels.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )


def _lower(call: Call) -> tuple[KernelCall, ...]:
    params = _struct(call, [_weights(call)])
    return (KernelCall(params=params, inputs=(0,), proofs=(_scale(call).proof,)),)


def _scratch_bytes(call: Call) -> int:
    return _steps(_depth(call)) * WORD_BYTES


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops: steps are those of all blocks of eight."""
    return _loop_counts(call, _depth(call))


def _loop_counts(call: Call, depth: int) -> dict[str, float]:
    rows, outputs, steps = _rows(call), call.output.channels, _steps(depth)
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


# Weights that do not mix as they are, or have a zero point


def _conflicts(call: Call) -> NDArray[np.bool_]:
    """[channels, depth]: where a weight of -128 lies above one that is less than 0."""
    weights = padded(_weights(call), 0, 2)
    conflicts = np.zeros(weights.shape, bool)
    conflicts[1::2] = mix(weights[0::2], weights[1::2]) < -(2**15)
    return conflicts[: call.output.channels]


def _longer(call: Call) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Weights [channels, depth + n] that mix, and which n values of a row stand behind it once more."""
    weights, conflicts = _weights(call), _conflicts(call)
    again = np.flatnonzero(conflicts.any(0))
    return np.concatenate(
        [weights + conflicts, -conflicts[:, again].astype(np.int64)], axis=1
    ), again


def _start_bound(call: Call) -> int:
    """The largest absolute value that an accumulator starts at: bias, and the weights' zero point times a row."""
    return int(np.abs(_scale(call).channels.bias).max()) + 128 * abs(_zero_point(call)) * _depth(
        call
    )


def _parts(call: Call) -> list[NDArray[np.int64]] | None:
    """The weights of each part of a longer row; None where more than MOST_PARTS do not make accumulators fit."""
    weights, _ = _longer(call)
    depth, start = weights.shape[1], _start_bound(call)
    for count in range(1, MOST_PARTS + 1):
        length = depth if count == 1 else -(-depth // (count * WIDENED)) * WIDENED
        parts = np.split(np.pad(weights, [(0, 0), (0, count * length - depth)]), count, axis=1)
        if start + 128 * max(int(np.abs(w).sum(1).max()) for w in parts) < MIXED_BOUND:
            return parts
    return None


def _any_fits(call: Call) -> str | None:
    if _scale(call).channels.largest_acc > INT32_MAX:
        return "an accumulator may need more than 32 bits"
    return None if _parts(call) else f"accumulators need more than {MOST_PARTS} parts with 24 bits"


def _any_lower(call: Call) -> tuple[KernelCall, ...]:
    parts, (_, again) = _parts(call), _longer(call)
    params = Struct(
        tag="tg_fully_connected_any_dsp",
        fields={
            "plain": _struct(call, parts),
            "depth": _depth(call),
            "again": int32("again", again if again.size else [0]),
            "again_count": again.size,
            "weights_zero_point": _zero_point(call),
            "parts": len(parts),
            "part_words": _packed(parts[0]).size,
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(_scale(call).proof,)),)


def _any_scratch_bytes(call: Call) -> int:
    """Where the sums start, two sets of accumulators, a widened part, and a row with what stands behind it."""
    parts = _parts(call)
    depth = parts[0].shape[1]
    channels = -(-call.output.channels // WIDE_BLOCK) * WIDE_BLOCK
    return (3 * channels + _steps(depth)) * WORD_BYTES + len(parts) * depth


def _any_counts(call: Call) -> Mapping[str, float]:
    """Those of the plain kernel, and what is made of each row for it."""
    rows, parts = _rows(call), _parts(call)
    depth = parts[0].shape[1]
    run = {term: len(parts) * n for term, n in _loop_counts(call, depth).items() if term != "call"}
    added = (len(parts) > 1) * rows * len(parts) * call.output.channels
    return {"call": 1, **run, "copied": rows * len(parts) * depth, "added": added}


def _any_kernel(op: type[WeightedOperator], *conditions: Fits) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_fully_connected_any_s8_dsp",
        header="tg_fully_connected_dsp.h",
        source="arm_dsp/tg_fully_connected_any_s8_dsp.c",
        needs=DSP,
        specificity=-1,
        fits=all_of(*conditions, _any_fits),
        lower=_any_lower,
        scratch_bytes=_any_scratch_bytes,
        counts=_any_counts,
        lead=_lead,
    )


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


KERNELS = (
    _kernel(FullyConnected, 0),
    _kernel(Conv2D, 3, is_one_window),
    _any_kernel(FullyConnected),
    _any_kernel(Conv2D, is_one_window),
)
