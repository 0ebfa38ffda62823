"""C kernels of DepthwiseConv2D for the Arm DSP extension, in channel planes (tg_depthwise_planes.h)."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, Arithmetic, Integers, wrap_int32
from tinygen.ir import Call
from tinygen.kernels.dsp import DSP, padded, pairs
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.leads import of_channels
from tinygen.kernels.lowering import sizes_fit, window_fits, window_struct
from tinygen.kernels.turning import turned
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window
from tinygen.proofs.channels import Channels, channels_of
from tinygen.proofs.requantization import Place, Scaled, prove

PLANES = 4
"""Input channels that are taken apart together."""

LINE_COLUMNS = 64
"""Columns of one channel in a line; half as many of two, a quarter of four (TG_LINE_WORDS)."""

LINE_BYTES = 2 * LINE_COLUMNS

PASS_BYTES = 8192
"""Scratch that the planes should not exceed; the lines of one output row are always held."""

_pass_bytes = ContextVar("pass_bytes", default=PASS_BYTES)
"""Less while a row with less scratch is asked."""

TWO = 2
"""Input channels that "twos" take apart together."""

INPUT_BITS = 8
"""Inputs are in the upper halves of int16."""

BEHIND = 10
"""Less specific than rows that see layers as they are."""

WIDE_STEPS = 5
"""The most steps of a kernel row of tg_depthwise_9_wide."""

FACTOR_WORDS = 5
"""Behind the taps of that form: start, multiplier, offset, sign, shift."""

UNPACKED_WORDS = 8
"""The most words of a 3x3 kernel's channel: six of taps, start, multiplier."""

SQUARES_OF_TURN = 4
"""Blocks of 2 x 2 outputs that a turn of the loop of tg_depthwise_3x3_core.h has at most."""

Counts = Callable[[Call], Mapping[str, float]]

TapWords = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""Scaled weights [O, kernel_height, kernel_width] -> words [O, words]."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


@dataclass(frozen=True, kw_only=True)
class Passes:
    """How the planes go over an image: groups of so many channels, tiles of columns, passes of rows."""

    planes: int = PLANES
    tiles: int
    tile_columns: int
    tile_inputs: int
    line_planes: int
    rows: int
    lines: int

    @property
    def bytes(self) -> int:
        return self.tiles * self.lines * LINE_BYTES * self.planes // self.line_planes


