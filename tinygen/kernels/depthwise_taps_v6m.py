"""The C kernel of DepthwiseConv2D with any window for Armv6-M."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.depthwise_conv2d_v6m import PASS_OUTPUTS
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.lanes_v6m import cell_counts, narrow_counts, narrow_of, narrow_struct, up_to
from tinygen.kernels.leads import of_channels
from tinygen.kernels.lowering import ARMV6M, sums_fit, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window
from tinygen.proofs.lanes import Blocks, is_proved
from tinygen.proofs.narrow_products import Narrow

SPARE_TAPS = 2
"""Taps that are nothing, to fill the last block."""

LINES_BYTES = 8192
"""Scratch that lines should not exceed; those of one output row are always held."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, taps]"""
    data = call.inputs[1].data[0]
    return data.reshape(-1, data.shape[-1]).T


def _block_size(channel: NDArray[np.int8]) -> int | None:
    """Taps of a block, 3 or 2; None where neither is proved."""
    taps = channel.size
    for size in (3, 2):
        order = np.pad(np.arange(taps), (0, -taps % size), constant_values=-1)
        if is_proved(Blocks(order=order.reshape(-1, size)), channel[None]):
            return size
    return None


def _blocks(call: Call) -> NDArray[np.int8] | None:
    """The taps of a block of each channel; None where one of them is not proved."""
    sizes = [_block_size(channel) for channel in _weights(call)]
    return None if None in sizes else np.array(sizes, np.int8)


def _window_fits(call: Call) -> str | None:
    return window_fits(_window(call), call)


def _narrow(call: Call) -> Narrow | None:
    return narrow_of(call, _weights(call).sum(1, np.int64), 0)


def _is_proved(call: Call) -> str | None:
    if _blocks(call) is None:
        return "two weights of -128 meet in a block"
    return "no requantization with 32-bit products is exact" if _narrow(call) is None else None


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input (tg_depthwise_taps_v6m.h)."""
    same = call.inputs[0].shape == call.output.shape and _window(call).stride == (1, 1)
    return None if same else "works in place only with stride 1 and an output of the input's shape"


def _lead(call: Call) -> int:
    """Where it cannot work in place, the output may begin where the input does."""
    return of_channels(call, _window(call), call.output.shape[2])


def _lead_words(call: Call) -> int:
    window = _window(call)
    return max(window.stride[1] - window.padding.left, 0)


def _line_words(call: Call) -> int:
    """What outputs read, in pairs, and what cells are written to; lines are moved four words at a time."""
    window = _window(call)
    read = (up_to(call.output.shape[2], 2) - 2) * window.stride[1] + window.extent[1]
    written = window.padding.left + call.inputs[0].shape[2]
    return up_to(_lead_words(call) + max(read, written), 4)


def _lines(call: Call, rows: int) -> int:
    window = _window(call)
    return (rows - 1) * window.stride[0] + window.extent[0]


def _pass_rows(call: Call) -> int:
    """Rows until they have PASS_OUTPUTS outputs, as far as their lines have room."""
    height, width = call.output.shape[1:3]
    rows = min(-(-PASS_OUTPUTS // width), height)
    while rows > 1 and 4 * _lines(call, rows) * _line_words(call) > LINES_BYTES:
        rows -= 1
    return rows


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, blocks, narrow = call.inputs[0], _blocks(call), _narrow(call)
    if blocks is None or narrow is None:
        raise ValueError(f"layer '{call.node.name}' has no proved blocks and requantization")
    params = Struct(
        tag="tg_depthwise_taps_v6m",
        fields={
            "window": window_struct(_window(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "in_zero_point": x.zero_point,
            "weights": int8("weights", _weights(call), Role.WEIGHTS),
            "blocks": int8("blocks", blocks),
            "line_words": _line_words(call),
            "lead_words": _lead_words(call),
            "pass_rows": _pass_rows(call),
            "narrow": narrow_struct(call, narrow),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(narrow.statement,)),)


def _taps(call: Call) -> int:
    kernel_height, kernel_width = _window(call).kernel
    return kernel_height * kernel_width


def _scratch_bytes(call: Call) -> int:
    """Taps, lines, sums."""
    rows, width = _pass_rows(call), call.output.shape[2]
    taps = 2 * (_taps(call) + SPARE_TAPS)
    sums = (rows - 1) * width + up_to(width, 2)
    return 4 * (taps + _lines(call, rows) * _line_words(call) + sums)


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops: passes, lines and so on are those of all channels; of a single pass, less is done for each."""
    height, width = call.output.shape[1:3]
    channels, rows = call.output.channels, _pass_rows(call)
    pairs, sizes = height * -(-width // 2), _blocks(call)
    passes = -(-height // rows)
    is_single = passes == 1 and _window(call).stride[1] <= 2
    return {
        "call": 1,
        "taps": channels * _taps(call),
        "single passes": channels if is_single else 0,
        "passes": 0 if is_single else channels * passes,
        "pairs": channels * pairs,
        "threes": pairs * int((sizes == 3).sum()) * -(-_taps(call) // 3),
        "twos": pairs * int((sizes == 2).sum()) * -(-_taps(call) // 2),
        **_line_counts(call, call.inputs[0].channels if is_single else channels, passes),
        **narrow_counts(_narrow(call), call.output.size),
    }


def _line_counts(call: Call, channels: int, passes: int) -> dict[str, float]:
    """Lines that are made of so many channels, from cells that lie side by side or apart, or of padding; words that are
    kept from pass to pass."""
    window, x = _window(call), call.inputs[0]
    lines = _lines(call, call.output.shape[1])
    read = min(lines, x.shape[1])
    shared = max(window.extent[0] - window.stride[0], 0)
    return {
        "lines": channels * read,
        "empty lines": channels * (lines - read) if passes > 1 else 0,
        **cell_counts(channels * read * x.shape[2], window.stride[1]),
        "kept words": channels * (passes - 1) * shared * _line_words(call),
    }


def _row(in_place: tuple[int, ...], *more: Fits) -> Kernel:
    """The same C function twice: where it can work in place, and everywhere."""
    return Kernel(
        op=DepthwiseConv2D,
        symbol="tg_depthwise_taps_s8_v6m",
        header="tg_depthwise_taps_v6m.h",
        source="armv6m/tg_depthwise_taps_s8_v6m.c",
        needs=ARMV6M,
        fits=all_of(_window_fits, sums_fit, *more, _is_proved),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        in_place=in_place,
        lead=_lead,
        lead_is_exact=True,
        counts=_counts,
    )


KERNELS = (_row((0,), _keeps_shape), _row(()))
