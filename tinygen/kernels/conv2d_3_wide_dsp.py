"""The C kernels of Conv2D with three columns, for the Arm DSP extension: the two pixels of a pair share columns.

Scratch holds the rows of a window, widened, or by strips some columns of them, which are widened anew for every row.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.conv2d_mixed import (
    QUAD_WORDS,
    SUMS_BYTES,
    blocks_of,
    mixed_words,
    mixes,
    per_form,
    weight_sums,
    weights_of,
    window_of,
)
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import BLOCK_CHANNELS, find_scale, scale_struct
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.leads import of_rows, of_windows
from tinygen.kernels.lowering import window_fits, window_struct
from tinygen.ops.conv2d import Conv2D

COLUMN_ORDER = {1: (0, 1, 2), 2: (0, 2, 1)}
"""The kernel's columns in the order of the weights, by horizontal stride."""

COLUMNS = 3
PART_CHANNELS = 8
PART_BYTES = 16

Strip = Callable[[Call], int]
"""Pixels whose columns are widened together."""


def _has_the_shape(call: Call) -> str | None:
    window = window_of(call)
    if window.kernel[1] != COLUMNS:
        return "is for kernels three columns wide"
    if window.dilation[1] != 1 or (window.dilation[0] != 1 and window.kernel[0] > 1):
        return "takes no dilation"
    if call.op.groups(call) != 1 or call.inputs[0].channels % PART_CHANNELS:
        return f"takes no groups, and a multiple of {PART_CHANNELS} input channels"
    if call.output.shape[2] < 2:
        return "computes two columns together"
    return window_fits(window, call)


def _has_stride(stride: int, call: Call) -> str | None:
    found = window_of(call).stride[1]
    return None if found == stride else f"a horizontal stride of {found} is not {stride}"


