"""C kernels of AveragePool2D and MaxPool2D."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import leads
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit, window_fits, window_struct
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.pool import PoolOperator

MAX_CELLS = 2**23
"""Cells of a window: so many int8 values, and half their number, have a sum in int32."""


def lower(call: Call) -> tuple[KernelCall, ...]:
    """`struct tg_pool2d`"""
    op: PoolOperator = call.op
    x = call.inputs[0]
    low, high = op.activation.integer_bounds(call.output.quantization)
    params = Struct(
        tag="tg_pool2d",
        fields={
            "window": window_struct(op.window, x.shape, call.output.shape),
            "channels": x.channels,
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _window_fits(call: Call) -> str | None:
    kh, kw = call.op.kernel
    if kh * kw >= MAX_CELLS:
        return f"a window of {kh}x{kw} has {MAX_CELLS} cells or more"
    return window_fits(call.op.window, call)


def lead(call: Call) -> int:
    """Cells of a pixel are read for some of its channels after others are written."""
    ends = leads.ends_of_blocks(call, 1)
    return leads.of_windows(call, call.op.window, ends, buffers_windows=False)


FOUR = 4
"""Channels that are combined together."""


def _inside(size: int, first: NDArray[np.int64], cells: int) -> int:
    """Cells of all windows along an axis that lie inside of the image."""
    return int((np.minimum(first + cells, size) - np.maximum(first, 0)).sum())


def inside_of(call: Call) -> tuple[int, int]:
    """Rows of all windows of a column of the output that lie inside of the image, and cells of all windows."""
    _, in_height, in_width, _ = call.inputs[0].shape
    _, height, width, _ = call.output.shape
    window = call.op.window
    first_rows = np.arange(height) * window.stride[0] - window.padding.top
    first_columns = np.arange(width) * window.stride[1] - window.padding.left
    rows = _inside(in_height, first_rows, window.kernel[0])
    return rows, rows * _inside(in_width, first_columns, window.kernel[1])


def _counts(call: Call) -> dict[str, float]:
    """Pixels of the output; the rows and cells of their windows, for four channels or one."""
    _, height, width, channels = call.output.shape
    rows, cells = inside_of(call)
    fours, ones = divmod(channels, FOUR)
    return {
        "call": 1,
        "rows": height,
        "pixels": height * width,
        "fours": height * width * fours,
        "rows of fours": rows * width * fours,
        "cells of fours": cells * fours,
        "ones": height * width * ones,
        "rows of ones": rows * width * ones,
        "cells of ones": cells * ones,
    }


def _portable(op: type[PoolOperator], symbol: str) -> Kernel:
    return Kernel(
        op=op,
        symbol=symbol,
        header="tg_pool2d.h",
        source=f"portable/{symbol}.c",
        fits=all_of(sizes_fit, _window_fits),
        lower=lower,
        lead=lead,
        counts=_counts,
    )


KERNELS = (
    _portable(AveragePool2D, "tg_average_pool2d_s8"),
    _portable(MaxPool2D, "tg_max_pool2d_s8"),
)
"""Neither requantizes, so both serve both arithmetics."""
