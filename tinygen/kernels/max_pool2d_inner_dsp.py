"""C kernel of MaxPool2D without padding for the Arm DSP extension."""

from collections.abc import Mapping

from tinygen.ir import Call
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel, all_of
from tinygen.kernels.lowering import sizes_fit, window_fits
from tinygen.kernels.pool2d import lead, lower
from tinygen.ops.max_pool2d import MaxPool2D

QUAD = 4

MOST_ROWS = 8
"""Of a window: their pointers are on the stack."""


def _fits(call: Call) -> str | None:
    op: MaxPool2D = call.op
    if not op.padding.is_zero:
        return "is only for windows without padding"
    if call.output.channels < QUAD or op.kernel[0] > MOST_ROWS:
        return f"needs {QUAD} channels or more, and up to {MOST_ROWS} rows of a window"
    bounds = op.activation.integer_bounds(call.output.quantization)
    if bounds != (-128, 127):
        return "does not clamp"
    return window_fits(op.window, call)


def _counts(call: Call) -> Mapping[str, float]:
    """Fours of channels: of all outputs, of rows of their windows, and of all cells."""
    (kernel_height, kernel_width), shape = call.op.kernel, call.output.shape
    pixels = shape[1] * shape[2]
    quads = pixels * -(-shape[3] // QUAD)
    return {
        "call": 1,
        "pixels": pixels,
        "quads": quads,
        "rows": quads * kernel_height,
        "cells": quads * kernel_height * kernel_width,
    }


KERNELS = (
    Kernel(
        op=MaxPool2D,
        symbol="tg_max_pool2d_inner_s8_dsp",
        header="tg_max_pool2d_inner_dsp.h",
        source="arm_dsp/tg_max_pool2d_inner_s8_dsp.c",
        needs=DSP,
        specificity=1,
        fits=all_of(sizes_fit, _fits),
        lower=lower,
        counts=_counts,
        lead=lead,
    ),
)
