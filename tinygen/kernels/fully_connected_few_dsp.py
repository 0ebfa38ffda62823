"""C kernel of fully connected layers with few outputs, for the Arm DSP extension."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import Scale, find_scale
from tinygen.kernels.fully_connected_dsp import is_one_window
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int8, int32
from tinygen.kernels.lowering import sizes_fit, sums_fit
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.scaled import WeightedOperator

FOUR = 4
"""Values that are read together."""

TOGETHER = 8
"""Outputs that run together."""


def _weights(call: Call) -> NDArray[np.int64]:
    """[channels, depth]"""
    weights = call.inputs[1].data.astype(np.int64)
    return weights.reshape(weights.shape[0], -1)


def _scale(call: Call) -> Scale:
    return find_scale(call, _weights(call).sum(1))


def _rows(call: Call) -> int:
    return call.output.size // call.output.channels


def _fits(call: Call) -> str | None:
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    depth = _weights(call).shape[1]
    return None if depth >= FOUR else f"wants {FOUR} inputs or more"


def _lower(call: Call) -> tuple[KernelCall, ...]:
    weights, scale = _weights(call), _scale(call)
    low, high = scale.clamps
    params = Struct(
        tag="tg_fully_connected_few_dsp",
        fields={
            "rows": _rows(call),
            "depth": weights.shape[1],
            "channels": weights.shape[0],
            "weights": int8("weights", weights, Role.WEIGHTS),
            "bias": int32("bias", scale.channels.bias),
            "words": int32("words", scale.words),
            "form": int(scale.form),
            "out_zero_point": scale.channels.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops: pairs of outputs by fours of inputs, a last output by eights, and what these leave over."""
    channels, depth = _weights(call).shape
    rows = _rows(call)
    pairs, single = rows * (channels // 2), rows * (channels % 2)
    form = _scale(call).form
    return {
        "call": 1,
        "turns": rows * (channels // TOGETHER + (channels % TOGETHER > 1) + channels % 2),
        "pairs": pairs,
        "fours": pairs * (depth // FOUR),
        "eights": single * (depth // 8),
        "runs of rests": 2 * pairs * (depth % FOUR > 0) + single,
        "rests": 2 * pairs * (depth % FOUR) + single * (depth % 8),
        "outputs": rows * channels,
        "outputs by rule": rows * channels * form.is_rule,
    }


def _lead(call: Call) -> int:
    """The outputs of a row are written while it is still read."""
    rows, channels = _rows(call), call.output.channels
    depth = _weights(call).shape[1]
    return max(channels, rows * channels - (rows - 1) * depth)


def _kernel(op: type[WeightedOperator], *conditions: Fits) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_fully_connected_few_s8_dsp",
        header="tg_fully_connected_few_dsp.h",
        source="arm_dsp/tg_fully_connected_few_s8_dsp.c",
        needs=DSP,
        specificity=-2,
        fits=all_of(sizes_fit, *conditions, _fits, sums_fit),
        lower=_lower,
        counts=_counts,
        lead=_lead,
    )


KERNELS = (_kernel(FullyConnected), _kernel(Conv2D, is_one_window))
