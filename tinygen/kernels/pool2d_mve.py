"""C kernels of AveragePool2D and MaxPool2D for Helium (MVE)."""

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


def _counts(call: Call) -> dict[str, float]:
    _, rows, width, channels = call.output.shape
    kh, kw = call.op.kernel
    vectors = rows * width * mve.steps_of(channels)
    return {
        "call": 1,
        "rows": rows,
        "pixels": rows * width,
        "vectors": vectors,
        "runs": vectors * kh,
        "cells": vectors * kh * kw,
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
    )


KERNELS = (
    _kernel(AveragePool2D, "tg_average_pool2d_s8_mve"),
    _kernel(MaxPool2D, "tg_max_pool2d_s8_mve"),
)
