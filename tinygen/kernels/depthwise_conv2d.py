"""C kernels of DepthwiseConv2D."""

import math

import numpy as np

from tinygen.ir import Call
from tinygen.kernels import dense_counts
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.leads import of_channels
from tinygen.kernels.lowering import (
    pad_row,
    row_pointers_bytes,
    sums_fit,
    window_fits,
    window_struct,
)
from tinygen.kernels.requantization import requantization_struct, statement_of
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: DepthwiseConv2D = call.op
    x, weights = call.inputs[:2]
    window = _window(call)
    requantization = requantization_struct(call, weights.data.sum((0, 1, 2), np.int64))
    params = Struct(
        tag="tg_depthwise_conv2d",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": op.multiplier(call),
            "in_zero_point": x.zero_point,
            "weights": int8("weights", weights.data[0].transpose(2, 0, 1), Role.WEIGHTS),
            "requantization": requantization,
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(statement_of(requantization),)),)


def _fits(call: Call) -> str | None:
    return window_fits(_window(call), call)


def _is_3x3(call: Call) -> str | None:
    window = _window(call)
    if window.kernel != (3, 3) or window.dilation != (1, 1) or window.stride[1] > 2:
        return "is only for 3x3 kernels without dilation, with a stride of at most 2"
    return None


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input (tg_depthwise_conv2d.h)."""
    same = call.inputs[0].shape == call.output.shape and _window(call).stride == (1, 1)
    return None if same else "works in place only with stride 1 and an output of the input's shape"


def _lead(call: Call) -> int:
    """Where it cannot work in place, the output may begin where the input does."""
    return of_channels(call, _window(call), call.output.shape[2])


def _scratch_bytes(call: Call) -> int:
    """Pointers to lines, each twice; then the lines: a row of one channel with its padding."""
    window, x = _window(call), call.inputs[0]
    line_bytes = x.shape[2] + window.padding.left + window.padding.right
    return 2 * row_pointers_bytes(window) + window.extent[0] * line_bytes


TOGETHER, BLOCK = 4, 8
"""Outputs that are summed together, and finished together."""


def _counts(call: Call) -> dict[str, float]:
    """Lines are the rows of each output channel; their outputs are summed by fours, then one by one."""
    _, rows, width, channels = call.output.shape
    window, x = _window(call), call.inputs[0]
    lines = channels * rows
    fours, ones = lines * (width // TOGETHER), lines * (width % TOGETHER)
    height, cells = window.kernel[0], math.prod(window.kernel)
    copied = channels * ((rows - 1) * min(window.stride[0], window.extent[0]) + window.extent[0])
    return {
        "call": 1,
        "channels": channels,
        "lines": lines,
        "fours": fours,
        "rows of fours": fours * height,
        "taps of fours": fours * cells,
        "strided fours": fours if window.stride[1] > 1 else 0,
        "ones": ones,
        "rows of ones": ones * height,
        "taps of ones": ones * cells,
        "finished": lines * -(-width // BLOCK),
        "copied rows": copied,
        "copied": copied * x.shape[2],
        **dense_counts.finish_counts(call, call.inputs[1].data.sum((0, 1, 2), np.int64)),
    }


def _portable(symbol: str, *conditions: Fits) -> tuple[Kernel, Kernel]:
    """The same C function twice: where it can work in place, and everywhere."""

    def row(in_place: tuple[int, ...], *more: Fits) -> Kernel:
        return Kernel(
            op=DepthwiseConv2D,
            symbol=symbol,
            header="tg_depthwise_conv2d.h",
            source=f"portable/{symbol}.c",
            fits=all_of(*conditions, _fits, sums_fit, *more),
            lower=_lower,
            scratch_bytes=_scratch_bytes,
            in_place=in_place,
            counts=_counts,
            lead=_lead,
            lead_is_exact=True,
        )

    return row((0,), _keeps_shape), row(())


KERNELS = (
    *_portable("tg_depthwise_conv2d_3x3_s8", _is_3x3),
    *_portable("tg_depthwise_conv2d_s8"),
)
