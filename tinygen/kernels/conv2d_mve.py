"""C kernels of Conv2D for Helium (MVE)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import mve
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import (
    POINTER_BYTES,
    pad_row,
    row_pointers_bytes,
    sizes_fit,
    window_fits,
    window_struct,
)
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window

PASS_BYTES = 2048
"""About how much the columns of a pass may take; wide rows are computed in several passes."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weights(call: Call) -> NDArray[np.int64]:
    """[channels, depth] in the order of the columns: [width, height, channels]."""
    weights = call.inputs[1].data.astype(np.int64)
    return weights.transpose(0, 2, 1, 3).reshape(len(weights), -1)


def _fits(call: Call) -> str | None:
    return window_fits(_window(call), call)


def _is_one_cell(call: Call) -> str | None:
    window = _window(call)
    if window.kernel != (1, 1) or call.op.groups(call) != 1 or not window.padding.is_zero:
        return "is only for 1x1 kernels in one group without padding"
    return None


def _has_output(call: Call) -> str | None:
    return mve.has_output(call, _weights(call).sum(1))


def _columns_of(window: Window, pixels: int) -> int:
    """Columns that are laid out for some neighbouring pixels."""
    width, stride = window.kernel[1], window.stride[1]
    if window.dilation[1] == 1 and stride < width:
        return (pixels - 1) * stride + width
    return pixels * width


def _column_bytes(call: Call) -> int:
    return _window(call).kernel[0] * call.inputs[1].shape[3]


def _pass_pixels(call: Call, bytes_of: Callable[[int], int]) -> int:
    """An even number of pixels for which `bytes_of` is in PASS_BYTES, or the whole row."""
    width = call.output.shape[2]
    count = max(width + width % 2, 2)
    while count > 2 and bytes_of(count) > PASS_BYTES:
        count -= 2
    return min(count, width)


def _column_pixels(call: Call) -> int:
    window = _window(call)
    return _pass_pixels(call, lambda n: _columns_of(window, n) * _column_bytes(call))


def _window_pixels(call: Call) -> int:
    return _pass_pixels(call, lambda n: n * _weights(call).shape[1])


def _lower_columns(call: Call) -> tuple[KernelCall, ...]:
    return _lower(call, _weights(call), _column_pixels(call))


def _lower_runs(call: Call) -> tuple[KernelCall, ...]:
    """Weights in their own order: [height, width, channels]."""
    weights = call.inputs[1].data.astype(np.int64)
    return _lower(call, weights.reshape(len(weights), -1), _window_pixels(call))


def _lower(call: Call, weights: NDArray[np.int64], pixels: int) -> tuple[KernelCall, ...]:
    op: Conv2D = call.op
    x = call.inputs[0]
    output = mve.output_of(call, weights.sum(1))
    low, high = output.clip
    window = _window(call)
    dense = mve.dense_struct(weights, output, groups=op.groups(call), out_step=call.output.channels)
    params = Struct(
        tag="tg_conv2d_mve",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "groups": op.groups(call),
            "pass_pixels": pixels,
            "in_zero_point": x.zero_point,
            "out_min": low,
            "out_max": high,
            "dense": dense,
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(output.proof,)),)


