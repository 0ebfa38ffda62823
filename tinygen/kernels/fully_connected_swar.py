"""C kernels of FullyConnected that multiply two weights at a time, for cores without SIMD instructions."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import swar
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, int32
from tinygen.kernels.lowering import leading_size
from tinygen.ops.fully_connected import FullyConnected
from tinygen.proofs.lanes import Blocks, longest_blocks

OUTPUTS = 4
"""Outputs that are computed together."""

LEAST_CHANNELS = 3
"""With fewer outputs most of the work would be thrown away."""

BLOCK_SIZES = (16, 14, 12, 10, 8, 6, 4, 2)


def _weight_sums(call: Call) -> NDArray[np.int64]:
    return call.inputs[1].data.sum(1, dtype=np.int64)


def _blocks(call: Call) -> Blocks | None:
    bounds, weights = call.input_range(0), call.inputs[1].data
    return longest_blocks(weights, low=bounds.low, high=bounds.high, sizes=BLOCK_SIZES)


def _words(blocks: Blocks, weights: NDArray[np.int8]) -> NDArray[np.int32]:
    """[ceil(channels / 4)][inputs]: bytes of the outputs 0, 2, 1, 3, each 128 higher."""
    packed = blocks.packed(weights)
    fours = np.pad(packed, [(0, -len(packed) % OUTPUTS), (0, 0)]).reshape(
        -1, OUTPUTS, packed.shape[1]
    )
    raised = (fours[:, [0, 2, 1, 3]].transpose(0, 2, 1).astype(np.int16) + 128).astype(np.uint8)
    return np.ascontiguousarray(raised).view("<i4").ravel().astype(np.int32)


def _fits(call: Call) -> str | None:
    weights = call.inputs[1]
    if weights.quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    if weights.shape[0] < LEAST_CHANNELS or weights.shape[1] > np.iinfo(np.int16).max:
        return f"is only for {LEAST_CHANNELS} or more outputs of {np.iinfo(np.int16).max} inputs at most"
    if swar.find_requantization(call, _weight_sums(call))[1] is None:
        return "no single product and shift is exact"
    if _blocks(call) is None:
        return "the weights are too large to sum two products in a word"
    return None


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights = call.inputs[:2]
    blocks = _blocks(call)
    channels, scaled = swar.find_requantization(call, _weight_sums(call))
    order = np.maximum(blocks.order.ravel(), 0)  # an input that does not exist has zero weights
    params = Struct(
        tag="tg_fully_connected_swar",
        fields={
            "rows": leading_size(x),
            "depth": weights.shape[1],
            "channels": weights.shape[0],
            "block": blocks.size,
            "blocks": blocks.count,
            "order": Array(name="order", data=order.astype(np.uint16)),
            "weights": int32("weights", _words(blocks, weights.data), Role.WEIGHTS),
            "output": swar.output_struct(channels, scaled),
        },
    )
    proofs = (scaled.statement, swar.statement(blocks))
    return (KernelCall(params=params, inputs=(0,), proofs=proofs),)


def _counts(call: Call) -> Mapping[str, float]:
    rows, blocks = leading_size(call.inputs[0]), _blocks(call)
    fours = rows * -(-call.output.channels // OUTPUTS)
    return {
        "call": 1,
        "rows": rows,
        "ordered": rows * blocks.count * blocks.size,
        "fours": fours,
        "blocks": fours * blocks.count,
        "steps": fours * blocks.count * blocks.size,
    }


def _scratch_bytes(call: Call) -> int:
    """The first values of the blocks, then the inputs in order."""
    blocks = _blocks(call)
    return blocks.count * swar.WORD_BYTES + blocks.count * blocks.size


def _kernel(symbol: str, needs: frozenset[str], folder: str) -> Kernel:
    return Kernel(
        op=FullyConnected,
        symbol=symbol,
        header="tg_fully_connected_swar.h",
        source=f"{folder}/{symbol}.c",
        needs=needs,
        fits=_fits,
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
    )


KERNELS = (
    _kernel("tg_fully_connected_s8_v7m", swar.V7M, "armv7m"),
    _kernel("tg_fully_connected_s8_rv32", swar.RV32, "rv32"),
)
