"""The C kernel of Conv2D for the Arm DSP extension for small groups and few outputs.

Windows are read by fours from copied rows, two pixels and two channels at a time.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.conv2d_mixed import weights_of, window_of
from tinygen.kernels.dsp import DSP, padded, pairs
from tinygen.kernels.dsp_scale import Form, mix
from tinygen.kernels.fully_connected_few_dsp import QUAD, packed_words, scale_of, twos_of
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.lowering import INT16_MAX, sums_fit, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D

TOGETHER = 2
"""Mixed channels that run together."""

LINES_BYTES = 4096
"""Scratch that copied rows should not exceed; those under one output row are always held."""


def _depth(call: Call) -> int:
    """Input channels of a group."""
    return call.inputs[1].shape[3]


def _runs(call: Call) -> NDArray[np.int64]:
    """[O, kernel rows, runs of a row, values of a run]"""
    weights = weights_of(call)
    count, height, width, depth = weights.shape
    if window_of(call).dilation[1] == 1:
        return weights.reshape(count, height, 1, width * depth)
    return weights


def _line_bytes(call: Call) -> int:
    """A row of a group with its padding, or as far as the last window reaches."""
    window, width = window_of(call), call.inputs[0].shape[2]
    columns = window.padding.left + width + window.padding.right
    last = (call.output.shape[2] - 1) * window.stride[1] + window.extent[1]
    return max(columns, last) * _depth(call)


def _lines(call: Call, rows: int) -> int:
    """Input rows under so many output rows."""
    window = window_of(call)
    return (rows - 1) * window.stride[0] + window.extent[0]


def _band_rows(call: Call, most: int) -> int:
    """Output rows whose input rows take about `most` bytes: all bands are about alike."""
    height, window = call.output.shape[1], window_of(call)
    rows = max(most // _line_bytes(call) - window.extent[0], 0) // window.stride[0] + 1
    return -(-height // -(-height // rows))


def _fits(call: Call) -> str | None:
    if call.inputs[1].quantization.zero_points[0] != 0:
        return "is only for weights with the zero point 0"
    reason = window_fits(window_of(call), call)
    if reason is None and _line_bytes(call) > INT16_MAX:
        return "an input row is too long"
    if reason is None and scale_of(call).form.is_rule:
        return "has no code for the rules"
    return reason


def _fours(call: Call) -> int:
    _, height, runs, values = _runs(call).shape
    return height * runs * -(-values // QUAD)


def _places(call: Call) -> NDArray[np.int64]:
    """[fours]: where they are in a window."""
    _, height, runs, values = _runs(call).shape
    window = window_of(call)
    rows = np.arange(height)[:, None, None] * window.dilation[0] * _line_bytes(call)
    columns = np.arange(runs)[:, None] * window.dilation[1] * _depth(call)
    return (rows + columns + np.arange(0, values, QUAD)).ravel()


def _with_places(halves: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """int16 [channels, fours * 4] in the order of a four -> words of each four with its place between them."""
    words = pairs(halves).reshape(-1, len(places), 2)
    at = np.broadcast_to(places[:, None], (*words.shape[:2], 1))
    return np.concatenate([words[..., :1], at, words[..., 1:]], axis=2).ravel()


def _packed_weights(call: Call, twos: int) -> Array:
    """Group by group the channels that are mixed, then the others."""
    runs, places = padded(_runs(call), 3, QUAD), _places(call)
    ordered = runs.reshape(-1, 2, 2).swapaxes(1, 2).reshape(len(runs), -1)
    parts = []
    for group in np.split(ordered, call.op.groups(call)):
        mixed, alone = group[: 2 * twos], group[2 * twos :]
        parts += [_with_places(mix(mixed[0::2], mixed[1::2]), places), _with_places(alone, places)]
    return int32("weights", np.concatenate(parts), Role.WEIGHTS)


def _window_struct(call: Call) -> Struct:
    """`struct tg_few_windows_dsp` of the first group; the arrays have those of all groups."""
    groups, scale = call.op.groups(call), scale_of(call)
    twos, (low, high) = twos_of(call, groups), scale.clamps
    of_groups = zip(
        np.split(scale.channels.bias, groups), np.split(scale.words, groups), strict=True
    )
    weights = _packed_weights(call, twos)
    words = np.concatenate([packed_words(b, w, twos, TOGETHER) for b, w in of_groups])
    return Struct(
        tag="tg_few_windows_dsp",
        fields={
            "weights": weights,
            "words": int32("words", words),
            "fours": _fours(call),
            "weights_step": weights.data.size // groups,
            "twos": twos,
            "ones": call.output.channels // groups - 2 * twos,
            "form": int(scale.form),
            "out_min": low,
            "out_max": high,
            "words_step": words.size // groups,
        },
    )


def _lower(call: Call, most: int = LINES_BYTES) -> tuple[KernelCall, ...]:
    x = call.inputs[0]
    params = Struct(
        tag="tg_conv2d_runs_dsp",
        fields={
            "window": window_struct(window_of(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": call.op.groups(call),
            "band_rows": _band_rows(call, most),
            "line_bytes": _line_bytes(call),
            "in_zero_point": x.zero_point,
            "first": _window_struct(call),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale_of(call).proof,)),)


def _scratch_bytes(call: Call, most: int = LINES_BYTES) -> int:
    """Lines; the last four of the last may reach beyond them."""
    return _lines(call, _band_rows(call, most)) * _line_bytes(call) + QUAD


def _counts(call: Call, most: int = LINES_BYTES) -> Mapping[str, float]:
    """Runs of the loops; the last of an odd number of columns is a pair of its own."""
    groups, band_rows = call.op.groups(call), _band_rows(call, most)
    _, height, width, outputs = call.output.shape
    scale, twos = scale_of(call), twos_of(call, groups)
    ones = outputs // groups - 2 * twos
    bands = [min(band_rows, height - y) for y in range(0, height, band_rows)]
    lines, pairs = sum(_lines(call, b) for b in bands), groups * height * -(-width // 2)
    depth, columns = _depth(call), call.inputs[0].shape[2]
    is_twice, is_apart = scale.form is Form.TWO_ROUNDINGS, groups > 1
    return {
        "call": 1,
        "bands": len(bands),
        "cleared": lines * _line_bytes(call),
        "lines": groups * lines,
        "copied": lines * columns * depth * (not is_apart),
        "words taken apart": groups * lines * columns * (depth // QUAD) * is_apart,
        "bytes taken apart": groups * lines * columns * (depth % QUAD) * is_apart,
        "group rows": groups * height * (1 + (width > 1 and width % 2)),
        "pairs": pairs,
        "twos": pairs * twos,
        "ones": pairs * ones,
        "fours of twos": pairs * twos * _fours(call),
        "fours of ones": pairs * ones * _fours(call),
        "twos, two roundings": pairs * twos * is_twice,
        "ones, two roundings": pairs * ones * is_twice,
        "outputs clamped": call.output.size * scale.channels.needs_clamp,
    }


def _with_scratch(most: int) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol="tg_conv2d_runs_s8_dsp",
        header="tg_conv2d_runs_dsp.h",
        source="arm_dsp/tg_conv2d_runs_s8_dsp.c",
        needs=DSP,
        specificity=-2,
        fits=all_of(_fits, sums_fit),
        lower=partial(_lower, most=most),
        scratch_bytes=partial(_scratch_bytes, most=most),
        counts=partial(_counts, most=most),
        less_scratch=_with_scratch,
    )


KERNELS = (_with_scratch(LINES_BYTES),)
