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

INT8_MAX = 127


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
    row_bytes: int
    lines: int
    in_pieces: bool

    @property
    def line_bytes(self) -> int:
        piece = 2 * LOADED * -(-self._words(self.strip) // LOADED)
        return piece if self.in_pieces else self.row_bytes

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


def _plan(call: Call, in_pieces: bool, most: int = ENTRIES_BYTES) -> _Plan:
    """With `most` bytes for the entries of a strip."""
    window, (_, _, in_width, channels), width = (
        window_of(call),
        call.inputs[0].shape,
        call.output.shape[2],
    )
    (kernel_height, kernel_width), (stride_height, stride_width) = window.kernel, window.stride
    pairing = _pairing(call)
    pairs = width if pairing is Pairing.ROWS else -(-width // 2)
    columns = 2 if pairing is Pairing.NEIGHBOURS else 1
    pair_words = columns * stride_width * channels // 2
    row_words = -(-kernel_width * channels // 2)
    entry_bytes = kernel_height * STEP_BYTES
    strip = (most // entry_bytes - 1 - row_words) // pair_words + 1
    strip = min(max(strip, 1), pairs)
    # a last row alone is taken in halves
    pairings = {pairing, Pairing.HALVES} if pairing is Pairing.ROWS else {pairing}
    read = max(_read(p, width, strip, stride_width * channels, row_words) for p in pairings)
    loaded = (window.padding.left + in_width) * channels
    return _Plan(
        pairing=pairing,
        pairs=pairs,
        strip=strip,
        row_words=row_words,
        entry_bytes=entry_bytes,
        pair_words=pair_words,
        row_bytes=-(-max(read, loaded) // LOADED) * LOADED,
        lines=kernel_height + (stride_height if pairing is Pairing.ROWS and not in_pieces else 0),
        in_pieces=in_pieces,
    )


def _read(pairing: Pairing, width: int, strip: int, column_values: int, row_words: int) -> int:
    """Values of a line that strips of a row read, as compute_row and widen_strip of tg_conv2d_strips.c do."""
    columns = 2 if pairing is Pairing.NEIGHBOURS else 1
    to_b = {Pairing.NEIGHBOURS: 1, Pairing.HALVES: width // 2, Pairing.ROWS: 0}[pairing]
    pairs = width if pairing is Pairing.ROWS else -(-width // 2)
    most = done = 0
    while done < pairs:
        together = min(pairs - done, strip)
        if columns == 2 and width % 2 and together == pairs - done > 1:
            together -= 1
        words = (together - 1) * (columns * column_values // 2) + row_words
        most = max(most, (done * columns + to_b) * column_values + LOADED * -(-words // 2))
        done += together
    return most


def _has_the_shape(call: Call) -> str | None:
    window = window_of(call)
    if (
        call.op.groups(call) != 1
        or max(d * (k > 1) for d, k in zip(window.dilation, window.kernel, strict=True)) > 1
    ):
        return "takes no groups and no dilation"
    reason = window_fits(window, call)
    if reason is None and _plan(call, False).line_bytes > INT16_MAX:
        return "an input row is too long"
    if reason is None and _plan(call, False).lines > INT8_MAX:
        return "reads too many rows together"
    return reason


def _ordered_weights(call: Call) -> NDArray[np.int64]:
    """[O, steps, 2] in the order of tg_conv2d_strips_dsp.h"""
    weights = weights_of(call)
    outputs, height, _, _ = weights.shape
    rows = padded(weights.reshape(outputs, height, -1), 2, 2)
    return rows.reshape(outputs, height, -1, 2).swapaxes(1, 2).reshape(outputs, -1, 2)


def _lower(call: Call, in_pieces: bool, most: int = ENTRIES_BYTES) -> tuple[KernelCall, ...]:
    x, blocks, plan = call.inputs[0], blocks_of(call), _plan(call, in_pieces, most)
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
            "is_plain": int(_is_plain(call)),
            "in_zero_point": x.zero_point,
            "weights": mixed_words(_ordered_weights(call), blocks),
            "scale": scale_struct(scale, blocks),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale.proof,)),)


def _scratch_bytes(call: Call, in_pieces: bool, most: int = ENTRIES_BYTES) -> int:
    """Sums, pointers to lines, lines, the entries of a strip."""
    plan = _plan(call, in_pieces, most)
    pointers = window_of(call).kernel[0] * POINTER_BYTES
    return SUMS_BYTES + pointers + plan.lines * plan.line_bytes + plan.entries_bytes


def _pairs(call: Call, plan: _Plan) -> int:
    """Of the whole output: where pairs are rows, a last row alone is taken in halves."""
    _, height, width, _ = call.output.shape
    if plan.pairing is not Pairing.ROWS:
        return height * plan.pairs
    return height // 2 * plan.pairs + height % 2 * -(-width // 2)


def _last_is_alone(call: Call, plan: _Plan) -> bool:
    """Whether a last pixel without a neighbour is taken out of a row's last strip."""
    is_odd = plan.pairing is Pairing.NEIGHBOURS and call.output.shape[2] % 2 != 0
    return is_odd and (plan.pairs - 1) % plan.strip != 0


def _counts(call: Call, in_pieces: bool, most: int = ENTRIES_BYTES) -> Mapping[str, float]:
    """Runs of the loops."""
    plan, blocks, (kernel_height, _) = (
        _plan(call, in_pieces, most),
        len(blocks_of(call)),
        window_of(call).kernel,
    )
    height = call.output.shape[1]
    rows = -(-height // 2) if plan.pairing is Pairing.ROWS else height
    strips = rows * (-(-plan.pairs // plan.strip) + _last_is_alone(call, plan))
    steps = plan.row_words * kernel_height
    pairs = _pairs(call, plan)
    widened = pairs * plan.words * kernel_height // plan.pairs
    scale = find_scale(call, weight_sums(call))
    return {
        "call": 1,
        "rows": rows,
        "strips": strips,
        "strip blocks": strips * blocks,
        "strip lines": strips * kernel_height,
        "copied": 0 if in_pieces or _is_plain(call) else call.inputs[0].size,
        "widened": widened,
        "widened unaligned": widened * (plan.pairing is Pairing.NEIGHBOURS),
        "steps": pairs * blocks * steps,
        "passes": pairs * blocks * -(-steps // 16),
        "narrow pairs": pairs * (call.output.channels < BLOCK_CHANNELS),
        "clamped": call.output.size * (scale.clamps != (-128, 127)),
        **per_form(scale.form, pairs * blocks),
    }


def _is_plain(call: Call) -> bool:
    """Whether input rows are lines as they are."""
    return window_of(call).kernel[0] == 1 and window_of(call).padding.is_zero


def _lead(call: Call, in_pieces: bool) -> int:
    """All lines of the output rows that are computed together are copied before these are written, if there are any."""
    window, x, y = window_of(call), call.inputs[0], call.output
    in_row, out_row = x.bytes // x.shape[1], y.bytes // y.shape[1]
    together = 2 if _pairing(call) is Pairing.ROWS else 1
    if in_pieces or _is_plain(call):
        return of_rows(call, window, buffers_rows=False) + (together - 1) * out_row
    lead = 0
    for first in range(0, y.shape[1], together):
        done = min(first + together, y.shape[1])
        copied = (done - 1) * window.stride[0] - window.padding.top + window.kernel[0]
        lead = max(lead, done * out_row - min(max(copied, 0), x.shape[1]) * in_row)
    return lead


@cache
def strips(most: int = ENTRIES_BYTES, *, in_pieces: bool = False) -> Kernel:
    """From copies of input rows, or from the rows themselves and pieces; with entries of at most so many bytes."""
    symbol = "tg_conv2d_strips_pieces_s8_dsp" if in_pieces else "tg_conv2d_strips_s8_dsp"
    return Kernel(
        op=Conv2D,
        symbol=symbol,
        header="tg_conv2d_strips_dsp.h",
        source=f"arm_dsp/{symbol}.c",
        needs=DSP,
        specificity=-1 if in_pieces else 0,
        fits=all_of(_has_the_shape, mixes),
        lower=partial(_lower, in_pieces=in_pieces, most=most),
        scratch_bytes=partial(_scratch_bytes, in_pieces=in_pieces, most=most),
        counts=partial(_counts, in_pieces=in_pieces, most=most),
        lead=partial(_lead, in_pieces=in_pieces),
    )


STRIPS = replace(strips(), less_scratch=strips)

KERNELS = (STRIPS, replace(strips(in_pieces=True), less_scratch=partial(strips, in_pieces=True)))
