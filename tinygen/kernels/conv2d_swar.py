"""C kernels of Conv2D that multiply two pixels at a time, for cores without SIMD instructions."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import swar
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, int8
from tinygen.kernels.lowering import pad_row, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window
from tinygen.proofs.lanes import Blocks

LEAST_CHANNELS = 3
"""With fewer outputs most of a pass would be thrown away."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, inputs of a window]"""
    weights = call.inputs[1].data
    return weights.reshape(weights.shape[0], -1)


def _weight_sums(call: Call) -> NDArray[np.int64]:
    return _weights(call).sum(1, dtype=np.int64)


def _blocks(call: Call) -> Blocks | None:
    x, window, bounds = call.inputs[0], _window(call), call.input_range(0)
    low, high = bounds.low, bounds.high
    if not window.padding.is_zero:
        low, high = np.minimum(low, x.zero_point), np.maximum(high, x.zero_point)
    taps = math.prod(window.kernel)
    return swar.find_blocks(_weights(call), np.tile(low, taps), np.tile(high, taps))


def _places(blocks: Blocks, inputs: int) -> NDArray[np.uint16]:
    """Where each input's word lies, in bytes."""
    order = blocks.order.ravel()
    places = np.zeros(inputs, np.uint16)
    is_input = order >= 0
    places[order[is_input]] = np.flatnonzero(is_input) * swar.WORD_BYTES
    return places


def _fits(call: Call) -> str | None:
    if call.op.groups(call) != 1:
        return "takes no groups"
    if call.output.channels < LEAST_CHANNELS or math.prod(call.output.shape[1:3]) < 2:
        return f"is only for {LEAST_CHANNELS} or more channels of two or more pixels"
    if _weights(call).shape[1] * swar.WORD_BYTES > np.iinfo(np.uint16).max - 8 * swar.WORD_BYTES:
        return "the window is too large"
    if swar.find_requantization(call, _weight_sums(call))[1] is None:
        return "no single product and shift is exact"
    if _blocks(call) is None:
        return "the weights are too large to sum two products in a word"
    return window_fits(_window(call), call)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, window, blocks, weights = call.inputs[0], _window(call), _blocks(call), _weights(call)
    channels, scaled = swar.find_requantization(call, _weight_sums(call))
    packed = swar.in_threes(blocks.packed(weights))
    params = Struct(
        tag="tg_conv2d_swar",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "block": blocks.size,
            "blocks": blocks.count,
            "in_zero_point": x.zero_point,
            "places": Array(name="places", data=_places(blocks, weights.shape[1])),
            "weights": int8("weights", packed, Role.WEIGHTS),
            "output": swar.output_struct(channels, scaled),
            "pad_row": pad_row(x, window),
        },
    )
    proofs = (scaled.statement, swar.statement(blocks))
    return (KernelCall(params=params, inputs=(0,), proofs=proofs),)


def _counts(call: Call, pairs: int) -> Mapping[str, float]:
    blocks, inputs = _blocks(call), _weights(call).shape[1]
    passes = -(-math.prod(call.output.shape[1:3]) // (2 * pairs))
    threes = -(-call.output.channels // swar.CHANNELS)
    return {
        "call": 1,
        "passes": passes,
        "runs": passes * math.prod(_window(call).kernel),
        "packed": passes * inputs,
        "threes": passes * threes,
        "blocks": passes * threes * blocks.count,
        "steps": passes * threes * blocks.count * blocks.size,
    }


def _scratch_bytes(call: Call, pairs: int) -> int:
    """Words of all inputs, then the runs of all pixels for those with padding."""
    blocks, window = _blocks(call), _window(call)
    words = blocks.count * blocks.size * pairs * swar.WORD_BYTES
    if window.padding.left == 0 and window.padding.right == 0:
        return words
    run = call.inputs[0].channels * (window.kernel[1] if window.dilation[1] == 1 else 1)
    return words + 2 * pairs * run


def _kernel(symbol: str, needs: frozenset[str], folder: str, pairs: int) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol=symbol,
        header="tg_conv2d_swar.h",
        source=f"{folder}/{symbol}.c",
        needs=needs,
        fits=_fits,
        lower=_lower,
        scratch_bytes=lambda call: _scratch_bytes(call, pairs),
        counts=lambda call: _counts(call, pairs),
    )


KERNELS = (
    _kernel("tg_conv2d_s8_v7m", swar.V7M, "armv7m", 1),
    _kernel("tg_conv2d_s8_rv32", swar.RV32, "rv32", 2),
)
