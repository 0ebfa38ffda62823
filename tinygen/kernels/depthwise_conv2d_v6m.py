"""C kernels of DepthwiseConv2D for Armv6-M."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.lanes_v6m import cell_counts, narrow_counts, narrow_of, narrow_struct, up_to
from tinygen.kernels.leads import of_channels
from tinygen.kernels.lowering import ARMV6M, pad_row, sums_fit, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window
from tinygen.proofs.lanes import Blocks, is_proved

PASS_WORDS = 24
"""TG_PASS_V6M_WORDS"""

KERNEL_ROWS = 3

PASS_OUTPUTS = 128
"""Rows are computed together until they have this many outputs: what a call costs is shared by them."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, 9]"""
    data = call.inputs[1].data[0]
    return data.reshape(-1, data.shape[-1]).T


def _weight_sums(call: Call) -> Integers:
    return _weights(call).sum(1, np.int64)


def _blocks(call: Call) -> NDArray[np.int8] | None:
    """The inputs of a block of each channel, 3 or 2; None where neither is proved."""
    threes, twos = (
        Blocks(order=np.append(np.arange(9), -1)[: up_to(9, size)].reshape(-1, size))
        for size in (3, 2)
    )
    sizes = []
    for channel in _weights(call)[:, None]:
        if is_proved(threes, channel):
            sizes.append(3)
        elif is_proved(twos, channel):
            sizes.append(2)
        else:
            return None
    return np.array(sizes, np.int8)


def _is_3x3(call: Call) -> str | None:
    window = _window(call)
    if window.kernel != (3, 3) or window.dilation != (1, 1) or window.stride[1] > 2:
        return "is only for 3x3 kernels without dilation, with a horizontal stride of 1 or 2"
    return window_fits(window, call)


def _is_proved(call: Call) -> str | None:
    if _blocks(call) is None:
        return "two weights of -128 meet in a block"
    if narrow_of(call, _weight_sums(call), 0) is None:
        return "no requantization with 32-bit products is exact"
    return None


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input (tg_depthwise_lanes_v6m.h)."""
    same = call.inputs[0].shape == call.output.shape and _window(call).stride == (1, 1)
    return None if same else "works in place only with stride 1 and an output of the input's shape"


def _lead(call: Call) -> int:
    """Where it cannot work in place, the output may begin where the input does."""
    return of_channels(call, _window(call), call.output.shape[2])


def _pass_rows(call: Call) -> int:
    height, width = call.output.shape[1:3]
    return min(-(-PASS_OUTPUTS // width), height)


def _lead_words(call: Call) -> int:
    window = _window(call)
    return max(window.stride[1] - window.padding.left, 0)


def _line_words(call: Call) -> int:
    """What outputs read, in pairs, and what cells are written to; lines are moved four words at a time."""
    window, stride = _window(call), _window(call).stride[1]
    read = up_to(call.output.shape[2], 2) * stride + 2
    written = window.padding.left + call.inputs[0].shape[2]
    return up_to(_lead_words(call) + max(read, written), 4)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, window = call.inputs[0], _window(call)
    narrow = narrow_of(call, _weight_sums(call), 0)
    params = Struct(
        tag="tg_depthwise_lanes_v6m",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "in_zero_point": x.zero_point,
            "weights": int8("weights", _weights(call), Role.WEIGHTS),
            "blocks": int8("blocks", _blocks(call)),
            "line_words": _line_words(call),
            "lead_words": _lead_words(call),
            "pass_rows": _pass_rows(call),
            "narrow": narrow_struct(call, narrow),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(narrow.statement,)),)


def _lines(call: Call) -> int:
    return (_pass_rows(call) - 1) * _window(call).stride[0] + 3


def _scratch_bytes(call: Call) -> int:
    """What is known about a pass, then its lines and sums."""
    width = call.output.shape[2]
    sums = (_pass_rows(call) - 1) * width + up_to(width, 2)
    return 4 * (PASS_WORDS + _lines(call) * _line_words(call) + sums)


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops of all channels; there is one for each stride and size of block."""
    channels, stride = call.output.channels, _window(call).stride[1]
    height, width = call.output.shape[1:3]
    passes = -(-height // _pass_rows(call))
    pairs = height * -(-width // 2)
    return {
        "call": 1,
        "single passes": channels if passes == 1 else 0,
        "passes": 0 if passes == 1 else channels * passes,
        f"pairs of threes, stride {stride}": pairs * int((_blocks(call) == 3).sum()),
        f"pairs of twos, stride {stride}": pairs * int((_blocks(call) == 2).sum()),
        **_line_counts(call, call.inputs[0].channels if passes == 1 else channels, passes),
        **narrow_counts(narrow_of(call, _weight_sums(call), 0), call.output.size),
    }


def _line_counts(call: Call, channels: int, passes: int) -> dict[str, float]:
    """Lines that are made of so many channels, of cells or of padding; words that are kept from pass to pass."""
    window, x = _window(call), call.inputs[0]
    lines = (call.output.shape[1] - 1) * min(window.stride[0], KERNEL_ROWS) + KERNEL_ROWS
    read = min(lines, x.shape[1])
    shared = max(KERNEL_ROWS - window.stride[0], 0)
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
        symbol="tg_depthwise_lanes_s8_v6m",
        header="tg_depthwise_lanes_v6m.h",
        source="armv6m/tg_depthwise_lanes_s8_v6m.c",
        needs=ARMV6M,
        fits=all_of(_is_3x3, sums_fit, _is_proved, *more),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        in_place=in_place,
        lead=_lead,
        lead_is_exact=True,
        specificity=1,
        counts=_counts,
    )


KERNELS = (_row((0,), _keeps_shape), _row(()))
