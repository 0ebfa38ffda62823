"""How often the loops of the portable dense products run (tg_dense_two_s8.c, tg_dense_one_s8.c), and of convolutions
that gather windows for them (tg_conv2d_core.h): the terms of their cost formulas."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.requantization import Form, choose
from tinygen.ops.window import Window
from tinygen.proofs.channels import channels_of

FOUR, EIGHT = 4, 8
"""Channels of a block, or steps of a loop."""

Counts = dict[str, float]


def finish_counts(call: Call, weight_sums: np.ndarray) -> Counts:
    """Outputs by the way in which they are requantized."""
    channels = channels_of(call, weight_sums)
    form, size = choose(channels).form, call.output.size
    is_short = form is Form.ONE_SHIFT and not channels.needs_clamp
    return {
        "saturated": size if is_short else 0,
        "clamped": size if form is Form.ONE_SHIFT and not is_short else 0,
        "nested": size if form is Form.FAST else 0,
        "textbook": size if form in (Form.TFLM_TEXTBOOK, Form.NATIVE_TEXTBOOK) else 0,
    }


def two_counts(pairs: int, depth: int, channels: int) -> Counts:
    """tg_dense_two_s8: blocks of four channels, whose inputs are taken by fours; then channels one by one."""
    fours, ends = divmod(depth, FOUR)
    blocks, rest = divmod(channels, FOUR)
    return {
        "pairs": pairs,
        "blocks": pairs * blocks,
        "steps": pairs * blocks * fours,
        "ends": pairs * blocks * ends,
        "dots": pairs * rest,
        "dot steps": pairs * rest * depth,
    }


def one_counts(vectors: int, depth: int, channels: int) -> Counts:
    """tg_dense_one_s8: blocks of eight channels, of four, channels one by one."""
    fours, ends = divmod(depth, FOUR)
    eights, rest = divmod(channels, EIGHT)
    four, ones = divmod(rest, FOUR)
    return {
        "singles": vectors,
        "single blocks": vectors * (eights + four + ones),
        "single eights": vectors * eights,
        "single steps": vectors * eights * fours,
        "single ends": vectors * (2 * eights * ends + four * depth),
        "single dot steps": vectors * ones * depth,
    }


def pixel_counts(runs: int, width: int, depth: int, channels: int) -> Counts:
    """Runs of so many pixels: pairs, then one."""
    return {
        **two_counts(runs * (width // 2), depth, channels),
        **one_counts(runs * (width % 2), depth, channels),
    }


def v6m_pixel_counts(runs: int, width: int, depth: int, channels: int) -> Counts:
    """tg_dense_one_s8_v6m: the sum of each vector, then blocks of four channels, then channels one by one."""
    vectors = runs * width
    return {"summed": vectors * depth, **two_counts(vectors, depth, channels)}


def gather_counts(call: Call, window: Window, groups: int) -> Counts:
    """Runs of cells that are copied, side by side or tap by tap: their words, single bytes, and those of padding."""
    x = call.inputs[0]
    _, rows, width, _ = call.output.shape
    channels = x.channels // groups
    first = np.arange(width) * window.stride[1] - window.padding.left
    columns = first[:, None] + np.arange(window.kernel[1]) * window.dilation[1]
    inside = (columns >= 0) & (columns < x.shape[2])
    is_run = window.dilation[1] == 1 and groups == 1
    copies = (inside.sum(1) if is_run else inside.ravel()) * channels
    times = rows * groups * window.kernel[0]
    return {
        "gathered runs": times * copies.size,
        "gathered words": times * int((copies // FOUR).sum()),
        "gathered bytes": times * int((copies % FOUR).sum()),
        "padded bytes": times * int((~inside).sum()) * channels,
    }
