"""C kernels of Conv2D that multiply two pixels at a time, for cores without SIMD instructions."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import swar
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, int8
from tinygen.kernels.leads import apart, ends_of_blocks, of_windows
from tinygen.kernels.lowering import pad_row, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window
from tinygen.proofs.lanes import Blocks


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, inputs of a window]"""
    weights = call.inputs[1].data
    return weights.reshape(weights.shape[0], -1)


def _weight_sums(call: Call) -> NDArray[np.int64]:
    return _weights(call).sum(1, dtype=np.int64)


def _groups(call: Call) -> int:
    return call.op.groups(call)


def _blocks(call: Call) -> tuple[Blocks, ...] | None:
    """Of every group, all of one size."""
    x, window, bounds, groups = call.inputs[0], _window(call), call.input_range(0), _groups(call)
    low, high = bounds.low, bounds.high
    if not window.padding.is_zero:
        low, high = np.minimum(low, x.zero_point), np.maximum(high, x.zero_point)
    taps = math.prod(window.kernel)
    lows = [np.tile(part, taps) for part in np.split(low, groups)]
    highs = [np.tile(part, taps) for part in np.split(high, groups)]
    return swar.find_blocks(np.split(_weights(call), groups), lows, highs)


def _places(blocks: Blocks, inputs: int, pairs: int) -> NDArray[np.uint16]:
    """Where each input's word of the first pair of pixels lies, in bytes."""
    order = blocks.order.ravel()
    places = np.zeros(inputs, np.uint16)
    is_input = order >= 0
    places[order[is_input]] = np.flatnonzero(is_input) * pairs * swar.WORD_BYTES
    return places


def _fits(call: Call, pairs: int) -> str | None:
    if math.prod(call.output.shape[1:3]) < 2:
        return "is only for two or more pixels"
    inputs = _weights(call).shape[1] + max(swar.BLOCK_SIZES)
    if inputs * pairs * swar.WORD_BYTES > np.iinfo(np.uint16).max:
        return "the window is too large"
    if swar.find_requantization(call, _weight_sums(call))[1] is None:
        return "no single product and shift is exact"
    if _blocks(call) is None:
        return "the weights are too large to sum two products in a word"
    return window_fits(_window(call), call)


def _lower(call: Call, pairs: int) -> tuple[KernelCall, ...]:
    x, window, weights, groups = call.inputs[0], _window(call), _weights(call), _groups(call)
    blocks = _blocks(call)
    channels, scaled = swar.find_requantization(call, _weight_sums(call))
    parts = zip(blocks, np.split(weights, groups), strict=True)
    packed = [swar.in_threes(found.packed(part)) for found, part in parts]
    places = [_places(found, weights.shape[1], pairs) for found in blocks]
    params = Struct(
        tag="tg_conv2d_swar",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": groups,
            "group_channels": x.channels // groups,
            "block": blocks[0].size,
            "blocks": blocks[0].count,
            "out_step": call.output.channels,
            "in_zero_point": x.zero_point,
            "places": Array(name="places", data=np.concatenate(places)),
            "weights": int8("weights", np.stack(packed), Role.WEIGHTS),
            "output": swar.output_struct(channels, scaled),
            "pad_row": pad_row(x, window),
        },
    )
    proofs = (scaled.statement, swar.statement(blocks[0]))
    return (KernelCall(params=params, inputs=(0,), proofs=proofs),)


def _counts(call: Call, pairs: int) -> Mapping[str, float]:
    (blocks, *_), inputs, groups = _blocks(call), _weights(call).shape[1], _groups(call)
    passes = groups * -(-math.prod(call.output.shape[1:3]) // (2 * pairs))
    outputs = call.output.channels // groups
    threes = -(-outputs // swar.CHANNELS)
    return {
        "call": 1,
        "passes": passes,
        **_gather_counts(call, 2 * pairs),
        "packed": passes * inputs,
        "threes": passes * threes,
        "outputs": passes * outputs,
        "general": passes * outputs if swar.is_general(call, _weight_sums(call)) else 0,
        "clamped": passes * outputs if swar.clamps(call, _weight_sums(call)) else 0,
        "blocks": passes * threes * blocks.count,
        "steps": passes * threes * blocks.count * blocks.size,
    }


def _has_whole_runs(call: Call) -> bool:
    """Whether cells of a row of the window lie side by side, and are gathered together."""
    window = _window(call)
    return window.kernel[1] == 1 or (window.dilation[1] == 1 and _groups(call) == 1)


def _gather_counts(call: Call, pixels: int) -> dict[str, float]:
    """Rows of windows that passes of so many pixels gather; copies of runs over an edge, or cells one by one."""
    _, height, width, _ = call.output.shape
    window, x, groups = _window(call), call.inputs[0], _groups(call)
    first = np.arange(width) * window.stride[1] - window.padding.left
    is_inside = (first >= 0) & (first + window.extent[1] <= x.shape[2])
    of_pass = np.minimum(np.arange(-(-height * width // pixels) * pixels), height * width - 1)
    passes = of_pass.reshape(-1, pixels)
    inside = is_inside[passes % width]
    rows, depth, taps = groups * window.kernel[0], x.channels // groups, window.kernel[1]
    counts = {
        "rows": rows * len(passes),
        "turns": rows * int((np.diff(passes // width) > 0).sum()),
    }
    if _has_whole_runs(call):
        copies, ends = rows * int((~inside).sum()), rows * len(passes) * _ends(depth * taps)
        return counts | {"copies": copies, "copied": copies * depth * taps, "ends": ends}
    whole = rows * taps * int(inside.all(1).sum())
    all_taps = rows * taps * len(passes)
    return counts | {"cells": whole, "taps": all_taps - whole, "ends": all_taps * _ends(depth)}


def _ends(count: int) -> int:
    """Branches to the inputs that a loop over fours leaves."""
    return (count & 1) + (count >> 1 & 1)


def _scratch_bytes(call: Call, pairs: int) -> int:
    """Words of all inputs, then the runs of all pixels for those with padding, or a cell of padding."""
    (blocks, *_), window = _blocks(call), _window(call)
    words = blocks.count * blocks.size * pairs * swar.WORD_BYTES
    if window.padding.left == 0 and window.padding.right == 0:
        return words
    depth = call.inputs[0].channels // _groups(call)
    return words + (2 * pairs * window.kernel[1] * depth if _has_whole_runs(call) else depth)


def _lead(call: Call, pairs: int) -> int:
    """The words of some pairs of pixels are gathered before their outputs; again for the next group of channels."""
    if _groups(call) > 1:
        return apart(call)
    return of_windows(call, _window(call), ends_of_blocks(call, 2 * pairs), buffers_windows=True)


def _kernel(symbol: str, needs: frozenset[str], folder: str, pairs: int) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol=symbol,
        header="tg_conv2d_swar.h",
        source=f"{folder}/{symbol}.c",
        needs=needs,
        fits=lambda call: _fits(call, pairs),
        lower=lambda call: _lower(call, pairs),
        scratch_bytes=lambda call: _scratch_bytes(call, pairs),
        counts=lambda call: _counts(call, pairs),
        lead=lambda call: _lead(call, pairs),
        spreads=lambda _: True,
    )


KERNELS = (
    _kernel("tg_conv2d_s8_v7m", swar.V7M, "armv7m", 1),
    _kernel("tg_conv2d_s8_rv32", swar.RV32, "rv32", 2),
)
