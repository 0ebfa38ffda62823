"""C kernel of DepthwiseConv2D with any window for Armv7-M cores without SIMD instructions: four sums at a time."""

import dataclasses
import math
from collections.abc import Mapping

from tinygen.ir import Call
from tinygen.kernels import depthwise_runs, swar
from tinygen.kernels.kernel import Kernel

TOGETHER = 4
"""Outputs that are summed together."""

SYMBOL = "tg_depthwise_conv2d_s8_v7m"


def _counts(call: Call) -> Mapping[str, float]:
    window, line = depthwise_runs.window_of(call), depthwise_runs.line_of(call)
    _, rows, width, channels = call.output.shape
    x, weight_sums = call.inputs[0], depthwise_runs.weight_sums_of(call)
    outputs = [count for count in line.phase_outputs(width) if count > 0]
    lines = channels * rows
    fours = lines * sum(-(-count // TOGETHER) for count in outputs)
    runs = fours * window.kernel[0] * line.chains
    copied = ((rows - 1) * min(window.stride[0], window.extent[0]) + window.extent[0]) * x.channels
    return {
        "call": 1,
        "channels": x.channels,
        "lines": lines,
        "phases": lines * len(outputs),
        "fours": fours,
        "rows": fours * window.kernel[0],
        "runs": runs,
        "taps": fours * math.prod(window.kernel),
        "outputs": lines * width,
        "general": fours if swar.is_general(call, weight_sums) else 0,
        "clamped": lines * width if swar.clamps(call, weight_sums) else 0,
        "copied rows": copied,
        "copied parts": copied * min(line.parts, x.shape[2]),
        "copied": copied * x.shape[2],
    }


def _for_v7m(kernel: Kernel) -> Kernel:
    return dataclasses.replace(
        kernel,
        symbol=SYMBOL,
        header="tg_depthwise_runs_v7m.h",
        source=f"armv7m/{SYMBOL}.c",
        needs=swar.V7M,
        counts=_counts,
    )


KERNELS = tuple(_for_v7m(kernel) for kernel in depthwise_runs.KERNELS)
