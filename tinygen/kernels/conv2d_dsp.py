"""The C kernels of Conv2D with any window, for the Arm DSP extension: windows are widened, then multiplied."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.conv2d_mixed import (
    QUAD_WORDS,
    STEP_BYTES,
    SUMS_BYTES,
    blocks_of,
    is_unclamped,
    mixed_words,
    mixes,
    per_form,
    plain_words,
    weight_sums,
    weights_of,
    window_of,
)
from tinygen.kernels.dsp import DSP
from tinygen.kernels.dsp_scale import BLOCK_CHANNELS, Scale, find_scale, scale_struct
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Struct, all_of, int32
from tinygen.kernels.leads import apart, of_windows
from tinygen.kernels.lowering import POINTER_BYTES, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D

CHUNK_BYTES = 2560
"""Scratch that the widened windows should not exceed; those of one pair are always held."""

LEAST_RUN = 4
"""A run is read by fours, also where it is shorter."""

NO_VALUE = -1


def _run_columns(call: Call) -> int:
    """Columns of a window that lie side by side in the input."""
    window = window_of(call)
    return window.kernel[1] if window.dilation[1] == 1 and call.op.groups(call) == 1 else 1


def _run_values(call: Call) -> int:
    return _run_columns(call) * call.inputs[1].shape[3]


def _runs(call: Call) -> int:
    """Runs of a window."""
    height, width = window_of(call).kernel
    return height * (width // _run_columns(call))


def run_order(values: int) -> NDArray[np.int64]:
    """[words, 2]: the values of the words of a run, as tg_conv2d_dsp.h says."""
    order = [(4 * k + i, 4 * k + j) for k in range(values // 4) for i, j in QUAD_WORDS]
    last = values - 1
    order += {
        0: [],
        1: [(NO_VALUE, last)],
        2: [(last - 1, last)],
        3: [(NO_VALUE, last - 2), (last - 1, last)],
    }[values % 4]
    return np.array(order)


def _ordered_weights(call: Call) -> NDArray[np.int64]:
    """[O, steps, 2] in the order of tg_conv2d_dsp.h"""
    weights = weights_of(call)
    outputs, height, width, _ = weights.shape
    runs = weights.reshape(outputs, height, width // _run_columns(call), -1).swapaxes(1, 2)
    order = run_order(runs.shape[3])
    return np.where(order == NO_VALUE, 0, runs[..., order]).reshape(outputs, -1, 2)


def _steps(call: Call) -> int:
    return _runs(call) * len(run_order(_run_values(call)))


def _pixels(call: Call) -> int:
    return call.output.size // call.output.channels


def _chunk(call: Call, most: int) -> int:
    """Pairs of pixels that are widened together, in about `most` bytes."""
    pairs = max(most // (STEP_BYTES * _steps(call)), 1)
    return min(pairs, -(-_pixels(call) // 2))


def _lower(call: Call, most: int = CHUNK_BYTES, *, is_mixed: bool) -> tuple[KernelCall, ...]:
    x, blocks = call.inputs[0], blocks_of(call)
    scale = find_scale(call, weight_sums(call))
    words = mixed_words if is_mixed else plain_words
    params = Struct(
        tag="tg_conv2d_dsp",
        fields={
            "window": window_struct(window_of(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": call.op.groups(call),
            "run_columns": _run_columns(call),
            "chunk": _chunk(call, most),
            "out_step": call.output.channels,
            "in_zero_point": x.zero_point,
            "steps": _steps(call),
            "weights": words(_ordered_weights(call), blocks),
            "scale": scale_struct(scale, blocks) if is_mixed else _plain_scale(scale, blocks),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _plain_scale(scale: Scale, blocks: NDArray[np.int64]) -> Struct:
    """`struct tg_dsp_scale` with the biases as they are."""
    mixed = scale_struct(scale, blocks)
    words = mixed.fields["blocks"].data.reshape(len(blocks), -1).astype(np.int64)
    words[:, -BLOCK_CHANNELS:] = scale.channels.bias[blocks]
    return Struct(tag=mixed.tag, fields={**mixed.fields, "blocks": int32("blocks", words)})


def _scratch_bytes(call: Call, most: int = CHUNK_BYTES) -> int:
    """Sums, pointers to rows and runs, the windows of a chunk, a run of padding, and copies of a column's runs."""
    height = window_of(call).kernel[0]
    copies = LEAST_RUN + (1 + height) * _run_values(call)
    windows = _chunk(call, most) * _steps(call) * STEP_BYTES
    return SUMS_BYTES + 2 * height * POINTER_BYTES + windows + copies


