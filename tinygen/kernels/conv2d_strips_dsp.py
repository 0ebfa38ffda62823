"""The C kernel of Conv2D for the Arm DSP extension that widens strips of rows: few channels, or large strides."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.conv2d_mixed import (
    STEP_BYTES,
    SUMS_BYTES,
    blocks_of,
    mixed_words,
    mixes,
    per_form,
    weight_sums,
    weights_of,
    window_of,
)
from tinygen.kernels.dsp import DSP, padded
from tinygen.kernels.dsp_scale import BLOCK_CHANNELS, find_scale, scale_struct
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.leads import of_rows
from tinygen.kernels.lowering import INT16_MAX, POINTER_BYTES, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D

ENTRIES_BYTES = 3072
"""Scratch that the entries of a strip should not exceed; those of one pair are always held."""

NARROW = 10
"""Output columns below which an odd number of them is worth pairs of rows."""

LOADED = 4
"""Values that are loaded together."""


class Pairing(enum.IntEnum):
    """`enum tg_pairing`"""

    HALVES = 0
    ROWS = 1
    NEIGHBOURS = 2


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """How a layer is cut into strips of pairs; bytes as in tg_conv2d_strips_dsp.h."""

    pairing: Pairing
    pairs: int
    strip: int
    row_words: int
    entry_bytes: int
    pair_words: int
    line_bytes: int
    lines: int

    @property
    def entries_bytes(self) -> int:
        """Of a strip; one more, because two words are widened together."""
        return (self._words(self.strip) + 1) * self.entry_bytes

    @property
    def words(self) -> int:
        """Words of one of a row's two halves, where strips overlap more than once."""
        whole, left = divmod(self.pairs, self.strip)
        return whole * self._words(self.strip) + (self._words(left) if left else 0)

    def _words(self, pairs: int) -> int:
        return (pairs - 1) * self.pair_words + self.row_words


def _pairing(call: Call) -> Pairing:
    _, height, width, _ = call.output.shape
    if window_of(call).stride[1] * call.inputs[0].channels % 2:
        return Pairing.NEIGHBOURS
    return Pairing.ROWS if width % 2 and width < NARROW and height > 1 else Pairing.HALVES


