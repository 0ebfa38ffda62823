"""C kernel of fully connected layers with few outputs, for the Arm DSP extension."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.kernels.dsp import DSP, padded, pairs
from tinygen.kernels.dsp_scale import Form, Scale, find_scale, mix, mixed_starts, reason_against_mix
from tinygen.kernels.fully_connected_dsp import is_one_window
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.lowering import sizes_fit, sums_fit
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.scaled import WeightedOperator

QUAD, EIGHT = 4, 8
"""Inputs that are read together, for channels that are mixed, and for one alone."""

TOGETHER = 4
"""Mixed channels that run together."""


def _weights(call: Call) -> NDArray[np.int64]:
    """[channels, depth]"""
    weights = call.inputs[1].data.astype(np.int64)
    return weights.reshape(weights.shape[0], -1)


def scale_of(call: Call) -> Scale:
    return find_scale(call, _weights(call).sum(1))


def twos_of(call: Call, groups: int = 1) -> int:
    """Pairs of channels of a group that are mixed: all that there are, or none."""
    weights = _weights(call)
    count = len(weights) // groups // 2
    blocks = np.arange(len(weights)).reshape(groups, -1)[:, : 2 * count].reshape(-1, 2)
    return count if count and reason_against_mix(call, weights, blocks) is None else 0


def has_depth(call: Call) -> str | None:
    """A condition: there are enough inputs, and the weights have the zero point 0."""
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    depth = _weights(call).shape[1]
    return None if depth >= EIGHT else f"wants {EIGHT} inputs or more"


def _rows(call: Call) -> int:
    return call.output.size // call.output.channels


def _in_units(weights: NDArray[np.int64], unit: int) -> NDArray[np.int64]:
    """[channels, depth] -> [channels, words, 2], as the header says: the last unit ends with the row."""
    channels, depth = weights.shape
    whole = depth // unit * unit
    last = padded(weights[:, whole:][:, ::-1], 1, unit)[:, ::-1]  # zeros before what is left
    values = np.concatenate([weights[:, :whole], last], axis=1)
    words = values.shape[1] // 2
    return values.reshape(channels, words // 2, 2, 2).swapaxes(2, 3).reshape(channels, words, 2)


def packed_weights(weights: NDArray[np.int64], twos: int) -> NDArray[np.int64]:
    """Words of the channels that are mixed, then of the others."""
    mixed, alone = _in_units(weights[: 2 * twos], QUAD), _in_units(weights[2 * twos :], EIGHT)
    words = pairs(mix(mixed[0::2], mixed[1::2])), pairs(alone)
    return np.concatenate([w.ravel() for w in words])


def packed_words(bias: Integers, words: Integers, twos: int, together: int) -> NDArray[np.int64]:
    """For mixed channels that run together, and each that is alone: where sums start, then their words."""
    edges = [*range(0, 2 * twos, together), *range(2 * twos, len(words) + 1)]
    parts = []
    for first, end in pairwise(edges):
        parts += [mixed_starts(bias[first:end]), words[first:end].ravel()]
    return np.concatenate(parts)


def few_struct(call: Call, together: int = TOGETHER) -> Struct:
    """`struct tg_fully_connected_few_dsp`"""
    weights, scale, twos = _weights(call), scale_of(call), twos_of(call)
    low, high = scale.clamps
    packed = packed_weights(weights, twos)
    words = packed_words(scale.channels.bias, scale.words, twos, together)
    return Struct(
        tag="tg_fully_connected_few_dsp",
        fields={
            "weights": int32("weights", packed, Role.WEIGHTS),
            "words": int32("words", words),
            "depth": weights.shape[1],
            "two_bytes": 8 * -(-weights.shape[1] // QUAD),
            "twos": twos,
            "ones": len(weights) - 2 * twos,
            "form": int(scale.form),
            "out_zero_point": scale.channels.zero_point,
            "out_min": low,
            "out_max": high,
            "is_plain": int(
                _rows(call) == 1 and not scale.form.is_rule and not scale.channels.needs_clamp
            ),
            "together": together,
            "rows": _rows(call),
        },
    )


def _lower(call: Call) -> tuple[KernelCall, ...]:
    return (KernelCall(params=few_struct(call), inputs=(0,), proofs=(scale_of(call).proof,)),)


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops."""
    rows, (channels, depth) = _rows(call), _weights(call).shape
    twos, scale = twos_of(call), scale_of(call)
    form = scale.form
    fours, two, ones = twos // 2, twos % 2, channels - 2 * twos
    quads, eights = -(-depth // QUAD), -(-depth // EIGHT)
    is_fast = not form.is_rule
    of_row = {
        "fours": fours,
        "twos": two,
        "ones": ones,
        "quads of fours": fours * quads * is_fast,
        "quads of twos": two * quads * is_fast,
        "eights of ones": ones * eights * is_fast,
        "rests": (fours + two) * (depth % QUAD > 0) + ones * (depth % EIGHT > 0),
        "outputs clamped": channels * scale.channels.needs_clamp,
        "outputs, two roundings": channels * (form is Form.TWO_ROUNDINGS),
        "outputs by rule": channels * form.is_rule,
        "steps by rule": (twos * quads + ones * eights) * form.is_rule,
    }
    return {"call": 1, "rows": rows} | {term: rows * n for term, n in of_row.items()}


def _lead(call: Call) -> int:
    """All outputs of a row but those of the last block are written while it is still read."""
    twos, channels = twos_of(call), call.output.channels
    depth, rows = _weights(call).shape[1], _rows(call)
    last = 1 if channels > 2 * twos else min(TOGETHER, 2 * (2 - twos % 2))
    return max(0, channels - last + max(0, (rows - 1) * (channels - depth)))


def _kernel(op: type[WeightedOperator], *conditions: Fits) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_fully_connected_few_s8_dsp",
        header="tg_fully_connected_few_dsp.h",
        source="arm_dsp/tg_fully_connected_few_s8_dsp.c",
        needs=DSP,
        specificity=-2,
        fits=all_of(sizes_fit, *conditions, has_depth, sums_fit),
        lower=_lower,
        counts=_counts,
        lead=_lead,
    )


KERNELS = (_kernel(FullyConnected), _kernel(Conv2D, is_one_window))
