"""C kernels of Conv2D for the Arm DSP extension."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import dsp_mix
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, int32
from tinygen.kernels.lowering import (
    folded_bias,
    pad_row,
    row_pointers_bytes,
    window_fits,
    window_struct,
)
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window

STRIP_BYTES = 2048
"""Scratch that a strip should not exceed; two output pixels are always taken."""

VALUE_BYTES = 2


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Output pixels of one row that are computed together, and the input columns that they read.

    Where the stride is longer than the kernel, columns that no pixel reads are left out.
    """

    pixels: int
    columns: int
    pixel_columns: int

    @classmethod
    def of(cls, window: Window, pixels: int) -> "Strip":
        extent = window.extent[1]
        step = min(window.stride[1], extent)
        return cls(pixels=pixels, columns=(pixels - 1) * step + extent, pixel_columns=step)


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _strip_bytes(call: Call, strip: Strip) -> int:
    return _window(call).kernel[0] * strip.columns * call.inputs[0].channels * VALUE_BYTES


def _strip(call: Call) -> Strip:
    """The longest strip within STRIP_BYTES, then as short as the same number of strips allows."""
    window = _window(call)
    _, height, width, _ = call.output.shape
    total = height * width if window.kernel == (1, 1) and window.stride == (1, 1) else width
    pixels = 2
    while pixels < total and _strip_bytes(call, Strip.of(window, pixels + 2)) <= STRIP_BYTES:
        pixels += 2
    strips = -(-total // pixels)
    even = 2 * -(-total // (2 * strips))
    return Strip.of(window, min(even, total))


def _segments(call: Call) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets [segments] of what lies side by side in a strip, and the weights [O, segments, values]."""
    window, strip = _window(call), _strip(call)
    channels, weights = call.inputs[0].channels, call.inputs[1].data.astype(np.int64)
    (kh, kw), dilation = window.kernel, window.dilation[1]
    rows = np.arange(kh) * strip.columns * channels
    if dilation == 1:
        return rows, weights.reshape(weights.shape[0], kh, kw * channels)
    taps = np.arange(kw) * dilation * channels
    return np.add.outer(rows, taps).ravel(), weights.reshape(weights.shape[0], kh * kw, channels)


def _fits(call: Call) -> str | None:
    if call.op.groups(call) != 1:
        return "has no groups"
    return window_fits(_window(call), call) or dsp_mix.reason_against(call, _segments(call)[1])


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights = call.inputs[:2]
    window, strip = _window(call), _strip(call)
    offsets, segments = _segments(call)
    params = Struct(
        tag="tg_conv2d_dsp",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "in_zero_point": x.zero_point,
            "strip_pixels": strip.pixels,
            "strip_columns": strip.columns,
            "pixel_columns": strip.pixel_columns,
            "segments": segments.shape[1],
            "segment_pairs": -(-segments.shape[2] // 2),
            "segment_offsets": int32("segment_offsets", offsets),
            "weights": dsp_mix.weights_array(segments),
            "output": dsp_mix.mixed_output(
                call, folded_bias(call, weights.data.sum((1, 2, 3), np.int64))
            ),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _scratch_bytes(call: Call) -> int:
    """Row pointers, a strip, and one value that may be read with the last of an odd segment."""
    return row_pointers_bytes(_window(call)) + _strip_bytes(call, _strip(call)) + VALUE_BYTES


KERNELS = (
    Kernel(
        op=Conv2D,
        symbol="tg_conv2d_s8_dsp",
        header="tg_conv2d_dsp.h",
        source="arm_dsp/tg_conv2d_s8_dsp.c",
        needs=DSP,
        fits=_fits,
        lower=_lower,
        scratch_bytes=_scratch_bytes,
    ),
)
