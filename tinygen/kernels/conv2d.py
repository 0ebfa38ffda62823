"""C kernels of Conv2D."""

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import dense_counts, leads
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.lowering import (
    ARMV6M,
    packed_rows,
    pad_row,
    raised,
    raised_sums_fit,
    row_pointers_bytes,
    sums_fit,
    window_fits,
    window_struct,
)
from tinygen.kernels.requantization import requantization_struct, statement_of
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _lower(call: Call) -> tuple[KernelCall, ...]:
    return _lowered(call, call.inputs[1].data)


def _lower_v6m(call: Call) -> tuple[KernelCall, ...]:
    return _lowered(call, raised(call.inputs[1].data))


def _lowered(call: Call, stored: NDArray[np.int8]) -> tuple[KernelCall, ...]:
    """The call for weights as the kernel stores them, but not yet packed."""
    groups = call.op.groups(call)
    per_group = stored.reshape(groups, stored.shape[0] // groups, -1)
    return kernel_calls(call, np.concatenate([packed_rows(g) for g in per_group]))


def kernel_calls(call: Call, packed: NDArray[np.int8]) -> tuple[KernelCall, ...]:
    """The call with `struct tg_conv2d`, for weights in the order of the kernel."""
    x, weights = call.inputs[:2]
    window = _window(call)
    requantization = requantization_struct(call, weights.data.sum((1, 2, 3), np.int64))
    params = Struct(
        tag="tg_conv2d",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": call.op.groups(call),
            "out_step": call.output.channels,
            "in_zero_point": x.zero_point,
            "weights": int8("weights", packed, Role.WEIGHTS),
            "requantization": requantization,
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(statement_of(requantization),)),)


def _fits(call: Call) -> str | None:
    return window_fits(_window(call), call)


def _is_one_cell(call: Call) -> str | None:
    window = _window(call)
    if window.kernel != (1, 1) or call.op.groups(call) != 1 or not window.padding.is_zero:
        return "is only for 1x1 kernels in one group without padding"
    return None


def conv2d_scratch_bytes(call: Call) -> int:
    """Row pointers, then the gathered cells of two windows (of one where a row has one output)."""
    window, weights = _window(call), call.inputs[1]
    windows = min(call.output.shape[2], 2)
    return row_pointers_bytes(window) + windows * weights.size // weights.shape[0]


def _lead(call: Call) -> int:
    """The windows of two pixels of a row are gathered before their outputs; groups run over a row in turn."""
    if call.op.groups(call) > 1:
        return leads.of_rows(call, _window(call), buffers_rows=False)
    pairs = leads.ends_of_blocks(call, 2, within_rows=True)
    return leads.of_windows(call, _window(call), pairs, buffers_windows=True)


def _one_cell_lead(call: Call) -> int:
    """Two pixels at a time; whole rows where pixels are left out."""
    pairs = leads.of_blocks(call, 2, buffers_block=False)
    if _window(call).stride == (1, 1):
        return pairs
    return max(pairs, leads.of_rows(call, _window(call), buffers_rows=False))


PixelCounts = Callable[[int, int, int, int], dict[str, float]]
"""Of the dense products of so many runs, pixels in each, inputs and channels."""


def _dense_counts(call: Call, pixels: PixelCounts, runs: int, width: int) -> dict[str, float]:
    weights, groups = call.inputs[1], call.op.groups(call)
    depth, channels = weights.size // weights.shape[0], call.output.channels // groups
    return {
        "call": 1,
        "runs": runs,
        **pixels(runs, width, depth, channels),
        **dense_counts.finish_counts(call, weights.data.sum((1, 2, 3), np.int64)),
    }


def _counts(call: Call, pixels: PixelCounts) -> dict[str, float]:
    """Runs are the rows of each group."""
    groups = call.op.groups(call)
    gathered = dense_counts.gather_counts(call, _window(call), groups)
    _, rows, width, _ = call.output.shape
    return _dense_counts(call, pixels, rows * groups, width) | gathered


def _one_cell_counts(call: Call, pixels: PixelCounts) -> dict[str, float]:
    """Without strides all rows are one run."""
    _, rows, width, _ = call.output.shape
    if _window(call).stride == (1, 1):
        return _dense_counts(call, pixels, 1, rows * width)
    return _dense_counts(call, pixels, rows, width)


def _one_cell(symbol: str) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol=symbol,
        header="tg_conv2d.h",
        source=f"portable/{symbol}.c",
        fits=all_of(_is_one_cell, _fits, sums_fit),
        lower=_lower,
        lead=_one_cell_lead,
        spreads=lambda _: True,
        counts=lambda call: _one_cell_counts(call, dense_counts.pixel_counts),
    )


def _any_window(symbol: str) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol=symbol,
        header="tg_conv2d.h",
        source=f"portable/{symbol}.c",
        fits=all_of(_fits, sums_fit),
        lower=_lower,
        scratch_bytes=conv2d_scratch_bytes,
        lead=_lead,
        spreads=lambda _: True,
        counts=lambda call: _counts(call, dense_counts.pixel_counts),
    )


def _for_armv6m(kernel: Kernel, counts: Callable[[Call, PixelCounts], dict[str, float]]) -> Kernel:
    """The same with the dense product of Armv6-M. It sums the input once more, so it wants some channels."""
    symbol = f"{kernel.symbol}_v6m"
    return dataclasses.replace(
        kernel,
        symbol=symbol,
        source=f"armv6m/{symbol}.c",
        needs=ARMV6M,
        fits=all_of(_has_channels, kernel.fits, raised_sums_fit),
        lower=_lower_v6m,
        counts=lambda call: counts(call, dense_counts.v6m_pixel_counts),
    )


def _has_channels(call: Call) -> str | None:
    per_group = call.output.channels // call.op.groups(call)
    return None if per_group >= 4 else "is only for four or more output channels in a group"


_ONE_CELL, _ANY_WINDOW = _one_cell("tg_conv2d_1x1_s8"), _any_window("tg_conv2d_s8")

KERNELS = (
    _for_armv6m(_ONE_CELL, _one_cell_counts),
    _for_armv6m(_ANY_WINDOW, _counts),
    _ONE_CELL,
    _ANY_WINDOW,
)