def passes_of(call: Call) -> Passes:
    """As many rows as fit in a pass, then as few as so many passes need; rows of stride 1 in pairs."""
    window = _window(call)
    _, height, width, _ = call.output.shape
    tiles = -(-width // ((LINE_COLUMNS - window.extent[1]) // window.stride[1] + 1))
    columns = -(-width // tiles)
    inputs = (columns - 1) * window.stride[1] + window.extent[1]

    most = _pass_bytes.get()

    def passes(rows: int) -> Passes:
        return Passes(
            tiles=tiles,
            tile_columns=columns,
            tile_inputs=inputs,
            line_planes=next(n for n in (4, 2, 1) if n * inputs <= LINE_COLUMNS),
            rows=rows,
            lines=(rows - 1) * window.stride[0] + window.extent[0],
        )

    rows = 1
    while rows < height and passes(rows + 1).bytes <= most:
        rows += 1
    rows = -(-height // -(-height // rows))
    if window.stride[0] == 1 and rows % 2 and 1 < rows < height:
        rows += 1 if passes(rows + 1).bytes <= most else -1
    return passes(rows)


def twos_of(call: Call) -> Passes:
    """All rows in one pass, for groups of two channels."""
    window, (_, height, width, _) = _window(call), call.output.shape
    inputs = (width - 1) * window.stride[1] + window.extent[1]
    return Passes(
        planes=TWO,
        tiles=1,
        tile_columns=width,
        tile_inputs=inputs,
        line_planes=TWO if TWO * inputs <= LINE_COLUMNS else 1,
        rows=height,
        lines=(height - 1) * window.stride[0] + window.extent[0],
    )


def _overlapping_taps(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """(w0, w1) and (w1, w2) of every row of a 3x3 kernel."""
    return pairs(weights[:, :, [0, 1, 1, 2]]).reshape(len(weights), -1)


def _taps_of_stride_2(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """(w0, w1) of every row of a 3x3 kernel, then its last column."""
    last = padded(weights[:, :, 2], 1, 2)
    return np.concatenate([pairs(weights[:, :, :2])[:, :, 0], pairs(last)], axis=1)


def _channels(call: Call) -> Channels:
    return channels_of(call, call.inputs[1].data.sum((0, 1, 2), np.int64))


def _scaled(channels: Channels, signed: bool) -> Scaled | None:
    """The proved form whose prescale is in inputs and weights."""
    return prove(
        channels,
        place=Place.PRODUCT if signed else Place.SUM,
        signs=signed,
        least_prescale=INPUT_BITS,
        most_prescale=2 * INPUT_BITS,
    )


def _lower(
    call: Call, tap_words: TapWords, signed: bool, passes: Passes | None = None
) -> tuple[KernelCall, ...]:
    channels = _channels(call)
    scaled = _scaled(channels, signed)
    if scaled is None:
        raise ValueError(f"layer '{call.node.name}' has no proved form")
    taps = _weights(call) << (scaled.prescale - INPUT_BITS)
    words = _words(tap_words(taps), channels, scaled, signed)
    return _call(call, channels, words, scaled.statement, passes=passes)


def _weights(call: Call) -> Integers:
    """[O, kernel_height, kernel_width]"""
    return call.inputs[1].data[0].transpose(2, 0, 1).astype(np.int64)


def _call(
    call: Call,
    channels: Channels,
    words: Integers,
    proof: str,
    tap_shift: int = 0,
    passes: Passes | None = None,
) -> tuple[KernelCall, ...]:
    x, passes = call.inputs[0], passes or passes_of(call)
    params = Struct(
        tag="tg_depthwise_planes",
        fields={
            "window": window_struct(_window(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "tiles": passes.tiles,
            "tile_columns": passes.tile_columns,
            "tile_inputs": passes.tile_inputs,
            "line_planes": passes.line_planes,
            "pass_rows": passes.rows,
            "pass_lines": passes.lines,
            "is_turned": 0,
            "in_zero_point": x.zero_point,
            "out_min": channels.out_min if channels.needs_clamp else -128,
            "out_max": channels.out_max if channels.needs_clamp else 127,
            "tap_shift": tap_shift,
            "channels": int32("weights", words, Role.WEIGHTS),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(proof,)),)


def _words(taps: Integers, channels: Channels, scaled: Scaled, signed: bool) -> Integers:
    """[O, words]: taps, start, multiplier; then offset and sign, or they are in the start."""
    if not signed:
        return np.column_stack([taps, wrap_int32(scaled.offsets), scaled.multipliers])
    start = wrap_int32(channels.bias << scaled.prescale)
    return np.column_stack([taps, start, scaled.multipliers, scaled.offsets, scaled.signs])


NESTED = "requantization by nested floors: no step can leave int32 for any input"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Nested:
    """Factors of tg_depthwise_any_s8_dsp, exact by construction; int64 arrays [channels].

    With t = acc << p and X = acc * M / 2**31, h = floor(t * M / 2**32) = floor(X * 2**(p - 1)). Nested floors combine,
    as in tinygen/kernels/requantization.py: rule A6 is (h + 2**(p-2) + 2**(p-2+e) - [t < 0] * 2**(p-1)) >> (p-1+e)
    for e >= 1, and (h + 2**(p-2)) >> (p-1) for e = 0; rule A7 is (h + 2**(p-2+e)) >> (p-1+e).
    """

    offsets: Integers
    signs: Integers
    shifts: Integers


def _nested(channels: Channels) -> _Nested | None:
    """None where something would leave int32, or a scale is above 1."""
    e, p = channels.right, INPUT_BITS
    if e.min() < 0 or channels.largest_acc >= 2 ** (31 - p) or (e + p - 1).max() > 24:
        return None
    if channels.arithmetic is Arithmetic.TFLM:
        rounding = (1 << (p - 2)) + np.where(e > 0, 1 << (p - 2 + e), 0)
        signs = np.where(e > 0, -(1 << (p - 1)), 0)
    else:
        rounding, signs = 1 << (p - 2 + e), np.zeros_like(e)
    offsets = rounding + (channels.zero_point << (p - 1 + e))
    largest = (np.abs(offsets) + (channels.largest_acc << p >> 1)).max() + (1 << p)
    if largest > INT32_MAX:
        return None
    return _Nested(offsets=offsets, signs=signs, shifts=p - 1 + e)


def _lower_packed(
    call: Call, tap_words: TapWords, passes: Passes | None = None
) -> tuple[KernelCall, ...]:
    channels = _channels(call)
    scaled = _scaled(channels, signed=False)
    if scaled is None:
        raise ValueError(f"layer '{call.node.name}' has no proved form")
    factors = np.column_stack([wrap_int32(scaled.offsets), scaled.multipliers])
    words = np.column_stack([factors, _tap_bytes(tap_words(_weights(call)))])
    return _call(call, channels, words, scaled.statement, scaled.prescale - INPUT_BITS, passes)


def _tap_bytes(words: Integers) -> Integers:
    """[O, n] words of two taps -> [O, n / 2] words: the even bytes are the first two taps, plus 128."""
    halves = padded(words, 1, 2).astype("<i4").view("<i2").reshape(len(words), -1, 2, 2)
    raised = (halves.swapaxes(2, 3) + 128).astype(np.uint8)
    return raised.reshape(len(words), -1).view("<i4").astype(np.int64)


def _lower_any(call: Call) -> tuple[KernelCall, ...]:
    return _lower_nested(call, _dilated_taps(call))


def _lower_nested(call: Call, taps: Integers) -> tuple[KernelCall, ...]:
    channels = _channels(call)
    form = _nested(channels)
    if form is None:
        raise ValueError(f"layer '{call.node.name}' has no exact form")
    start = wrap_int32(channels.bias << INPUT_BITS)
    factors = (start, channels.multipliers, form.offsets, form.signs, form.shifts)
    return _call(call, channels, np.column_stack([taps, *factors]), NESTED)


def _lower_any_packed(call: Call) -> tuple[KernelCall, ...]:
    channels = _channels(call)
    form = _nested(channels)
    if form is None:
        raise ValueError(f"layer '{call.node.name}' has no exact form")
    start = wrap_int32(channels.bias << INPUT_BITS)
    factors = (start, channels.multipliers, form.offsets, 256 * form.signs + form.shifts)
    return _call(
        call, channels, np.column_stack([*factors, _tap_bytes(_dilated_taps(call))]), NESTED
    )


def _dilated_taps(call: Call) -> Integers:
    """[O, words]: pairs, with zeros between dilated taps and at the end of odd rows."""
    window, weights = _window(call), _weights(call)
    rows = np.zeros((*weights.shape[:2], window.extent[1]), np.int64)
    rows[:, :, :: window.dilation[1]] = weights
    return pairs(padded(rows, 2, 2)).reshape(len(weights), -1)


# Windows of up to five steps, which are two columns each


def _wide_taps(call: Call) -> Integers:
    """[O, words]: for every step the taps of a window that begins with a word, and with stride 1 those of one that
    begins in its middle."""
    window, weights = _window(call), _weights(call)
    rows = np.zeros((*weights.shape[:2], 2 * _wide_steps(window) + 1), np.int64)
    rows[:, :, 1 : window.extent[1] + 1 : window.dilation[1]] = weights
    even, odd = pairs(rows[:, :, 1:]), pairs(rows[:, :, :-1])
    words = even if window.stride[1] == 2 else np.stack([even, odd], axis=3)
    return words.reshape(len(weights), -1)


def _wide_steps(window: Window) -> int:
    """Of a kernel row."""
    return (window.extent[1] + (2 if window.stride[1] == 1 else 1)) // 2


def _is_wide(stride: int) -> Fits:
    def fits(call: Call) -> str | None:
        window = _window(call)
        if window.stride[1] != stride:
            return f"is only for a stride to the right of {stride}"
        most = 2 * WIDE_STEPS - (stride == 1)
        return None if window.extent[1] <= most else f"is only for windows of up to {most} columns"

    return fits


def _wide_counts(call: Call) -> Mapping[str, float]:
    """The terms of the inner loops as well."""
    window, (_, height, width, channels) = _window(call), call.output.shape
    quads = channels * height * -(-width // 4)
    rows = quads * window.kernel[0]
    return {**_counts(call), "quads": quads, "taps": rows, "steps": rows * _wide_steps(window)}


def _wide(symbol: str, stride: int) -> tuple[Kernel, ...]:
    return _row(
        symbol,
        _is_wide(stride),
        _is_nested,
        lower=lambda call: _lower_nested(call, _wide_taps(call)),
        scratch_bytes=_scratch_bytes_any,
        counts=_wide_counts,
        specificity=1,
    )


def _is_nested(call: Call) -> str | None:
    return "no form of the requantization is exact" if _nested(_channels(call)) is None else None


def _is_narrow(call: Call) -> str | None:
    extent = _window(call).extent[1]
    fits = extent <= LINE_COLUMNS
    return None if fits else f"a window of {extent} columns is wider than {LINE_COLUMNS}"


def _has_form(signed: bool) -> Fits:
    def fits(call: Call) -> str | None:
        scaled = _scaled(_channels(call), signed)
        return "no form with one product is exact" if scaled is None else None

    return fits


def _is_3x3(stride: int) -> Fits:
    def fits(call: Call) -> str | None:
        window = _window(call)
        is_taken = (
            window.kernel == (3, 3) and window.dilation == (1, 1) and window.stride[1] == stride
        )
        return (
            None if is_taken else f"is only for 3x3 kernels with a stride to the right of {stride}"
        )

    return fits


def _window_fits(call: Call) -> str | None:
    return window_fits(_window(call), call)


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input (tg_depthwise_planes.h)."""
    same = call.inputs[0].shape == call.output.shape and _window(call).stride == (1, 1)
    return None if same else "works in place only with stride 1 and an output of the input's shape"


def _lead(call: Call) -> int:
    """Where it cannot work in place, the output may begin where the input does."""
    return of_channels(call, _window(call), call.output.shape[2])


def _scratch_bytes(call: Call) -> int:
    return passes_of(call).bytes


def _scratch_bytes_any(call: Call) -> int:
    """Four windows are always read, if only one of them matters, and a column behind an odd one."""
    return passes_of(call).bytes + 8 * _window(call).stride[1] + 8


def _unpacked(words: int) -> Callable[[Call], int]:
    """Scratch of kernels whose channels are packed: the words of those that are at work, behind the planes."""
    return lambda call: passes_of(call).bytes + 4 * words * _channels_at_work(call)


def _channels_at_work(call: Call) -> int:
    return max(PLANES, call.op.multiplier(call))


def _scratch_bytes_any_packed(call: Call) -> int:
    """The words of the channels lie behind the planes, and serve as what is read beyond these."""
    window = _window(call)
    words = window.kernel[0] * -(-window.extent[1] // 2) + FACTOR_WORDS
    return _scratch_bytes_any(call) + 4 * words * _channels_at_work(call)


def _is_simple(call: Call, passes: Passes) -> bool:
    """Whether groups of channels differ in addresses only (tg_planes.c)."""
    x, left = call.inputs[0], _window(call).padding.left
    columns = min(passes.tile_inputs - left, x.shape[2]) - left % 2
    is_whole = passes.tiles == 1 and call.op.multiplier(call) == 1 and x.channels >= PLANES
    return is_whole and columns >= 2


def _counts(call: Call) -> Mapping[str, float]:
    """Terms of tg_planes.c and of the inner functions."""
    x, passes, window = call.inputs[0], passes_of(call), _window(call)
    groups = -(-x.channels // PLANES) * passes.tiles
    _, height, width, channels = call.output.shape
    pass_count = -(-height // passes.rows)
    blocks = groups * PLANES // passes.line_planes
    kept = max(passes.lines - passes.rows * window.stride[0], 0)
    return {
        "call": 1,
        "general passes": 0 if _is_simple(call, passes) else groups * pass_count,
        "scratch": passes.bytes,
        "groups": groups,
        "passes": groups * pass_count,
        "lines": groups * x.shape[1],
        "kept lines": blocks * kept * (pass_count - 1),
        "padded lines": blocks * _padding_lines(call) * (pass_count > 1),
        "inputs": PLANES * groups * x.shape[1] * x.shape[2],
        "channels": channels * pass_count * passes.tiles,
        "rows": channels * height * passes.tiles,
        "outputs": channels * height * width,
        "clamped": channels * height * width * _channels(call).needs_clamp,
    }


def _padding_lines(call: Call) -> int:
    """Rows outside of the image that its outputs see."""
    window, in_height = _window(call), call.inputs[0].shape[1]
    seen = (call.output.shape[1] - 1) * window.stride[0] + window.extent[0]
    top = window.padding.top
    return top + max(seen - top - in_height, 0)


def _square_counts(call: Call) -> Mapping[str, float]:
    """The terms of a loop over two rows and two columns, and of what these leave."""
    passes, (_, height, width, channels) = passes_of(call), call.output.shape
    found = {key: n for key, n in _counts(call).items() if key not in ("rows", "outputs")}
    names = ("row pairs", "turns", "squares", "high ends", "single rows", "flat pairs", "ends")
    found |= dict.fromkeys(names, 0)
    for left in range(0, width, passes.tile_columns):
        twos, one = divmod(min(passes.tile_columns, width - left), 2)
        for top in range(0, height, passes.rows):
            rows = min(passes.rows, height - top)
            pairs_of_rows = rows // 2 if twos and _window(call).stride[0] == 1 else 0
            found["row pairs"] += channels * pairs_of_rows
            found["turns"] += channels * pairs_of_rows * -(-twos // SQUARES_OF_TURN)
            found["squares"] += channels * pairs_of_rows * twos
            found["high ends"] += channels * pairs_of_rows * one
            single = rows - 2 * pairs_of_rows
            found["single rows"] += channels * single
            found["flat pairs"] += channels * single * twos
            found["ends"] += channels * single * one
    return found


def _3x3_counts(stride: int) -> Counts:
    return _square_counts if stride == 1 else _counts


def _by_rows(counts: Counts) -> Counts:
    """Row pointers always take the general way, and lines are split one by one."""

    def row_counts(call: Call) -> Mapping[str, float]:
        found = counts(call)
        return {**found, "general passes": found["passes"]}

    return row_counts


def _any_counts(call: Call) -> Mapping[str, float]:
    """The terms of the inner loops as well."""
    window, (_, height, width, channels) = _window(call), call.output.shape
    quads = channels * height * -(-width // 4)
    rows = quads * window.kernel[0]
    return {
        **_counts(call),
        "quads": quads,
        "taps": rows,
        "pairs": rows * -(-window.extent[1] // 2),
    }


def _less_scratch(kernel: Kernel) -> Callable[[int], Kernel]:
    """The kernel with passes of fewer rows."""

    def limited(of_call: Callable[[Call], Any], most: int) -> Callable[[Call], Any]:
        def ask(call: Call) -> Any:
            token = _pass_bytes.set(most)
            try:
                return of_call(call)
            finally:
                _pass_bytes.reset(token)

        return ask

    @cache
    def with_at_most(most: int) -> Kernel:
        return replace(
            kernel,
            lower=limited(kernel.lower, most),
            scratch_bytes=limited(kernel.scratch_bytes, most),
            counts=limited(kernel.counts, most),
            row_counts=kernel.row_counts and limited(kernel.row_counts, most),
        )

    return with_at_most


def _row(symbol: str, *conditions: Fits, **facts: Any) -> tuple[Kernel, ...]:
    """A C function as two rows: where it can work in place, and everywhere."""

    def row(in_place: tuple[int, ...], *more: Fits) -> Kernel:
        kernel = Kernel(
            op=DepthwiseConv2D,
            symbol=symbol,
            header="tg_depthwise_planes.h",
            source=f"arm_dsp/{symbol}.c",
            needs=DSP,
            fits=all_of(sizes_fit, _window_fits, *more, *conditions),
            in_place=in_place,
            lead=_lead,
            lead_is_exact=True,
            row_counts=_by_rows(facts["counts"]),
            **facts,
        )
        return replace(kernel, less_scratch=_less_scratch(kernel))

    return row((0,), _keeps_shape), row(())


def _proved(symbol: str, tap_words: TapWords, stride: int, *, signed: bool) -> tuple[Kernel, ...]:
    return _row(
        symbol,
        _is_3x3(stride),
        _has_form(signed),
        lower=lambda call: _lower(call, tap_words, signed),
        scratch_bytes=_scratch_bytes,
        counts=_3x3_counts(stride),
        specificity=3 if signed else 4,
    )


def _packed_3x3(symbol: str, tap_words: TapWords, stride: int) -> tuple[Kernel, ...]:
    return _row(
        symbol,
        _is_3x3(stride),
        _has_form(signed=False),
        lower=lambda call: _lower_packed(call, tap_words),
        scratch_bytes=_unpacked(UNPACKED_WORDS),
        counts=_3x3_counts(stride),
    )


def _shifted(symbol: str, tap_words: TapWords, stride: int) -> tuple[Kernel, ...]:
    return _row(
        symbol,
        _is_3x3(stride),
        _is_nested,
        lower=lambda call: _lower_nested(call, tap_words(_weights(call))),
        scratch_bytes=_scratch_bytes,
        counts=_3x3_counts(stride),
        specificity=2,
    )


# Two channels at a time


def _is_small(call: Call) -> str | None:
    passes = passes_of(call)
    if passes.tiles > 1 or call.op.multiplier(call) > 1 or call.inputs[0].channels < TWO:
        return "is only for rows that fit in a line, one output channel for each of two or more"
    window, width = _window(call), call.inputs[0].shape[2]
    seen = min(twos_of(call).tile_inputs - window.padding.left, width) - window.padding.left % 2
    if seen < TWO or twos_of(call).bytes > PASS_BYTES:
        return f"is only for images of two or more columns that fit in {PASS_BYTES} bytes"
    return None


def _twos_counts(call: Call) -> Mapping[str, float]:
    """The terms of tg_planes_twos.c, and of a loop over two rows and two columns."""
    x, (_, height, width, channels) = call.inputs[0], call.output.shape
    groups = -(-x.channels // TWO)
    twos, one = divmod(width, 2)
    pairs_of_rows = height // 2 if twos and _window(call).stride[0] == 1 else 0
    single = height - 2 * pairs_of_rows
    return {
        "call": 1,
        "scratch": twos_of(call).bytes,
        "groups": groups,
        "lines": groups * x.shape[1],
        "column pairs": groups * x.shape[1] * -(-x.shape[2] // 2),
        "channels": channels,
        "row pairs": channels * pairs_of_rows,
        "squares": channels * pairs_of_rows * twos,
        "high ends": channels * pairs_of_rows * one,
        "single rows": channels * single,
        "flat pairs": channels * single * twos,
        "ends": channels * single * one,
        "clamped": channels * height * width * _channels(call).needs_clamp,
    }


def _twos(
    symbol: str, lower: Callable[..., tuple[KernelCall, ...]], words: int
) -> tuple[Kernel, ...]:
    """Less special than the kernel of four channels: about as fast. `words` of a channel are in scratch."""

    def row(in_place: tuple[int, ...], *conditions: Fits) -> Kernel:
        return Kernel(
            op=DepthwiseConv2D,
            symbol=symbol,
            header="tg_depthwise_planes.h",
            source=f"arm_dsp/{symbol}.c",
            needs=DSP,
            fits=all_of(
                sizes_fit, _window_fits, *conditions, _is_3x3(1), _has_form(signed=False), _is_small
            ),
            lower=lambda call: lower(call, passes=twos_of(call)),
            scratch_bytes=lambda call: twos_of(call).bytes + 4 * words * TWO,
            in_place=in_place,
            lead=_lead,
            lead_is_exact=True,
            counts=_twos_counts,
            specificity=-1,
            whole_only=True,
        )

    return row((0,), _keeps_shape), row(())


# High images, whose columns are taken for rows: lines are longer, and fewer


def _is_high(call: Call) -> str | None:
    (_, height, width, _), channels = call.output.shape, call.inputs[0].channels
    if height <= width or width == 1 or channels < PLANES:
        return f"is only for images that are higher than wide, with {PLANES} channels or more"
    return None


def _turned_lower(kernel: Kernel) -> Callable[[Call], tuple[KernelCall, ...]]:
    def lower(call: Call) -> tuple[KernelCall, ...]:
        (found,) = kernel.lower(turned(call))
        params = replace(found.params, fields={**found.params.fields, "is_turned": 1})
        return (replace(found, params=params),)

    return lower


def _turned(kernel: Kernel) -> Kernel:
    """The row for layers that it sees with height and width exchanged."""
    row = replace(
        kernel,
        specificity=kernel.specificity - BEHIND,
        fits=lambda call: _is_high(call) or kernel.fits(turned(call)),
        lower=_turned_lower(kernel),
        scratch_bytes=lambda call: kernel.scratch_bytes(turned(call)),
        counts=lambda call: kernel.counts(turned(call)),
        row_counts=None,
        whole_only=True,
    )
    return replace(row, less_scratch=kernel.less_scratch and _less_scratch(row))


_AS_THEY_ARE = (
    *_proved("tg_depthwise_3x3_s8_dsp", _overlapping_taps, 1, signed=False),
    *_proved("tg_depthwise_3x3_signed_s8_dsp", _overlapping_taps, 1, signed=True),
    *_shifted("tg_depthwise_3x3_shifted_s8_dsp", _overlapping_taps, 1),
    *_proved("tg_depthwise_3x3_stride2_s8_dsp", _taps_of_stride_2, 2, signed=False),
    *_proved("tg_depthwise_3x3_stride2_signed_s8_dsp", _taps_of_stride_2, 2, signed=True),
    *_shifted("tg_depthwise_3x3_stride2_shifted_s8_dsp", _taps_of_stride_2, 2),
    *_packed_3x3("tg_depthwise_3x3_packed_s8_dsp", _overlapping_taps, 1),
    *_packed_3x3("tg_depthwise_3x3_stride2_packed_s8_dsp", _taps_of_stride_2, 2),
    *_wide("tg_depthwise_9_wide_s8_dsp", 1),
    *_wide("tg_depthwise_9_wide_stride2_s8_dsp", 2),
    *_row(
        "tg_depthwise_any_s8_dsp",
        _is_narrow,
        _is_nested,
        lower=_lower_any,
        scratch_bytes=_scratch_bytes_any,
        counts=_any_counts,
        specificity=1,
    ),
    *_row(
        "tg_depthwise_any_packed_s8_dsp",
        _is_narrow,
        _is_nested,
        lower=_lower_any_packed,
        scratch_bytes=_scratch_bytes_any_packed,
        counts=_any_counts,
    ),
    *_twos(
        "tg_depthwise_3x3_twos_s8_dsp",
        partial(_lower, tap_words=_overlapping_taps, signed=False),
        words=0,
    ),
    *_twos(
        "tg_depthwise_3x3_packed_twos_s8_dsp",
        partial(_lower_packed, tap_words=_overlapping_taps),
        words=UNPACKED_WORDS,
    ),
)

KERNELS = (*(_turned(kernel) for kernel in _AS_THEY_ARE), *_AS_THEY_ARE)
