"""C kernels of FullyConnected for Armv6-M."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct
from tinygen.kernels.lanes_v6m import (
    FOUR,
    QUAD_SIZES,
    Lanes,
    lanes_of,
    narrow_of,
    narrow_struct,
    sums_fit,
)
from tinygen.kernels.lowering import ARMV6M, leading_size
from tinygen.ops.fully_connected import FullyConnected

LARGEST_OFFSET = 32767


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, depth]"""
    return call.inputs[1].data


def _lanes(call: Call) -> Lanes | None:
    return lanes_of(_weights(call), 1, QUAD_SIZES, in_pairs=False)


def _weight_sums(call: Call) -> Integers:
    return _weights(call).sum(1, np.int64)


def _fits(call: Call) -> str | None:
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    if _weights(call).shape[1] > LARGEST_OFFSET:
        return f"sums of more than {LARGEST_OFFSET} products are too long"
    lanes = _lanes(call)
    if lanes is None:
        return "two weights of -128 meet in a block"
    reason = sums_fit(_weights(call), lanes)
    if reason is not None:
        return reason
    if narrow_of(call, _weight_sums(call), lanes.start()) is None:
        return "no requantization with 32-bit products is exact"
    return None


def _quads_struct(lanes: Lanes) -> Struct:
    offsets = lanes.order()[0][: lanes.words].astype(np.int16)
    return Struct(
        tag="tg_quads_v6m",
        fields={
            "offsets": Array(name="offsets", data=offsets),
            "weights": Array(name="weights", data=lanes.packed_bytes(), role=Role.WEIGHTS),
            "blocks": lanes.count,
            "size": lanes.size,
            "channels": lanes.channels,
        },
    )


def _lower(call: Call) -> tuple[KernelCall, ...]:
    lanes = _lanes(call)
    narrow = narrow_of(call, _weight_sums(call), lanes.start())
    params = Struct(
        tag="tg_fully_connected_quads_v6m",
        fields={
            "rows": leading_size(call.inputs[0]),
            "depth": _weights(call).shape[1],
            "channels": _weights(call).shape[0],
            "quads": _quads_struct(lanes),
            "narrow": narrow_struct(call, narrow),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(narrow.statement,)),)


def _scratch_bytes(call: Call) -> int:
    """The inputs of a row in words, a word more for every block, and the sums."""
    lanes = _lanes(call)
    return 4 * (lanes.words + lanes.count + lanes.channels)


def _counts(call: Call) -> Mapping[str, float]:
    lanes, rows = _lanes(call), leading_size(call.inputs[0])
    fours = rows * lanes.channels // FOUR
    return {
        "call": 1,
        "rows": rows,
        "gathered": rows * lanes.words,
        "fours": fours,
        "steps": fours * lanes.words,
        "blocks": fours * lanes.count,
        "outputs": call.output.size,
    }


KERNELS = (
    Kernel(
        op=FullyConnected,
        symbol="tg_fully_connected_quads_s8_v6m",
        header="tg_fully_connected_quads_v6m.h",
        source="armv6m/tg_fully_connected_quads_s8_v6m.c",
        needs=ARMV6M,
        fits=_fits,
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        specificity=1,
        counts=_counts,
    ),
)
