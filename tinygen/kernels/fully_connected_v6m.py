"""C kernels of FullyConnected for Armv6-M: four channels in the bytes of a word, or two in its halves, which takes
fewer instructions and twice the flash."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lanes_v6m import (
    QUAD_SIZES,
    SIZES,
    Lanes,
    lanes_fit,
    lanes_of,
    lanes_struct,
    narrow_of,
    narrow_struct,
    product_counts,
    quads_struct,
)
from tinygen.kernels.lowering import ARMV6M, leading_size
from tinygen.ops.fully_connected import FullyConnected

LARGEST_OFFSET = 32767

MOST_WEIGHTS = 32 * 1024
"""Of a layer with two channels in a word. More would fill the flash that comes with such a core."""


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, depth]"""
    return call.inputs[1].data


def _quads(call: Call) -> Lanes | None:
    return lanes_of(_weights(call), 1, QUAD_SIZES, in_pairs=False)


def _pairs(call: Call) -> Lanes | None:
    return lanes_of(_weights(call), 1, SIZES, in_pairs=True)


def _weight_sums(call: Call) -> Integers:
    return _weights(call).sum(1, np.int64)


def _fits(call: Call, lanes: Lanes | None) -> str | None:
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    if _weights(call).shape[1] > LARGEST_OFFSET:
        return f"sums of more than {LARGEST_OFFSET} products are too long"
    return lanes_fit(call, _weights(call), lanes)


def _inputs(call: Call) -> Integers:
    """Where the inputs are."""
    return np.arange(_weights(call).shape[1])


def _is_small(call: Call) -> str | None:
    if _weights(call).size > MOST_WEIGHTS:
        return f"is only for up to {MOST_WEIGHTS} weights"
    return None


def _lowered(call: Call, kind: str, lanes: Lanes, packed: Struct) -> tuple[KernelCall, ...]:
    """The call; `kind` names the struct, and the field in it that holds the packed weights."""
    narrow = narrow_of(call, _weight_sums(call), lanes.start())
    params = Struct(
        tag=f"tg_fully_connected_{kind}_v6m",
        fields={
            "rows": leading_size(call.inputs[0]),
            "depth": _weights(call).shape[1],
            "channels": _weights(call).shape[0],
            kind: packed,
            "narrow": narrow_struct(call, narrow),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(narrow.statement,)),)


def _lower_quads(call: Call) -> tuple[KernelCall, ...]:
    quads = _quads(call)
    return _lowered(call, "quads", quads, quads_struct(quads, _inputs(call)))


def _lower_pairs(call: Call) -> tuple[KernelCall, ...]:
    pairs = _pairs(call)
    return _lowered(call, "lanes", pairs, lanes_struct(pairs, _inputs(call)))


def _quads_scratch_bytes(call: Call) -> int:
    """The inputs of a row in words, a word more for every block, and the sums."""
    quads = _quads(call)
    return 4 * (quads.words + quads.count + quads.channels)


def _pairs_scratch_bytes(call: Call) -> int:
    """The inputs of a row in words, and the sums."""
    pairs = _pairs(call)
    return 4 * (pairs.gathered + pairs.channels)


def _counts(call: Call, lanes: Lanes, gathered: int) -> Mapping[str, float]:
    rows = leading_size(call.inputs[0])
    return {
        "call": 1,
        "rows": rows,
        "gathered": rows * gathered,
        **product_counts(call, _weights(call), lanes, rows),
    }


def _quads_counts(call: Call) -> Mapping[str, float]:
    quads = _quads(call)
    return _counts(call, quads, quads.words)


def _pairs_counts(call: Call) -> Mapping[str, float]:
    pairs = _pairs(call)
    return _counts(call, pairs, pairs.gathered)


KERNELS = (
    Kernel(
        op=FullyConnected,
        symbol="tg_fully_connected_quads_s8_v6m",
        header="tg_fully_connected_quads_v6m.h",
        source="armv6m/tg_fully_connected_quads_s8_v6m.c",
        needs=ARMV6M,
        fits=lambda call: _fits(call, _quads(call)),
        lower=_lower_quads,
        scratch_bytes=_quads_scratch_bytes,
        specificity=1,
        counts=_quads_counts,
    ),
    Kernel(
        op=FullyConnected,
        symbol="tg_fully_connected_lanes_s8_v6m",
        header="tg_fully_connected_lanes_v6m.h",
        source="armv6m/tg_fully_connected_lanes_s8_v6m.c",
        needs=ARMV6M,
        fits=all_of(_is_small, lambda call: _fits(call, _pairs(call))),
        lower=_lower_pairs,
        scratch_bytes=_pairs_scratch_bytes,
        counts=_pairs_counts,
    ),
)
