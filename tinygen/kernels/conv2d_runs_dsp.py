"""The C kernel of Conv2D for the Arm DSP extension for small groups and few outputs.

Windows are read by fours from copied rows, two pixels and two channels at a time.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels.conv2d_mixed import weights_of, window_of
from tinygen.kernels.dsp import DSP, pairs
from tinygen.kernels.dsp_scale import Form, mix
from tinygen.kernels.fully_connected_few_dsp import QUAD, packed_words, scale_of, twos_of
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.lowering import INT16_MAX, sums_fit, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D

TOGETHER = 2
"""Mixed channels that run together."""

BAND_BYTES = 4096
"""Scratch that a band should not exceed; that of one output row is always held."""

TABLE_BYTES = 512
"""The same where the input is read where it is."""

FOUR_COST, LINE_COST, PIECE_COST = 11, 80, 10
"""About the cycles of four products of an output, of a copied row of a group, and of each of its pixels."""

UINT16_MAX = 2**16 - 1


def _depth(call: Call) -> int:
    """Input channels of a group."""
    return call.inputs[1].shape[3]


def _is_apart(call: Call) -> bool:
    """Whether groups are copied one by one: where reading each tap by fours would take longer than that."""
    groups, depth = call.op.groups(call), _depth(call)
    if groups == 1 or depth % QUAD == 0:
        return False
    (height, width), (_, _, columns, _) = window_of(call).kernel, call.inputs[0].shape
    of_row = 1 if window_of(call).dilation[1] == 1 else width
    more = height * (width * -(-depth // QUAD) - of_row * -(-width // of_row * depth // QUAD))
    copies = _seen_lines(call, call.output.shape[1]) * groups * (LINE_COST + PIECE_COST * columns)
    return FOUR_COST * more * call.output.size > copies


def _pixel_bytes(call: Call) -> int:
    """From a column of a line to the next."""
    return _depth(call) if _is_apart(call) else call.inputs[0].channels


def _runs(call: Call) -> NDArray[np.int64]:
    """[O, kernel rows, runs of a row, values of a run]"""
    weights = weights_of(call)
    count, height, width, depth = weights.shape
    if window_of(call).dilation[1] == 1 and _pixel_bytes(call) == depth:
        return weights.reshape(count, height, 1, width * depth)
    return weights


def _line_bytes(call: Call) -> int:
    """A row of a line with its padding, or as far as the last window reaches."""
    window, width = window_of(call), call.inputs[0].shape[2]
    columns = window.padding.left + width + window.padding.right
    last = (call.output.shape[2] - 1) * window.stride[1] + window.extent[1]
    return max(columns, last) * _pixel_bytes(call)


def _can_be_read(call: Call) -> str | None:
    """A condition: the input can be read where it is."""
    if not window_of(call).padding.is_zero or _is_apart(call) or _runs(call).shape[3] < QUAD:
        return "is only for windows without padding, in groups that are read by fours"
    return None


def _is_padded(call: Call) -> bool:
    """To the left or to the right."""
    return _line_bytes(call) != call.inputs[0].shape[2] * _pixel_bytes(call)


def _lines(call: Call, rows: int) -> int:
    """Input rows under so many output rows."""
    window = window_of(call)
    return (rows - 1) * window.stride[0] + window.extent[0]


def _seen_lines(call: Call, rows: int) -> int:
    """The same without those between windows."""
    window = window_of(call)
    return min(_lines(call, rows), rows * window.extent[0])


def _table_bytes(call: Call, rows: int) -> int:
    """Two for each window of so many output rows, and for one more."""
    return -(-2 * (rows * call.output.shape[2] + 1) // 4) * 4


def _band_bytes(call: Call, rows: int, is_direct: bool) -> int:
    """Of scratch; runs of less than four are read beyond their end."""
    table = _table_bytes(call, rows)
    return table if is_direct else table + _lines(call, rows) * _line_bytes(call) + QUAD


def _band_rows(call: Call, most: int, is_direct: bool) -> int:
    """Output rows that take about `most` bytes, and begin where 16 bits reach: all bands are about alike."""
    height, step = call.output.shape[1], window_of(call).stride[0] * _line_bytes(call)
    rows = 1
    while (
        rows < height
        and _band_bytes(call, rows + 1, is_direct) <= most
        and (rows + 1) * step <= UINT16_MAX
    ):
        rows += 1
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


def _starts(values: int) -> NDArray[np.int64]:
    """Where the fours of a run begin; the last one ends with the run, if that is no shorter."""
    starts = np.arange(0, values, QUAD)
    return np.minimum(starts, values - QUAD) if values >= QUAD else starts


def _in_fours(runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """[O, rows, runs, values] -> [O, fours, 4], 0 for what another four has."""
    starts = _starts(runs.shape[3])
    at = starts[:, None] + np.arange(QUAD)
    is_new = (at >= QUAD * np.arange(len(starts))[:, None]) & (at < runs.shape[3])
    values = np.where(is_new, runs[..., np.minimum(at, runs.shape[3] - 1)], 0)
    return values.reshape(len(runs), -1, QUAD)


def _fours(call: Call) -> int:
    _, height, runs, values = _runs(call).shape
    return height * runs * len(_starts(values))


def _places(call: Call) -> NDArray[np.int64]:
    """[fours]: where they are in a window."""
    _, height, runs, values = _runs(call).shape
    window = window_of(call)
    rows = np.arange(height)[:, None, None] * window.dilation[0] * _line_bytes(call)
    columns = np.arange(runs)[:, None] * window.dilation[1] * _pixel_bytes(call)
    return (rows + columns + _starts(values)).ravel()


def _with_places(halves: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """int16 [channels, fours * 4] in the order of a four -> words of each four with its place between them."""
    words = pairs(halves).reshape(-1, len(places), 2)
    at = np.broadcast_to(places[:, None], (*words.shape[:2], 1))
    return np.concatenate([words[..., :1], at, words[..., 1:]], axis=2).ravel()


def _packed_weights(call: Call, twos: int) -> Array:
    """Group by group the channels that are mixed, then the others."""
    fours, places = _in_fours(_runs(call)), _places(call)
    ordered = fours.reshape(-1, 2, 2).swapaxes(1, 2).reshape(len(fours), -1)
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
            "unused": 0,
            "twos": twos,
            "ones": call.output.channels // groups - 2 * twos,
            "form": int(scale.form),
            "out_min": low,
            "out_max": high,
        },
    )


def _lower(call: Call, most: int, is_direct: bool) -> tuple[KernelCall, ...]:
    x, rows = call.inputs[0], _band_rows(call, most, is_direct)
    params = Struct(
        tag="tg_conv2d_runs_dsp",
        fields={
            "window": window_struct(window_of(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "groups": call.op.groups(call),
            "band_rows": rows,
            "line_bytes": _line_bytes(call),
            "pixel_bytes": _pixel_bytes(call),
            "table_bytes": _table_bytes(call, rows),
            "is_direct": int(is_direct),
            "is_padded": int(_is_padded(call)),
            "in_zero_point": x.zero_point,
            "first": _window_struct(call),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scale_of(call).proof,)),)


def _scratch_bytes(call: Call, most: int, is_direct: bool) -> int:
    return _band_bytes(call, _band_rows(call, most, is_direct), is_direct)


def _units(windows: int, together: int) -> int:
    """Of windows that run together: the last ones end with the last window."""
    return -(-windows // together)


def _counts(call: Call, most: int, is_direct: bool) -> Mapping[str, float]:
    """Runs of the loops."""
    groups, (_, height, width, outputs) = call.op.groups(call), call.output.shape
    rows = _band_rows(call, most, is_direct)
    bands = [min(rows, height - y) for y in range(0, height, rows)]
    scale, twos = scale_of(call), twos_of(call, groups)
    ones, fours = outputs // groups - 2 * twos, _fours(call)
    pairs = groups * sum(_units(b * width, 2) for b in bands)
    # channels that go alone take two windows where there are no four
    alone = groups * sum(_units(b * width, QUAD) for b in bands if b * width >= QUAD)
    few = groups * sum(_units(b * width, 2) for b in bands if b * width < QUAD)
    is_twice = scale.form is Form.TWO_ROUNDINGS
    return {
        "call": 1,
        "bands": len(bands),
        "windows": (bands[0] + (bands[-1] != bands[0]) * bands[-1]) * width,
        "group bands": groups * len(bands) * ((twos > 0) + (ones > 0)),
        **(_no_copies() if is_direct else _copies(call, bands)),
        "pairs": pairs * (twos > 0) + few * (ones > 0),
        "pair twos": pairs * twos,
        "pair ones": few * ones,
        "fours of pair twos": pairs * twos * fours,
        "fours of pair ones": few * ones * fours,
        "windows by four": alone * (ones > 0),
        "ones by four": alone * ones,
        "fours of ones by four": alone * ones * fours,
        "pair twos, two roundings": pairs * twos * is_twice,
        "ones by four, two roundings": alone * ones * is_twice,
        "outputs clamped": call.output.size * scale.channels.needs_clamp,
    }


def _copies(call: Call, bands: list[int]) -> Mapping[str, float]:
    """What is copied for bands of so many rows."""
    lines, groups = sum(_seen_lines(call, b) for b in bands), call.op.groups(call)
    depth, columns, is_apart = _depth(call), call.inputs[0].shape[2], _is_apart(call)
    units, padded_lines = (
        groups * lines * columns * is_apart,
        _lines(call, bands[0]) * _is_padded(call),
    )
    return {
        "padded lines": padded_lines,
        "cleared": padded_lines * (_line_bytes(call) - columns * _pixel_bytes(call)),
        "lines": lines * (groups if is_apart else 1),
        "copied": lines * columns * groups * depth * (not is_apart),
        "bytes taken apart": units * (depth % (2 * QUAD) == 1),
        "pairs taken apart": units * -(-(depth - (depth % (2 * QUAD) == 1)) // (2 * QUAD)),
    }


def _no_copies() -> Mapping[str, float]:
    names = ("padded lines", "cleared", "lines", "copied", "bytes taken apart", "pairs taken apart")
    return dict.fromkeys(names, 0)


def _kernel(most: int, is_direct: bool, *conditions: Fits) -> Kernel:
    return Kernel(
        op=Conv2D,
        symbol="tg_conv2d_runs_s8_dsp",
        header="tg_conv2d_runs_dsp.h",
        source="arm_dsp/tg_conv2d_runs_s8_dsp.c",
        needs=DSP,
        specificity=-2,
        fits=all_of(_fits, *conditions, sums_fit),
        lower=partial(_lower, most=most, is_direct=is_direct),
        scratch_bytes=partial(_scratch_bytes, most=most, is_direct=is_direct),
        counts=partial(_counts, most=most, is_direct=is_direct),
        whole_only=is_direct,
    )


def _with_scratch(most: int) -> Kernel:
    return replace(_kernel(most, is_direct=False), less_scratch=_with_scratch)


KERNELS = (_kernel(TABLE_BYTES, True, _can_be_read), _with_scratch(BAND_BYTES))
"""Where the input can be read where it is, and everywhere."""
