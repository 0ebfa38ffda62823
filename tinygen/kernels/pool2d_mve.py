"""C kernels of AveragePool2D and MaxPool2D for Helium (MVE)."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels import mve, pool2d
from tinygen.kernels.kernel import Kernel, all_of
from tinygen.kernels.lowering import POINTER_BYTES, sizes_fit, window_fits
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.pool import PoolOperator

MOST_CELLS = 256
"""So many int8 values have a sum in int16."""


def _fits(call: Call) -> str | None:
    kh, kw = call.op.kernel
    if kh * kw > MOST_CELLS:
        return f"a window of {kh}x{kw} has more than {MOST_CELLS} cells"
    return window_fits(call.op.window, call)


def _scratch_bytes(call: Call) -> int:
    """Pointers to the rows of a window."""
    return call.op.kernel[0] * POINTER_BYTES


def _runs_of_pixels(call: Call) -> int:
    """Windows of an output row that are cut by the image, and one run of all others."""
    window, width = call.op.window, call.output.shape[2]
    first = np.arange(width) * window.stride[1] - window.padding.left
    whole = (first >= 0) & (first + window.kernel[1] <= call.inputs[0].shape[2])
    return int((~whole).sum()) + int(whole.any())


def _counts(call: Call) -> dict[str, float]:
    """Vectors of all pixels, and the rows and cells of their windows."""
    _, rows, width, channels = call.output.shape
    inside_rows, inside_cells = pool2d.inside_of(call)
    vectors = mve.steps_of(channels)
    bounds = call.op.activation.integer_bounds(call.output.quantization)
    clamped = rows * mve.steps_of(width * channels)
    return {
        "call": 1,
        "rows": rows,
        "row pointers": rows * call.op.kernel[0],
        "runs": rows * _runs_of_pixels(call),
        "pixels": rows * width,
        "vectors": rows * width * vectors,
        "row runs": inside_rows * width * vectors,
        "cells": inside_cells * vectors,
        "clamped vectors": 0 if bounds == (-128, 127) else clamped,
    }


def _kernel(op: type[PoolOperator], symbol: str) -> Kernel:
    return Kernel(
        op=op,
        symbol=symbol,
        header="tg_pool2d_mve.h",
        source=f"arm_mve/{symbol}.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY,
        fits=all_of(sizes_fit, _fits),
        lower=pool2d.lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
        lead=pool2d.lead,
    )


KERNELS = (
    _kernel(AveragePool2D, "tg_average_pool2d_s8_mve"),
    _kernel(MaxPool2D, "tg_max_pool2d_s8_mve"),
)
