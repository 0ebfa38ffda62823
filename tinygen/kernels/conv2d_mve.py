"""C kernels of Conv2D for Helium (MVE)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import mve
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.leads import apart, ends_of_blocks, of_rows, of_windows
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
from tinygen.proofs.channels import channels_of

SCATTERED_CELL = 8
"""Bytes of the largest cells of which tg_mve_columns moves several at once."""

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


def _shares_columns(window: Window) -> bool:
    """Whether neighbouring pixels see columns that are laid out once."""
    return window.dilation[1] == 1 and window.stride[1] < window.kernel[1]


def _column_step(call: Call) -> int:
    """Bytes from one column to the next that is laid out."""
    window, channels = _window(call), call.inputs[0].channels
    return channels * (1 if _shares_columns(window) else window.dilation[1])


def _columns_of(window: Window, pixels: int) -> int:
    """Columns that are laid out for some neighbouring pixels."""
    width, stride = window.kernel[1], window.stride[1]
    if _shares_columns(window):
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


def _dense_counts(call: Call, vectors: Iterable[mve.Vectors]) -> dict[str, float]:
    """Of every group; the outputs' bounds are applied to rows."""
    _, rows, width, channels = call.output.shape
    groups, depth = call.op.groups(call), _weights(call).shape[1]
    output = mve.output_of(call, _weights(call).sum(1))
    return {
        **mve.dense_counts(vectors, depth=depth, channels=channels // groups, output=output),
        **mve.clamp_counts(rows, width * channels, output),
    }


def _passes(width: int, most: int) -> list[int]:
    """Pixels of the passes over a row."""
    return [min(most, width - first) for first in range(0, width, most)]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What tg_mve_columns copies: cells of some bytes in every row of a column, columns `step` bytes apart."""

    height: int
    cell: int
    step: int

    @property
    def is_scattered(self) -> bool:
        """Whether cells are neighbours, and so small that a vector holds some of them."""
        return self.cell == self.step and self.cell <= SCATTERED_CELL and self.height < mve.STEP

    def counts(self, columns: Iterable[int]) -> dict[str, float]:
        """Of calls for so many columns each: cells of one vector, or of more, or vectors of cells."""
        called = [count for count in columns if count > 0]
        cells = self.height * sum(called)
        if self.is_scattered:
            of_vector = mve.STEP // self.cell
            vectors = sum(count // of_vector for count in called)
            return {
                "scatters": len(called),
                "scattered rows": self.height * len(called),
                "scattered vectors": self.height * vectors,
            }
        if self.cell <= mve.STEP:
            return {"columns": sum(called), "short cells": cells}
        steps = mve.steps_of(self.cell)
        return {"columns": sum(called), "cells": cells, "vectors": cells * steps}


def _counts(call: Call) -> dict[str, float]:
    _, rows, width, _ = call.output.shape
    window, runs = _window(call), rows * call.op.groups(call)
    layout = Layout(height=window.kernel[0], cell=call.inputs[1].shape[3], step=_column_step(call))
    layouts = _layouts_of_row(call)
    in_width, first = call.inputs[0].shape[2], -window.padding.left
    inside = [sum(0 <= first + c < in_width for c in columns) for columns in layouts]
    padding = sum(len(columns) for columns in layouts) - sum(inside)
    passes = [mve.Vectors(calls=runs, count=n) for n in _passes(width, _column_pixels(call))]
    return {
        "call": 1,
        "rows": runs,
        "row pointers": rows * window.extent[0] + runs * window.kernel[0],
        "layouts": runs * len(layouts),
        "padding vectors": runs * padding * mve.steps_of(_column_bytes(call)),
        **layout.counts(inside * runs),
        **_dense_counts(call, passes),
    }


def _layouts_of_row(call: Call) -> list[list[int]]:
    """The columns, from the first on, of every call that lays out: of a pass whose pixels share them, or of a pixel."""
    window, width = _window(call), call.output.shape[2]
    stride, cells = window.stride[1], window.kernel[1]
    if _shares_columns(window):
        most = _column_pixels(call)
        counts = enumerate(_passes(width, most))
        return [[i * most * stride + c for c in range(_columns_of(window, n))] for i, n in counts]
    step = window.dilation[1]
    return [[p * stride + c * step for c in range(cells)] for p in range(width)]


def _counts_of_one_cell(call: Call) -> dict[str, float]:
    """Runs of pixels, at the end of which some are copied because vectors would read beyond the input."""
    _, in_height, in_width, in_channels = call.inputs[0].shape
    _, rows, width, _ = call.output.shape
    row_bytes = in_width * in_channels
    if _window(call).stride == (1, 1):
        runs = [(rows * width, in_height * row_bytes)]
    else:
        step = _window(call).stride[0] * row_bytes
        runs = [(width, in_height * row_bytes - y * step) for y in range(rows)]
    whole = [_whole_pixels(call, pixels, in_bytes) for pixels, in_bytes in runs]
    copied = sum(pixels for pixels, _ in runs) - sum(whole)
    vectors = [mve.Vectors(calls=1, count=n) for n in whole]
    return {
        "call": 1,
        "runs": len(runs),
        "copied pixels": copied,
        "copied vectors": copied * mve.steps_of(in_channels),
        **_dense_counts(call, [*vectors, mve.Vectors(calls=copied, count=1)]),
    }


def _whole_pixels(call: Call, pixels: int, in_bytes: int) -> int:
    """Of a run of pixels those that whole vectors may be read of, as in the C file."""
    channels = call.inputs[0].channels
    step = _window(call).stride[1] * channels
    vector = mve.steps_of(channels) * mve.STEP
    return 0 if in_bytes < vector else min((in_bytes - vector) // step + 1, pixels)


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
    window, x = _window(call), call.inputs[0]
    passes = _passes(width, _window_pixels(call))
    layout = Layout(
        height=window.kernel[0],
        cell=window.kernel[1] * x.channels,
        step=window.stride[1] * x.channels,
    )
    return {
        "call": 1,
        "rows": rows,
        "row pointers": rows * window.kernel[0],
        "layouts": rows * len(passes),
        **mve.ring_counts(window, x, rows),
        **layout.counts(passes * rows),
        **_dense_counts(call, [mve.Vectors(calls=rows, count=n) for n in passes]),
    }


def _spreads(call: Call) -> bool:
    """Clamps run over whole rows."""
    return not channels_of(call, _weights(call).sum(1)).needs_clamp


def _lead(call: Call) -> int:
    """The windows of a pass are laid out before its outputs; groups run over a row in turn."""
    if call.op.groups(call) > 1:
        return of_rows(call, _window(call), buffers_rows=False)
    ends = ends_of_blocks(call, _column_pixels(call), within_rows=True)
    return of_windows(call, _window(call), ends, buffers_windows=True)


def _lead_of_one_cell(call: Call) -> int:
    """A pixel at a time in C, two in assembly, sums first; where there are many channels, all again for the next."""
    if mve.tiles_of(call.output.channels) > mve.BLOCK_TWO:
        return apart(call)
    return of_windows(call, _window(call), ends_of_blocks(call, 1), buffers_windows=False)


def _lead_of_runs(call: Call) -> int:
    """Rows are copied once."""
    return of_rows(call, _window(call), buffers_rows=True)


COLUMNS = Kernel(
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
    lead=_lead,
    spreads=_spreads,
)

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
        lead=_lead_of_one_cell,
        spreads=_spreads,
    ),
    COLUMNS,
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
        lead=_lead_of_runs,
        spreads=_spreads,
    ),
)