def _fits(call: Call) -> str | None:
    return window_fits(window_of(call), call)


def _copied_runs(call: Call) -> int:
    """Runs that lie in the padding in part, of all rows of the image that windows cover, or are short."""
    window, (_, _, in_width, _) = window_of(call), call.inputs[0].shape
    _, height, width, _ = call.output.shape
    columns = _run_columns(call)
    starts = [
        x * window.stride[1] - window.padding.left + kx * window.dilation[1]
        for x in range(width)
        for kx in range(0, window.kernel[1], columns)
    ]
    is_short = _run_values(call) < LEAST_RUN
    copied = sum(is_short or x < 0 or x + columns > in_width for x in starts)
    return copied * height * window.kernel[0] * call.op.groups(call)


def _counts(call: Call, most: int = CHUNK_BYTES) -> Mapping[str, float]:
    """Runs of the loops: steps are those of all pairs and blocks."""
    groups = call.op.groups(call)
    pixels, blocks, steps = _pixels(call), len(blocks_of(call)), _steps(call)
    pairs = -(-pixels // 2)
    chunks = -(-pairs // _chunk(call, most))
    passes = -(-steps // 16)
    return {
        "call": 1,
        "chunk groups": chunks * groups,
        "chunk blocks": chunks * blocks,
        "windows": pixels * groups,
        "runs": pixels * groups * _runs(call),
        "copied runs": _copied_runs(call),
        "words": pixels * groups * steps,
        "steps": pairs * blocks * steps,
        "passes": pairs * blocks * passes,
        "narrow pairs": pairs * groups * (call.output.channels < BLOCK_CHANNELS * groups),
        **per_form(find_scale(call, weight_sums(call)).form, pairs * blocks),
    }


def _lead(call: Call, most: int = CHUNK_BYTES) -> int:
    """The windows of a chunk are widened before its outputs are written; again for the next group of channels."""
    if call.op.groups(call) > 1:
        return apart(call)
    pixels, together = _pixels(call), 2 * _chunk(call, most)
    # an odd pixel is left for a chunk of its own
    ends = {*range(together, pixels, together), max(pixels // 2 * 2, 1), pixels}
    return of_windows(call, window_of(call), ends, buffers_windows=True)


def _kernel(symbol: str, *, is_mixed: bool, specificity: int, fits: Fits) -> Kernel:
    kernel = Kernel(
        op=Conv2D,
        symbol=symbol,
        header="tg_conv2d_dsp.h",
        source=f"arm_dsp/{symbol}.c",
        needs=DSP,
        specificity=specificity,
        fits=fits,
        lower=partial(_lower, is_mixed=is_mixed),
        scratch_bytes=_scratch_bytes,
        counts=_counts,
        lead=_lead,
        spreads=is_unclamped,
    )

    @cache
    def less_scratch(most: int) -> Kernel:
        return replace(
            kernel,
            lower=partial(_lower, most=most, is_mixed=is_mixed),
            scratch_bytes=partial(_scratch_bytes, most=most),
            counts=partial(_counts, most=most),
            lead=partial(_lead, most=most),
        )

    return replace(kernel, less_scratch=less_scratch)


KERNELS = (
    _kernel("tg_conv2d_s8_dsp", is_mixed=True, specificity=0, fits=all_of(_fits, mixes)),
    _kernel("tg_conv2d_unmixed_s8_dsp", is_mixed=False, specificity=-1, fits=_fits),
)
