"""How far ahead of its reads a kernel writes: what the planner must keep between an input and the output over it.

Kernels write their output forward. A lead of n bytes says: if the input starts n bytes or more above the output, no
byte of it is overwritten before the kernel has read it for the last time. Where a kernel goes channel by channel over
the whole tensor, that holds for n bytes exactly (Kernel.lead_is_exact).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.ops.window import Window

NOTHING = 2**40
"""A pixel that no tensor has."""


def of_rows(call: Call, window: Window, *, buffers_rows: bool) -> int:
    """The lead of a kernel that computes output rows one after the other, from the window's input rows.

    With `buffers_rows` it has copied all rows of the window before it writes the first byte of the output row, and
    never reads them again.
    """
    x, y = call.inputs[0], call.output
    in_row, out_row = x.bytes // x.shape[1], y.bytes // y.shape[1]
    top, stride = window.padding.top, window.stride[0]
    extent = window.extent[0] if buffers_rows else 0
    needed = (max(0, min(x.shape[1], row * stride - top + extent)) for row in range(y.shape[1]))
    return _most(out_row, (first * in_row for first in needed))


def of_windows(call: Call, window: Window, ends: Iterable[int], *, buffers_windows: bool) -> int:
    """The lead of a kernel that computes blocks of output pixels one after the other, all channels of a block together.

    `ends` are the pixels, counted row by row, before which blocks end. With `buffers_windows` it has copied the windows
    of a block before it writes the first byte of the block.
    """
    depth, channels = call.inputs[0].channels, call.output.channels
    needed = _first_needed(call, window) * depth
    stops = np.array(sorted(ends))
    starts = np.concatenate([[0], stops[:-1]])
    reads = needed[stops] if buffers_windows else needed[starts]
    return max(0, int((stops * channels - reads).max()))


def ends_of_blocks(call: Call, pixels: int, *, within_rows: bool = False) -> list[int]:
    """Where blocks of so many pixels end, which go on from row to row, or end with their row."""
    _, height, width, _ = call.output.shape
    if not within_rows:
        return [*range(pixels, height * width, pixels), height * width]
    columns = [*range(pixels, width, pixels), width]
    return [y * width + x for y in range(height) for x in columns]


def _first_needed(call: Call, window: Window) -> NDArray[np.int64]:
    """[pixels + 1]: the first input pixel under the windows of an output pixel and of all behind it, or NOTHING."""
    _, in_height, in_width, _ = call.inputs[0].shape
    _, height, width, _ = call.output.shape
    rows = (np.arange(height) * window.stride[0] - window.padding.top)[:, None]
    columns = np.arange(width) * window.stride[1] - window.padding.left
    first = np.maximum(rows, 0) * in_width + np.maximum(columns, 0)
    first = np.where((rows < in_height) & (columns < in_width), first, NOTHING)
    # the windows of the next row begin further to the left
    behind = np.minimum.accumulate(np.append(first.ravel(), NOTHING)[::-1])
    return behind[::-1]


def of_blocks(call: Call, pixels: int, *, buffers_block: bool) -> int:
    """The lead of a pointwise kernel with stride 1 that computes blocks of so many pixels one after the other.

    With `buffers_block` it has copied a block's input before it writes the first byte of its output.
    """
    count = call.inputs[0].size // call.inputs[0].channels
    depth, channels = call.inputs[0].channels, call.output.channels
    ends = [*range(pixels, count, pixels), count]
    back = 0 if buffers_block else pixels
    return max(0, max(end * channels - max(end - back, 0) * depth for end in ends))


def of_channels(call: Call, window: Window, pixels: int) -> int:
    """The exact lead of a depthwise kernel that computes channel by channel: 0 where input and output may begin at the
    same place, otherwise they must be apart.

    A channel's outputs then lie over inputs of the same channel, which the kernel reads for so many pixels of a row
    before it writes them.
    """
    if call.inputs[0].channels != call.output.channels:
        return apart(call)
    ends = ends_of_blocks(call, pixels, within_rows=True)
    return apart(call) if of_windows(call, window, ends, buffers_windows=True) else 0


def apart(call: Call) -> int:
    """The lead of a kernel that reads its input to the end after it has written to the output's end."""
    return call.output.bytes


def _most(out_row: int, needed: Iterable[int]) -> int:
    """The most bytes that are written beyond the first byte that is still needed."""
    return max(0, max((row + 1) * out_row - first for row, first in enumerate(needed)))
