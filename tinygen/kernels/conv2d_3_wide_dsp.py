"""The C kernels of Conv2D with three columns, for the Arm DSP extension: the two pixels of a pair share columns."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.conv2d_mixed import (
    QUAD_WORDS,
    SUMS_BYTES,
    blocks_of,
    mixed_words,
    mixes,
    per_form,
    weight_sums,
    weights_of,
    window_of,
)
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import find_scale, scale_struct
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.leads import of_rows
from tinygen.kernels.lowering import window_fits, window_struct
from tinygen.ops.conv2d import Conv2D

COLUMN_ORDER = {1: (0, 1, 2), 2: (0, 2, 1)}
"""The kernel's columns in the order of the weights, by horizontal stride."""

COLUMNS = 3
PART_CHANNELS = 8
PART_BYTES = 16


def _has_the_shape(call: Call) -> str | None:
    window = window_of(call)
    if window.kernel[1] != COLUMNS:
        return "is for kernels three columns wide"
    if window.dilation[1] != 1 or (window.dilation[0] != 1 and window.kernel[0] > 1):
        return "takes no dilation"
    if call.op.groups(call) != 1 or call.inputs[0].channels % PART_CHANNELS:
        return f"takes no groups, and a multiple of {PART_CHANNELS} input channels"
    if call.output.shape[2] < 2:
        return "computes two columns together"
    return window_fits(window, call)


def _has_stride(stride: int, call: Call) -> str | None:
    found = window_of(call).stride[1]
    return None if found == stride else f"a horizontal stride of {found} is not {stride}"


def _ordered_weights(call: Call) -> NDArray[np.int64]:
    """[O, steps, 2] in the order of tg_conv2d_3_wide_dsp.h"""
    weights = weights_of(call)[:, :, COLUMN_ORDER[window_of(call).stride[1]]]
    outputs, height, width, channels = weights.shape
    parts = weights.reshape(outputs, height, width, channels // PART_CHANNELS, 2, 4)
    words = parts[..., QUAD_WORDS]  # [O, KH, KW, parts, quads, words, 2]
    return np.moveaxis(words, 2, -2).reshape(outputs, -1, 2)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, blocks = call.inputs[0], blocks_of(call)
    scale = find_scale(call, weight_sums(call))
    params = Struct(
        tag="tg_conv2d_3_wide_dsp",
        fields={
            "window": window_struct(window_of(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "in_zero_point": x.zero_point,
            "weights": mixed_words(_ordered_weights(call), blocks),
            "scale": scale_struct(scale, blocks),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _scratch_bytes(call: Call) -> int:
    """The sums of a pair, and one widened row for each row of the kernel."""
    window = window_of(call)
    columns = window.padding.left + call.inputs[0].shape[2] + window.padding.right
    row_parts = window.kernel[0] * call.inputs[0].channels // PART_CHANNELS
    return SUMS_BYTES + row_parts * columns * PART_BYTES


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops."""
    _, height, width, _ = call.output.shape
    parts = call.inputs[0].channels // PART_CHANNELS
    blocks, pairs = len(blocks_of(call)), -(-width // 2)
    kernel_height, stride = window_of(call).kernel[0], window_of(call).stride[0]
    rows_read = (height - 1) * min(stride, kernel_height) + kernel_height
    return {
        "call": 1,
        "rows": height,
        "row blocks": height * blocks,
        "widened parts": rows_read * parts * call.inputs[0].shape[2],
        "row parts": rows_read * parts,
        "parts": height * blocks * pairs * kernel_height * parts,
        **per_form(find_scale(call, weight_sums(call)).form, height * blocks * pairs),
    }


def _lead(call: Call) -> int:
    """The rows of a window are widened before its outputs are written."""
    return of_rows(call, window_of(call), buffers_rows=True)


def _kernel(symbol: str, stride: int) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol=symbol,
        header="tg_conv2d_3_wide_dsp.h",
        source=f"arm_dsp/{symbol}.c",
        needs=DSP,
        specificity=1,
        fits=all_of(_has_the_shape, partial(_has_stride, stride), mixes),
        lower=_lower,
        scratch_bytes=_scratch_bytes,
        counts=_counts,
        lead=_lead,
    )


KERNELS = (
    _kernel("tg_conv2d_3_wide_s8_dsp", 1),
    _kernel("tg_conv2d_3_wide_stride2_s8_dsp", 2),
)