def _ordered_weights(call: Call) -> NDArray[np.int64]:
    """[O, steps, 2] in the order of tg_conv2d_3_wide_dsp.h"""
    weights = weights_of(call)[:, :, COLUMN_ORDER[window_of(call).stride[1]]]
    outputs, height, width, channels = weights.shape
    parts = weights.reshape(outputs, height, width, channels // PART_CHANNELS, 2, 4)
    words = parts[..., QUAD_WORDS]  # [O, KH, KW, parts, quads, words, 2]
    return np.moveaxis(words, 2, -2).reshape(outputs, -1, 2)


def _lower(call: Call, strip: Strip) -> tuple[KernelCall, ...]:
    x, blocks = call.inputs[0], blocks_of(call)
    scale = find_scale(call, weight_sums(call))
    params = Struct(
        tag="tg_conv2d_3_wide_dsp",
        fields={
            "window": window_struct(window_of(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "strip": strip(call),
            "in_zero_point": x.zero_point,
            "weights": mixed_words(_ordered_weights(call), blocks),
            "scale": scale_struct(scale, blocks),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _width(call: Call) -> int:
    return call.output.shape[2]


def _column_bytes(call: Call) -> int:
    """Of all rows of a window."""
    return window_of(call).kernel[0] * call.inputs[0].channels // PART_CHANNELS * PART_BYTES


def _scratch_bytes(call: Call) -> int:
    """The sums of a pair, and one widened row for each row of the kernel."""
    padding = window_of(call).padding
    columns = padding.left + call.inputs[0].shape[2] + padding.right
    return SUMS_BYTES + columns * _column_bytes(call)


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops."""
    _, height, width, _ = call.output.shape
    parts = call.inputs[0].channels // PART_CHANNELS
    blocks, pairs = len(blocks_of(call)), -(-width // 2)
    kernel_height, stride = window_of(call).kernel[0], window_of(call).stride[0]
    rows_read = (height - 1) * min(stride, kernel_height) + kernel_height
    return {
        "call": 1,
        "rows": height,
        "row blocks": height * blocks,
        "widened parts": rows_read * parts * call.inputs[0].shape[2],
        "row parts": rows_read * parts,
        "parts": height * blocks * pairs * kernel_height * parts,
        "narrow pairs": height * pairs * (call.output.channels < BLOCK_CHANNELS),
        **per_form(find_scale(call, weight_sums(call)).form, height * blocks * pairs),
    }


def _lead(call: Call) -> int:
    """The rows of a window are widened before its outputs are written."""
    return of_rows(call, window_of(call), buffers_rows=True)


_WIDE = Kernel(
    op=Conv2D,
    symbol="tg_conv2d_3_wide_s8_dsp",
    header="tg_conv2d_3_wide_dsp.h",
    source="arm_dsp/tg_conv2d_3_wide_s8_dsp.c",
    needs=DSP,
    specificity=1,
    fits=all_of(_has_the_shape, partial(_has_stride, 1), mixes),
    lower=partial(_lower, strip=_width),
    scratch_bytes=_scratch_bytes,
    counts=_counts,
    lead=_lead,
)

# By strips

STRIP_BYTES = 4096
"""Scratch that a strip should not exceed; one of two or three pixels is always held."""


def _strip(call: Call, most: int) -> int:
    """Pixels of a strip: as few as make no more strips of a row, even or odd as the width."""
    width, stride = _width(call), window_of(call).stride[1]
    is_odd = width % 2
    columns = (most - SUMS_BYTES) // _column_bytes(call)
    longest = max((columns - COLUMNS) // stride + 1 - is_odd, 2) // 2 * 2
    strips = max(-(-(width - is_odd) // longest), 1)
    return -(-(width - is_odd) // (2 * strips)) * 2 + is_odd


def _ends(call: Call, most: int) -> list[int]:
    """Columns before which strips end: all but the last are even."""
    strip, width = _strip(call, most), _width(call)
    ends = [end for end in range(strip // 2 * 2, width, strip // 2 * 2) if width - end > width % 2]
    return [*ends, width]


def _strip_columns(call: Call, most: int) -> int:
    return (_strip(call, most) - 1) * window_of(call).stride[1] + COLUMNS


def _strip_scratch_bytes(call: Call, most: int) -> int:
    return SUMS_BYTES + _strip_columns(call, most) * _column_bytes(call)


def _strip_counts(call: Call, most: int) -> Mapping[str, float]:
    """Runs of the loops."""
    height, counts = call.output.shape[1], _counts(call)
    parts = call.inputs[0].channels // PART_CHANNELS
    strips = height * len(_ends(call, most))
    row_parts = strips * window_of(call).kernel[0] * parts
    return {
        **counts,
        "strips": strips,
        "row blocks": strips * len(blocks_of(call)),
        "widened parts": row_parts * _strip_columns(call, most),
        "row parts": row_parts,
    }


def _strip_lead(call: Call, most: int) -> int:
    """The windows of a strip are widened before its outputs are written."""
    _, height, width, _ = call.output.shape
    ends = [y * width + x for y in range(height) for x in _ends(call, most)]
    return of_windows(call, window_of(call), ends, buffers_windows=True)


def _by_strips(wide: Kernel, most: int = STRIP_BYTES) -> Kernel:
    symbol = wide.symbol.replace("_s8_dsp", "_strips_s8_dsp")
    return replace(
        wide,
        symbol=symbol,
        source=f"arm_dsp/{symbol}.c",
        specificity=-1,
        lower=partial(_lower, strip=partial(_strip, most=most)),
        scratch_bytes=partial(_strip_scratch_bytes, most=most),
        counts=partial(_strip_counts, most=most),
        lead=partial(_strip_lead, most=most),
        less_scratch=cache(partial(_by_strips, wide)),
    )


_WIDE_2 = replace(
    _WIDE,
    symbol="tg_conv2d_3_wide_stride2_s8_dsp",
    source="arm_dsp/tg_conv2d_3_wide_stride2_s8_dsp.c",
    fits=all_of(_has_the_shape, partial(_has_stride, 2), mixes),
)

KERNELS = (_WIDE, _WIDE_2, _by_strips(_WIDE), _by_strips(_WIDE_2))
