"""C kernels of FullyConnected for the Arm DSP extension."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import dsp_mix
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, int32
from tinygen.kernels.lowering import folded_bias, leading_size
from tinygen.ops.fully_connected import FullyConnected

WIDE_BLOCK = 2 * dsp_mix.BLOCK_CHANNELS
"""Outputs that are computed together while there are as many."""

VALUE_BYTES = 2


def _weights(call: Call) -> NDArray[np.int64]:
    """As one segment: [channels, 1, depth]."""
    return call.inputs[1].data.astype(np.int64)[:, None, :]


def _packed(weights: NDArray[np.int64]) -> Array:
    """Two blocks side by side, word pair by word pair, then the block that may be left."""
    wide = len(weights) // WIDE_BLOCK * WIDE_BLOCK
    pairs = -(-weights.shape[2] // 2)
    blocks = dsp_mix.weight_words(weights[:wide]).reshape(-1, 2, pairs, 2).transpose(0, 2, 1, 3)
    rest = dsp_mix.weight_words(weights[wide:])
    return int32("weights", np.concatenate([blocks.ravel(), rest.ravel()]), Role.WEIGHTS)


def _fits(call: Call) -> str | None:
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    return dsp_mix.reason_against(call, _weights(call))


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights = call.inputs[:2]
    params = Struct(
        tag="tg_fully_connected_dsp",
        fields={
            "rows": leading_size(x),
            "depth": weights.shape[1],
            "channels": weights.shape[0],
            "weights": _packed(_weights(call)),
            "output": dsp_mix.mixed_output(call, folded_bias(call, weights.data.sum(1, np.int64))),
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _scratch_bytes(call: Call) -> int:
    """A widened row; an odd one is followed by a value that meets a zero weight."""
    depth = call.inputs[1].shape[1]
    return (depth + depth % 2) * VALUE_BYTES


KERNELS = (
    Kernel(
        op=FullyConnected,
        symbol="tg_fully_connected_s8_dsp",
        header="tg_fully_connected_dsp.h",
        source="arm_dsp/tg_fully_connected_s8_dsp.c",
        needs=DSP,
        fits=_fits,
        lower=_lower,
        scratch_bytes=_scratch_bytes,
    ),
)