def _plan(call: Call, most_bytes: int = ENTRIES_BYTES) -> _Plan:
    window, (_, _, in_width, channels), width = (
        window_of(call),
        call.inputs[0].shape,
        call.output.shape[2],
    )
    (kernel_height, kernel_width), (stride_height, stride_width) = window.kernel, window.stride
    pairing = _pairing(call)
    pairs = width if pairing is Pairing.ROWS else -(-width // 2)
    pair_words = stride_width * channels * (2 if pairing is Pairing.NEIGHBOURS else 1)
    pair_words //= 1 if pairing is Pairing.NEIGHBOURS else 2
    row_words = -(-kernel_width * channels // 2)
    entry_bytes = kernel_height * STEP_BYTES
    most = (most_bytes // entry_bytes - 1 - row_words) // pair_words + 1
    # neighbours may read one column of pixels more than there are
    read = (width * stride_width + kernel_width) * channels + 2 * LOADED
    loaded = (window.padding.left + in_width) * channels
    return _Plan(
        pairing=pairing,
        pairs=pairs,
        strip=min(max(most, 1), pairs),
        row_words=row_words,
        entry_bytes=entry_bytes,
        pair_words=pair_words,
        line_bytes=-(-max(read, loaded) // LOADED) * LOADED,
        lines=kernel_height + (stride_height if pairing is Pairing.ROWS else 0),
    )


def _has_the_shape(call: Call) -> str | None:
    window = window_of(call)
    if (
        call.op.groups(call) != 1
        or max(d * (k > 1) for d, k in zip(window.dilation, window.kernel, strict=True)) > 1
    ):
        return "takes no groups and no dilation"
    reason = window_fits(window, call)
    if reason is None and _plan(call).line_bytes > INT16_MAX:
        return "an input row is too long"
    return reason


def _ordered_weights(call: Call) -> NDArray[np.int64]:
    """[O, steps, 2] in the order of tg_conv2d_strips_dsp.h"""
    weights = weights_of(call)
    outputs, height, _, _ = weights.shape
    rows = padded(weights.reshape(outputs, height, -1), 2, 2)
    return rows.reshape(outputs, height, -1, 2).swapaxes(1, 2).reshape(outputs, -1, 2)


def _lower(call: Call, most: int = ENTRIES_BYTES) -> tuple[KernelCall, ...]:
    x, blocks, plan = call.inputs[0], blocks_of(call), _plan(call, most)
    scale = find_scale(call, weight_sums(call))
    params = Struct(
        tag="tg_conv2d_strips_dsp",
        fields={
            "window": window_struct(window_of(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "strip": plan.strip,
            "row_words": plan.row_words,
            "line_bytes": plan.line_bytes,
            "lines": plan.lines,
            "pairing": int(plan.pairing),
            "in_zero_point": x.zero_point,
            "weights": mixed_words(_ordered_weights(call), blocks),
            "scale": scale_struct(scale, blocks),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _scratch_bytes(call: Call, most: int = ENTRIES_BYTES) -> int:
    """Sums, pointers to lines, lines, the entries of a strip."""
    plan = _plan(call, most)
    pointers = window_of(call).kernel[0] * POINTER_BYTES
    return SUMS_BYTES + pointers + plan.lines * plan.line_bytes + plan.entries_bytes


def _counts(call: Call, most: int = ENTRIES_BYTES) -> Mapping[str, float]:
    """Runs of the loops."""
    plan, blocks, (kernel_height, _) = (
        _plan(call, most),
        len(blocks_of(call)),
        window_of(call).kernel,
    )
    height = call.output.shape[1]
    rows = -(-height // 2) if plan.pairing is Pairing.ROWS else height
    strips = rows * -(-plan.pairs // plan.strip)
    steps = plan.row_words * kernel_height
    pairs = rows * plan.pairs
    is_read_in_place = kernel_height == 1 and window_of(call).padding.is_zero
    return {
        "call": 1,
        "rows": rows,
        "strips": strips,
        "strip blocks": strips * blocks,
        "strip lines": strips * kernel_height,
        "copied": 0 if is_read_in_place else call.inputs[0].size,
        "widened": rows * plan.words * kernel_height,
        "steps": pairs * blocks * steps,
        "passes": pairs * blocks * -(-steps // 16),
        "narrow pairs": pairs * (call.output.channels < BLOCK_CHANNELS),
        **per_form(find_scale(call, weight_sums(call)).form, pairs * blocks),
    }


def _lead(call: Call) -> int:
    """The rows of a window are copied before its outputs are written."""
    window = window_of(call)
    lead = of_rows(call, window, buffers_rows=True)
    if _pairing(call) is Pairing.ROWS:  # two output rows at once, after the lines of both
        lead += call.output.bytes // call.output.shape[1]
    return lead


_KERNEL = Kernel(
    op=Conv2D,
    symbol="tg_conv2d_strips_s8_dsp",
    header="tg_conv2d_strips_dsp.h",
    source="arm_dsp/tg_conv2d_strips_s8_dsp.c",
    needs=DSP,
    fits=all_of(_has_the_shape, mixes),
    lower=_lower,
    scratch_bytes=_scratch_bytes,
    counts=_counts,
    lead=_lead,
)


@cache
def _less_scratch(most: int) -> Kernel:
    """With shorter strips."""
    return replace(
        _KERNEL,
        lower=partial(_lower, most=most),
        scratch_bytes=partial(_scratch_bytes, most=most),
        counts=partial(_counts, most=most),
    )


KERNELS = (replace(_KERNEL, less_scratch=_less_scratch),)
