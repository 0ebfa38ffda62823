"""C kernels of FullyConnected that multiply two weights at a time, for cores without SIMD instructions.

They take a Conv2D as well whose kernel is the whole image: all of it is one vector.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Operator
from tinygen.kernels import swar
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.proofs.lanes import Blocks, longest_blocks

OUTPUTS = 4
"""Outputs of a word of weights."""

BLOCK_SIZES = (16, 14, 12, 10, 8, 6, 4, 2)


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, depth]"""
    weights = call.inputs[1].data
    return weights.reshape(len(weights), -1)


def _depth(call: Call) -> int:
    return _weights(call).shape[1]


def _rows(call: Call) -> int:
    return call.inputs[0].size // _depth(call)


def _weight_sums(call: Call) -> NDArray[np.int64]:
    return _weights(call).sum(1, dtype=np.int64)


def _blocks(call: Call) -> Blocks | None:
    bounds, weights = call.input_range(0), _weights(call)
    cells = weights.shape[1] // len(bounds.low)
    low, high = np.tile(bounds.low, cells), np.tile(bounds.high, cells)
    return longest_blocks(weights, low=low, high=high, sizes=BLOCK_SIZES)


def _words(blocks: Blocks, weights: NDArray[np.int8], side_by_side: int) -> NDArray[np.int32]:
    """[ceil(channels / 4)][inputs], or so many words of an input side by side while there are more than one: bytes of
    the outputs 0, 2, 1, 3, each 128 higher."""
    packed = blocks.packed(weights)
    fours = np.pad(packed, [(0, -len(packed) % OUTPUTS), (0, 0)]).reshape(
        -1, OUTPUTS, packed.shape[1]
    )
    raised = (fours[:, [0, 2, 1, 3]].transpose(0, 2, 1).astype(np.int16) + 128).astype(np.uint8)
    words = np.ascontiguousarray(raised).view("<i4")[..., 0].astype(np.int32)
    groups = np.split(words, range(side_by_side, len(words), side_by_side))
    return np.concatenate([group.T.ravel() for group in groups])


def _is_whole_image(call: Call) -> str | None:
    """The condition on a convolution: without padding and groups, as large as its input."""
    window, shape = call.op.window(call.inputs[1]), call.inputs[0].shape
    is_whole = window.extent == window.kernel == shape[1:3] and call.op.groups(call) == 1
    if not is_whole or not window.padding.is_zero or shape[0] != 1:
        return "takes convolutions only whose kernel is the whole image"
    return None


def _fits(call: Call) -> str | None:
    if any(call.inputs[1].quantization.zero_points):
        return "is only for weights with the zero point 0"
    if _depth(call) > np.iinfo(np.int16).max:
        return f"is only for {np.iinfo(np.int16).max} inputs at most"
    if swar.find_requantization(call, _weight_sums(call))[1] is None:
        return "no single product and shift is exact"
    if _blocks(call) is None:
        return "the weights are too large to sum two products in a word"
    return None


def _lower(call: Call, side_by_side: int) -> tuple[KernelCall, ...]:
    weights, blocks = _weights(call), _blocks(call)
    channels, scaled = swar.find_requantization(call, _weight_sums(call))
    order = np.maximum(blocks.order.ravel(), 0)  # an input that does not exist has zero weights
    params = Struct(
        tag="tg_fully_connected_swar",
        fields={
            "rows": _rows(call),
            "depth": weights.shape[1],
            "channels": weights.shape[0],
            "block": blocks.size,
            "blocks": blocks.count,
            "order": Array(name="order", data=order.astype(np.uint16)),
            "weights": int32("weights", _words(blocks, weights, side_by_side), Role.WEIGHTS),
            "output": swar.output_struct(channels, scaled),
        },
    )
    proofs = (scaled.statement, swar.statement(blocks))
    return (KernelCall(params=params, inputs=(0,), proofs=proofs),)


def _counts(call: Call, side_by_side: int) -> Mapping[str, float]:
    rows, blocks = _rows(call), _blocks(call)
    is_general = swar.is_general(call, _weight_sums(call))
    outputs = rows * call.output.channels
    several, fours = divmod(-(-call.output.channels // OUTPUTS), side_by_side)
    return {
        "call": 1,
        "rows": rows,
        "ordered": rows * blocks.count * blocks.size,
        "outputs": outputs,
        "general": outputs if is_general else 0,
        **_block_counts("fours", rows * (fours if side_by_side > 1 else several), blocks),
        **(_block_counts("eights", rows * several, blocks) if side_by_side > 1 else {}),
    }


def _block_counts(name: str, times: int, blocks: Blocks) -> dict[str, float]:
    """Of outputs that are computed together."""
    return {
        name: times,
        f"blocks of {name}": times * blocks.count,
        f"steps of {name}": times * blocks.count * blocks.size,
    }


def _scratch_bytes(call: Call) -> int:
    """The first values of the blocks, then the inputs in order."""
    blocks = _blocks(call)
    return blocks.count * swar.WORD_BYTES + blocks.count * blocks.size


def _kernel(
    symbol: str, needs: frozenset[str], folder: str, side_by_side: int
) -> tuple[Kernel, Kernel]:
    """For both operators; words of weights that the core multiplies side by side."""

    def row(op: type[Operator], fits: Fits) -> Kernel:
        return Kernel(
            op=op,
            symbol=symbol,
            header="tg_fully_connected_swar.h",
            source=f"{folder}/{symbol}.c",
            needs=needs,
            fits=fits,
            lower=lambda call: _lower(call, side_by_side),
            scratch_bytes=_scratch_bytes,
            counts=lambda call: _counts(call, side_by_side),
        )

    return row(FullyConnected, _fits), row(Conv2D, all_of(_is_whole_image, _fits))


KERNELS = (
    *_kernel("tg_fully_connected_s8_v7m", swar.V7M, "armv7m", 1),
    *_kernel("tg_fully_connected_s8_rv32", swar.RV32, "rv32", 2),
)
