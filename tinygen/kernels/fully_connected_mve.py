"""C kernel of FullyConnected for Helium (MVE)."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import mve
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import leading_size, sizes_fit
from tinygen.ops.fully_connected import FullyConnected


def _weights(call: Call) -> NDArray[np.int64]:
    """[channels, depth]"""
    return call.inputs[1].data.astype(np.int64)


def _is_symmetric(call: Call) -> str | None:
    zero = call.inputs[1].quantization.zero_points[0]
    return None if zero == 0 else "is only for weights with the zero point 0"


def _has_output(call: Call) -> str | None:
    return mve.has_output(call, _weights(call).sum(1))


def _copied_depth(call: Call) -> int:
    """Bytes of a row that must be copied because the last vector would reach past the end; 0 if none."""
    depth = _weights(call).shape[1]
    return depth if depth % mve.STEP else 0


def _lower(call: Call) -> tuple[KernelCall, ...]:
    weights = _weights(call)
    output = mve.output_of(call, weights.sum(1))
    low, high = output.clip
    params = Struct(
        tag="tg_fully_connected_mve",
        fields={
            "dense": mve.dense_struct(weights, output),
            "rows": leading_size(call.inputs[0]),
            "depth": weights.shape[1],
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(output.proof,)),)


def _scratch_bytes(call: Call) -> int:
    """The sums, then a row that is not whole steps."""
    channels, depth = _weights(call).shape
    copied = mve.steps_of(depth) * mve.STEP if _copied_depth(call) else 0
    return mve.sums_bytes_of_one(channels) + copied


def _counts(call: Call) -> dict[str, float]:
    channels, depth = _weights(call).shape
    rows = leading_size(call.inputs[0])
    output = mve.output_of(call, _weights(call).sum(1))
    blocks = -(-mve.tiles_of(channels) // mve.BLOCK_ONE)
    return {
        "call": 1,
        "copied vectors": rows * mve.steps_of(_copied_depth(call)),
        **mve.dense_one_counts(rows, blocks, depth, channels, output),
        **mve.clamp_counts(1, rows * channels, output),
    }


KERNELS = (
    Kernel(
        op=FullyConnected,
        symbol="tg_fully_connected_s8_mve",
        header="tg_fully_connected_mve.h",
        source="arm_mve/tg_fully_connected_s8_mve.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY,
        fits=all_of(sizes_fit, _is_symmetric, _has_output),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
    ),
)
