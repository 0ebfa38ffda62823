"""C kernels of AveragePool2D and MaxPool2D for the Arm DSP extension: those of pool2d.py, four channels to a word."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import pool2d
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel

QUAD = 4

TASK_ROWS, TASK_CELLS = 8, 256
"""Of a window that assembly takes (TG_POOL_ROWS, TG_POOL_CELLS)."""


def _counts(call: Call) -> Mapping[str, float]:
    """Fours of channels, of all outputs, and the loops over their windows: rows, fours of cells, cells left."""
    rows, widths = (_cells_inside(call, axis) for axis in (0, 1))
    _, height, width, channels = call.output.shape
    pixels = height * width
    if channels < QUAD:
        cells = call.output.size * rows.mean() * widths.mean()
        return {
            "call": 1,
            "pixels": pixels,
            "single outputs": call.output.size,
            "single cells": cells,
        }
    if width == 1 and call.op.kernel[1] == call.inputs[0].shape[2]:  # rows lie one behind the other
        rows, widths = np.ones_like(rows), rows.max() * widths
    quads = -(-channels // QUAD)
    runs = quads * rows.sum()
    loops = {
        "quads": quads * pixels,
        "rows": runs * width,
        "fours": runs * (widths // 4).sum(),
        "cells left": runs * (widths % 4).sum(),
    }
    if rows.max() > TASK_ROWS or rows.max() * widths.max() > TASK_CELLS:
        loops = {f"{term} of large windows": count for term, count in loops.items()}
    return {"call": 1, "lines": height, "pixels": pixels, **loops}


def _cells_inside(call: Call, axis: int) -> NDArray[np.int64]:
    """[outputs] along an axis: the cells of each window that lie in the image."""
    window, size = call.op.window, call.inputs[0].shape[1 + axis]
    before = window.padding.left if axis else window.padding.top
    first = np.arange(call.output.shape[1 + axis]) * window.stride[axis] - before
    return np.minimum(first + window.kernel[axis], size) - np.maximum(first, 0)


def _for_dsp(kernel: Kernel) -> Kernel:
    symbol = f"{kernel.symbol}_dsp"
    return dataclasses.replace(
        kernel, symbol=symbol, source=f"arm_dsp/{symbol}.c", needs=DSP, counts=_counts
    )


KERNELS = tuple(_for_dsp(kernel) for kernel in pool2d.KERNELS)
