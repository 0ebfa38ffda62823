"""The C kernel of Conv2D for few output channels, which computes several pixels of a channel side by side.

Other kernels tile channels; with one or few of them in a group that leaves nothing to share.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Tensor
from tinygen.kernels import leads, swar
from tinygen.kernels.conv2d import kernel_calls
from tinygen.kernels.dense_counts import FOUR, finish_counts
from tinygen.kernels.kernel import Kernel, KernelCall, all_of
from tinygen.kernels.lowering import POINTER_BYTES, row_pointers_bytes, sums_fit, window_fits
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window

PIXELS, MOST_CHANNELS = 4, 4
"""Of a tile; output channels of a group (tg_conv2d_few_s8.c)."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weight_sums(call: Call) -> NDArray[np.int64]:
    return call.inputs[1].data.sum((1, 2, 3), np.int64)


def _of_group(call: Call) -> tuple[int, int]:
    """Input and output channels of a group."""
    groups = call.op.groups(call)
    return call.inputs[0].channels // groups, call.output.channels // groups


def _is_few(call: Call) -> str | None:
    _, outputs = _of_group(call)
    if outputs > MOST_CHANNELS:
        return f"is only for up to {MOST_CHANNELS} output channels in a group"
    return None


def _window_fits(call: Call) -> str | None:
    return window_fits(_window(call), call)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    return kernel_calls(call, call.inputs[1].data)


# Tiles


def _tiles(call: Call) -> list[tuple[int, int]]:
    """(first column, columns that it computes) of the tiles of an output row. A pixel that is left is one alone."""
    width = call.output.shape[2]
    return [(x, 1 if width - x == 1 else PIXELS) for x in range(0, width, PIXELS)]


def _cells(window: Window, pixels: int) -> int:
    """Columns under the windows of so many pixels."""
    return (pixels - 1) * window.stride[1] + window.extent[1]


def _is_inside(call: Call, first: int, pixels: int) -> bool:
    window = _window(call)
    start = first * window.stride[1] - window.padding.left
    return start >= 0 and start + _cells(window, pixels) <= call.inputs[0].shape[2]


def _gathered_cells(call: Call) -> list[int]:
    """Cells of a row that are gathered, for every tile that reaches over an edge."""
    return [_cells(_window(call), n) for x, n in _tiles(call) if not _is_inside(call, x, n)]


def _scratch_bytes(call: Call) -> int:
    """Row pointers, then those to the runs of a tile, then its cells where some are gathered."""
    window, (inputs, _) = _window(call), _of_group(call)
    runs = math.prod(window.kernel) * POINTER_BYTES
    cells = window.kernel[0] * max(_gathered_cells(call), default=0)
    return row_pointers_bytes(window) + runs + cells * inputs


def _lead(call: Call) -> int:
    """Channels of a tile are read and written in turn, groups of a row as well."""
    if call.op.groups(call) > 1:
        return leads.of_rows(call, _window(call), buffers_rows=False)
    ends = leads.ends_of_blocks(call, PIXELS, within_rows=True)
    is_one = call.output.channels == 1
    return leads.of_windows(call, _window(call), ends, buffers_windows=is_one)


def _counts(call: Call) -> Mapping[str, float]:
    """Tiles, the cells gathered for them, and runs of cells side by side."""
    groups, (inputs, outputs) = call.op.groups(call), _of_group(call)
    rows, tiles, gathered = call.output.shape[1] * groups, _tiles(call), _gathered_cells(call)
    window_rows = rows * _window(call).kernel[0]
    words = inputs % FOUR == 0
    runs = window_rows * sum(_runs(call, *tile) for tile in tiles)
    copied = window_rows * sum(gathered) * inputs
    return {
        "call": 1,
        "rows": rows,
        "tiles": rows * len(tiles),
        "tile rows": window_rows * len(tiles),
        "gathered rows": window_rows * len(gathered),
        "gathered cells": window_rows * sum(gathered) if groups > 1 else 0,
        "gathered words": copied / FOUR if words else 0,
        "gathered bytes": 0 if words else copied,
        "sums": rows * len(tiles) * outputs,
        "starts": runs,
        **_run_counts(call, "", [t for t in tiles if t[1] == PIXELS]),
        **_run_counts(call, "single ", [t for t in tiles if t[1] == 1]),
        **_output_counts(call),
    }


def _output_counts(call: Call) -> dict[str, float]:
    """Outputs that are clamped cost about what those do that saturate."""
    counts = finish_counts(call, _weight_sums(call))
    return {"one shift": counts.pop("saturated") + counts.pop("clamped"), **counts}


def _runs(call: Call, first: int, pixels: int) -> int:
    """Of a row of a tile's windows: one where all cells lie side by side."""
    window, is_dense = _window(call), call.op.groups(call) == 1
    is_one = window.dilation[1] == 1 and (is_dense or not _is_inside(call, first, pixels))
    return 1 if is_one else window.kernel[1]


def _run_counts(call: Call, prefix: str, tiles: list[tuple[int, int]]) -> dict[str, float]:
    """Runs of tiles, their steps of four inputs, and those of one."""
    window, groups, (inputs, outputs) = _window(call), call.op.groups(call), _of_group(call)
    times = call.output.shape[1] * groups * window.kernel[0] * outputs
    runs = [_runs(call, *tile) for tile in tiles]
    steps = [divmod(window.kernel[1] * inputs // n, FOUR) for n in runs]
    return {
        f"{prefix}runs": times * sum(runs),
        f"{prefix}fours": times * sum(n * fours for n, (fours, _) in zip(runs, steps, strict=True)),
        f"{prefix}ends": times * sum(n * ends for n, (_, ends) in zip(runs, steps, strict=True)),
    }


# 1x1 kernels: the image is one long row


def _is_one_cell(call: Call) -> str | None:
    window = _window(call)
    if window.kernel != (1, 1) or window.stride != (1, 1) or not window.padding.is_zero:
        return "is only for 1x1 kernels without strides and padding"
    if call.inputs[0].shape[0] != 1 or call.output.shape[1] == 1:
        return "is only for one image of several rows"
    return None


def _in_one_row(call: Call) -> Call:
    """The layer with all pixels in one row; the memory is the same."""

    def row(tensor: Tensor) -> Tensor:
        n, height, width, depth = tensor.shape
        return replace(tensor, shape=(n, 1, height * width, depth))

    x, *others = call.inputs
    return replace(call, inputs=(row(x), *others), outputs=(row(call.output),))


def _kernel(needs: frozenset[str]) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol="tg_conv2d_few_s8",
        header="tg_conv2d_few.h",
        source="portable/tg_conv2d_few_s8.c",
        needs=needs,
        fits=all_of(_is_few, _window_fits, sums_fit),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
        lead=_lead,
        spreads=lambda _: True,
    )


def _one_cell(kernel: Kernel) -> Kernel:
    """The same C function on the image as one row."""
    return replace(
        kernel,
        specificity=1,
        fits=lambda call: _is_one_cell(call) or kernel.fits(_in_one_row(call)),
        lower=lambda call: kernel.lower(_in_one_row(call)),
        scratch_bytes=lambda call: kernel.scratch_bytes(_in_one_row(call)),
        counts=lambda call: kernel.counts(_in_one_row(call)),
        lead=lambda call: kernel.lead(_in_one_row(call)),
        whole_only=True,
    )


_ANY_WINDOW = (_kernel(swar.V7M), _kernel(swar.RV32))

KERNELS = tuple(row for kernel in _ANY_WINDOW for row in (_one_cell(kernel), kernel))