def _sums_bytes(call: Call) -> int:
    return mve.sums_bytes(call.output.channels // call.op.groups(call))


def _scratch_bytes_of_one_cell(call: Call) -> int:
    """The sums, then a pixel that cannot be read to the end of its last step."""
    return _sums_bytes(call) + mve.steps_of(call.inputs[0].channels) * mve.STEP


def _scratch_bytes(call: Call) -> int:
    """Row pointers, the kernel's rows, the sums, the columns of a pass."""
    window = _window(call)
    pointers = row_pointers_bytes(window) + window.kernel[0] * POINTER_BYTES
    columns = _columns_of(window, _column_pixels(call)) * _column_bytes(call)
    return pointers + _sums_bytes(call) + columns + mve.STEP


def _dense_counts(call: Call, calls: int) -> dict[str, float]:
    _, rows, width, channels = call.output.shape
    groups, depth = call.op.groups(call), _weights(call).shape[1]
    counts = mve.dense_counts(rows * width * groups, calls, depth, channels // groups)
    tiles = counts["tiles"] + counts["singles"] * mve.tiles_of(channels // groups) / 2
    return counts | mve.form_counts(call, _weights(call).sum(1), tiles)


def _counts(call: Call) -> dict[str, float]:
    _, rows, width, _ = call.output.shape
    groups = call.op.groups(call)
    cells = rows * groups * _columns_of(_window(call), width) * _window(call).kernel[0]
    dense = _dense_counts(call, rows * groups)
    vectors = cells * mve.steps_of(call.inputs[1].shape[3])
    layouts = rows * groups * _layouts_of_row(call)
    counts = {"call": 1, "rows": rows * groups, "layouts": layouts, "cells": cells}
    return {**counts, "vectors": vectors, **dense}


def _layouts_of_row(call: Call) -> int:
    """How often columns are laid out: once for a pass where pixels share them, otherwise for each pixel."""
    window, width = _window(call), call.output.shape[2]
    is_shared = window.dilation[1] == 1 and window.stride[1] < window.kernel[1]
    return -(-width // _column_pixels(call)) if is_shared else width


def _counts_of_one_cell(call: Call) -> dict[str, float]:
    calls = 1 if _window(call).stride == (1, 1) else call.output.shape[1]
    return {"call": 1, "rows": calls, **_dense_counts(call, calls)}


def _has_short_runs(call: Call) -> str | None:
    """Whether copying windows row by row costs no more than laying out their columns."""
    window, channels = _window(call), call.inputs[0].channels
    if call.op.groups(call) != 1 or window.dilation[1] != 1:
        return "is only for one group without dilation to the right"
    columns = min(window.stride[1], window.kernel[1])
    as_columns = columns * _copy_cost(channels)
    if _copy_cost(window.kernel[1] * channels) > as_columns:
        return "is only for windows with short rows"
    return None


def _copy_cost(count: int) -> int:
    """Instructions of tg_mve_columns for a cell of some bytes."""
    return 7 if count <= mve.STEP else 6 + 3 * mve.steps_of(count)


def _scratch_bytes_of_runs(call: Call) -> int:
    """Row pointers, padded rows, sums, windows."""
    window, x = _window(call), call.inputs[0]
    columns = x.shape[2] + window.padding.left + window.padding.right
    rows = window.extent[0] * (columns * x.channels + mve.STEP)
    windows = _window_pixels(call) * _weights(call).shape[1] + mve.STEP
    return window.kernel[0] * POINTER_BYTES + -(-rows // 8) * 8 + _sums_bytes(call) + windows


def _counts_of_runs(call: Call) -> dict[str, float]:
    _, rows, width, _ = call.output.shape
    window = _window(call)
    cells = rows * width * window.kernel[0]
    run = window.kernel[1] * call.inputs[0].channels
    dense = _dense_counts(call, rows)
    vectors = cells * mve.steps_of(run)
    copied = call.inputs[0].size
    return {"call": 1, "rows": rows, "copied": copied, "cells": cells, "vectors": vectors, **dense}


KERNELS = (
    Kernel(
        op=Conv2D,
        symbol="tg_conv2d_1x1_s8_mve",
        header="tg_conv2d_mve.h",
        source="arm_mve/tg_conv2d_1x1_s8_mve.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY + 1,
        fits=all_of(sizes_fit, _is_one_cell, _fits, _has_output),
        lower=_lower_columns,
        scratch_bytes=_scratch_bytes_of_one_cell,
        counts=_counts_of_one_cell,
    ),
    Kernel(
        op=Conv2D,
        symbol="tg_conv2d_s8_mve",
        header="tg_conv2d_mve.h",
        source="arm_mve/tg_conv2d_s8_mve.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY,
        fits=all_of(sizes_fit, _fits, _has_output),
        lower=_lower_columns,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
    ),
    Kernel(
        op=Conv2D,
        symbol="tg_conv2d_runs_s8_mve",
        header="tg_conv2d_mve.h",
        source="arm_mve/tg_conv2d_runs_s8_mve.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY + 1,
        fits=all_of(sizes_fit, _has_short_runs, _fits, _has_output),
        lower=_lower_runs,
        scratch_bytes=_scratch_bytes_of_runs,
        counts=_counts_of_runs,
    ),
)
