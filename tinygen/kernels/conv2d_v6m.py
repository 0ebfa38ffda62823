"""C kernels of Conv2D for Armv6-M."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lanes_v6m import (
    FOUR,
    SIZES,
    Lanes,
    lanes_of,
    lanes_struct,
    narrow_counts,
    narrow_of,
    narrow_struct,
    sums_fit,
    up_to,
)
from tinygen.kernels.leads import ends_of_blocks, of_rows, of_windows
from tinygen.kernels.lowering import (
    ARMV6M,
    pad_row,
    row_pointers_bytes,
    window_fits,
    window_struct,
)
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window

LARGEST_OFFSET = 32767


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int8]:
    """[channels, depth]"""
    data = call.inputs[1].data
    return data.reshape(data.shape[0], -1)


def _lanes(call: Call) -> Lanes | None:
    return lanes_of(_weights(call), call.op.groups(call), SIZES, in_pairs=True)


def _weight_sums(call: Call) -> Integers:
    return _weights(call).sum(1, np.int64)


def _reads_in_place(call: Call) -> bool:
    window = _window(call)
    return window.kernel == (1, 1) and window.padding.is_zero


def _lead_bytes(call: Call) -> int:
    return up_to(_window(call).padding.left * call.inputs[0].channels, 4)


def _row_bytes(call: Call) -> int:
    x = call.inputs[0]
    if _reads_in_place(call):
        return 0
    return up_to(_lead_bytes(call) + (x.shape[2] + _window(call).padding.right) * x.channels, 4)


def _offsets(call: Call) -> Integers:
    """Where the inputs [kernel_height, kernel_width, in_channels / groups] of a window are."""
    window, channels = _window(call), call.inputs[0].channels
    ky, kx, i = np.indices((*window.kernel, channels // call.op.groups(call)))
    first = 0 if _reads_in_place(call) else _lead_bytes(call) - window.padding.left * channels
    return (first + ky * _row_bytes(call) + kx * window.dilation[1] * channels + i).ravel()


def _fits(call: Call) -> str | None:
    reason = window_fits(_window(call), call)
    if reason is not None:
        return reason
    if _offsets(call).max() > LARGEST_OFFSET:
        return "the rows under a window are too long"
    lanes = _lanes(call)
    if lanes is None:
        return "two weights of -128 meet in a block"
    reason = sums_fit(_weights(call), lanes)
    if reason is not None:
        return reason
    if narrow_of(call, _weight_sums(call), lanes.start()) is None:
        return "no requantization with 32-bit products is exact"
    return None


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, window, lanes = call.inputs[0], _window(call), _lanes(call)
    narrow = narrow_of(call, _weight_sums(call), lanes.start())
    params = Struct(
        tag="tg_conv2d_lanes_v6m",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": len(lanes.groups),
            "in_zero_point": x.zero_point,
            "row_bytes": _row_bytes(call),
            "lead_bytes": _lead_bytes(call),
            "lanes": lanes_struct(lanes, _offsets(call)),
            "narrow": narrow_struct(call, narrow),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(narrow.statement,)),)


def _scratch_bytes(call: Call) -> int:
    """Row pointers, then the words of a window, the sums of a pixel, and the copied rows."""
    window, lanes = _window(call), _lanes(call)
    words = 4 * (lanes.gathered + lanes.channels)
    return row_pointers_bytes(window) + words + window.kernel[0] * _row_bytes(call)


def _counts(call: Call) -> Mapping[str, float]:
    lanes = _lanes(call)
    narrow = narrow_of(call, _weight_sums(call), lanes.start())
    pixels = call.output.size // call.output.channels * len(lanes.groups)
    fours = pixels * lanes.channels // FOUR
    return {
        "call": 1,
        "rows": call.output.shape[1],
        "pixels": pixels,
        "gathered": pixels * lanes.gathered,
        "fours": fours,
        "steps": fours * lanes.words,
        "blocks": fours * lanes.count,
        **_copy_counts(call),
        **narrow_counts(narrow, call.output.size),
    }


def _copy_counts(call: Call) -> dict[str, float]:
    """The rows under a window are copied for each row of the output: 16 bytes at a time if they are aligned."""
    if _reads_in_place(call):
        return {}
    x = call.inputs[0]
    rows, row_bytes = call.output.shape[1] * _window(call).kernel[0], x.shape[2] * x.channels
    long = row_bytes // 16 if row_bytes % 4 == 0 else 0
    return {
        "copied rows": rows,
        "copied sixteens": rows * long,
        "copied bytes": rows * (row_bytes - 16 * long),
    }


def _lead(call: Call) -> int:
    """The cells under a row of windows are copied before its outputs, or those of a pixel are taken in turn."""
    window, width = _window(call), call.output.shape[2]
    if _reads_in_place(call) and call.op.groups(call) > 1:
        return of_rows(call, window, buffers_rows=False)
    ends = ends_of_blocks(call, 1 if _reads_in_place(call) else width)
    return of_windows(call, window, ends, buffers_windows=True)


KERNELS = (
    Kernel(
        op=Conv2D,
        symbol="tg_conv2d_lanes_s8_v6m",
        header="tg_conv2d_lanes_v6m.h",
        source="armv6m/tg_conv2d_lanes_s8_v6m.c",
        needs=ARMV6M,
        fits=_fits,
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        specificity=1,
        counts=_counts,
        lead=_lead,
    ),
)
