"""How far ahead of its reads a kernel writes: what the planner must keep between an input and the output over it.

All kernels write their output forward. A lead of n bytes says: if the input starts n bytes or more above the output, no
byte of it is overwritten before the kernel has read it for the last time.
"""

from collections.abc import Iterable

from tinygen.ir import Call
from tinygen.ops.window import Window


def of_rows(call: Call, window: Window, *, buffers_rows: bool) -> int:
    """The lead of a kernel that computes output rows one after the other, from the window's input rows.

    With `buffers_rows` it has copied all rows of the window before it writes the first byte of the output row.
    """
    x, y = call.inputs[0], call.output
    in_row, out_row = x.bytes // x.shape[1], y.bytes // y.shape[1]
    top, stride = window.padding.top, window.stride[0]
    extent = window.extent[0] if buffers_rows else 0
    needed = (max(0, min(x.shape[1], row * stride - top + extent)) for row in range(y.shape[1]))
    return _most(out_row, (first * in_row for first in needed))


def of_blocks(call: Call, pixels: int, *, buffers_block: bool) -> int:
    """The lead of a pointwise kernel with stride 1 that computes blocks of so many pixels one after the other.

    With `buffers_block` it has copied a block's input before it writes the first byte of its output.
    """
    count = call.inputs[0].size // call.inputs[0].channels
    depth, channels = call.inputs[0].channels, call.output.channels
    ends = [*range(pixels, count, pixels), count]
    back = 0 if buffers_block else pixels
    return max(0, max(end * channels - max(end - back, 0) * depth for end in ends))


def of_elements(call: Call) -> int:
    """The lead of a kernel that reads each element just before it writes the one in its place."""
    return 0


def _most(out_row: int, needed: Iterable[int]) -> int:
    """The most bytes that are written beyond the first byte that is still needed."""
    return max(0, max((row + 1) * out_row - first for row, first in enumerate(needed)))
