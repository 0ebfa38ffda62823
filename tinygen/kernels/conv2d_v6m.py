"""C kernels of Conv2D for Armv6-M: two output channels in the halves of a word, or four in its bytes, which takes more
instructions and half the flash."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
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


def _pairs(call: Call) -> Lanes | None:
    return lanes_of(_weights(call), call.op.groups(call), SIZES, in_pairs=True)


def _quads(call: Call) -> Lanes | None:
    return lanes_of(_weights(call), call.op.groups(call), QUAD_SIZES, in_pairs=False)


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


def _fits(call: Call, lanes: Lanes | None) -> str | None:
    reason = window_fits(_window(call), call)
    if reason is not None:
        return reason
    if _offsets(call).max() > LARGEST_OFFSET:
        return "the rows under a window are too long"
    return lanes_fit(call, _weights(call), lanes)


def _lowered(call: Call, kind: str, lanes: Lanes, packed: Struct) -> tuple[KernelCall, ...]:
    """The call; `kind` names the struct, and the field in it that holds the packed weights."""
    x, window = call.inputs[0], _window(call)
    narrow = narrow_of(call, _weight_sums(call), lanes.start())
    params = Struct(
        tag=f"tg_conv2d_{kind}_v6m",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": len(lanes.groups),
            "in_zero_point": x.zero_point,
            "row_bytes": _row_bytes(call),
            "lead_bytes": _lead_bytes(call),
            kind: packed,
            "narrow": narrow_struct(call, narrow),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(narrow.statement,)),)


def _lower_pairs(call: Call) -> tuple[KernelCall, ...]:
    pairs = _pairs(call)
    return _lowered(call, "lanes", pairs, lanes_struct(pairs, _offsets(call)))


def _lower_quads(call: Call) -> tuple[KernelCall, ...]:
    quads = _quads(call)
    return _lowered(call, "quads", quads, quads_struct(quads, _offsets(call)))


def _scratch_bytes(call: Call, words: int, sums: int) -> int:
    """Row pointers, then the words of a window, the sums of a pixel, and the copied rows."""
    window = _window(call)
    rows = window.kernel[0] * _row_bytes(call)
    return row_pointers_bytes(window) + 4 * (words + sums) + rows


def _pairs_scratch_bytes(call: Call) -> int:
    pairs = _pairs(call)
    return _scratch_bytes(call, pairs.gathered, pairs.channels)


def _quads_scratch_bytes(call: Call) -> int:
    """A word more for every block."""
    quads = _quads(call)
    return _scratch_bytes(call, quads.words + quads.count, quads.channels)


def _counts(call: Call, lanes: Lanes, gathered: int) -> Mapping[str, float]:
    pixels = call.output.size // call.output.channels * len(lanes.groups)
    return {
        "call": 1,
        "filled bytes": _window(call).kernel[0] * _row_bytes(call),
        "rows": call.output.shape[1],
        "pixels": pixels,
        "gathered": pixels * gathered,
        **product_counts(call, _weights(call), lanes, pixels),
        **_copy_counts(call),
    }


def _pairs_counts(call: Call) -> Mapping[str, float]:
    pairs = _pairs(call)
    return _counts(call, pairs, pairs.gathered)


def _quads_counts(call: Call) -> Mapping[str, float]:
    """Blocks of a window are gathered one by one."""
    quads = _quads(call)
    counts = _counts(call, quads, quads.words)
    return {**counts, "gathered blocks": counts["pixels"] * quads.count}


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


PAIRS = Kernel(
    op=Conv2D,
    symbol="tg_conv2d_lanes_s8_v6m",
    header="tg_conv2d_lanes_v6m.h",
    source="armv6m/tg_conv2d_lanes_s8_v6m.c",
    needs=ARMV6M,
    fits=lambda call: _fits(call, _pairs(call)),
    lower=_lower_pairs,
    scratch_bytes=_pairs_scratch_bytes,
    specificity=1,
    counts=_pairs_counts,
    lead=_lead,
)

QUADS = Kernel(
    op=Conv2D,
    symbol="tg_conv2d_quads_s8_v6m",
    header="tg_conv2d_quads_v6m.h",
    source="armv6m/tg_conv2d_quads_s8_v6m.c",
    needs=ARMV6M,
    fits=lambda call: _fits(call, _quads(call)),
    lower=_lower_quads,
    scratch_bytes=_quads_scratch_bytes,
    counts=_quads_counts,
    lead=_lead,
)

KERNELS = (PAIRS, QUADS)
