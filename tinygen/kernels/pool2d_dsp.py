"""C kernels of AveragePool2D and MaxPool2D for the Arm DSP extension: those of pool2d.py, four channels to a word."""

import dataclasses
from collections.abc import Mapping

from tinygen.ir import Call
from tinygen.kernels import pool2d
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel


def _counts(call: Call) -> Mapping[str, float]:
    """Quads of channels: of all cells, and of the outputs."""
    kh, kw = call.op.kernel
    _, height, width, channels = call.output.shape
    quads = height * width * -(-channels // 4)
    return {"call": 1, "pixels": height * width, "quads": quads, "cells": quads * kh * kw}


def _for_dsp(kernel: Kernel) -> Kernel:
    symbol = f"{kernel.symbol}_dsp"
    return dataclasses.replace(
        kernel, symbol=symbol, source=f"arm_dsp/{symbol}.c", needs=DSP, counts=_counts
    )


KERNELS = tuple(_for_dsp(kernel) for kernel in pool2d.KERNELS)
