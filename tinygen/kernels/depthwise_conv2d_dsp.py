"""C kernel of DepthwiseConv2D for the Arm DSP extension, for what depthwise_planes_dsp.py does not take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import wrap_int32
from tinygen.ir import Call
from tinygen.kernels.dsp import DSP, padded, pairs
from tinygen.kernels.dsp_output import Output, find_output, output_struct
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.leads import of_channels
from tinygen.kernels.lowering import window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window
from tinygen.proofs.channels import Channels, channels_of

PLANES = 4
"""Input channels that are taken apart together."""

PLANES_BYTES = 2048
"""Scratch that the planes should not exceed; the lines of one output row are always held."""

MOST_BYTES = 8192
"""The same where most lines of a pass would be taken apart for the next one again."""

WORD_BYTES = 4

TapWords = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""Scaled weights [O, kernel_height, kernel_width] -> words [O, kernel_height, words]."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _channels(call: Call) -> Channels:
    return channels_of(call, call.inputs[1].data.sum((0, 1, 2), np.int64))


def output_of(call: Call) -> Output:
    """How a layer that fits gets its outputs."""
    chosen = find_output(_channels(call))
    if chosen is None:
        raise ValueError(f"layer '{call.node.name}' has no exact form")
    return chosen


@dataclass(frozen=True, kw_only=True)
class _Planes:
    """Lines of four channels, padding included: what `pass_rows` output rows read."""

    line_words: int
    read_words: int
    pass_rows: int
    pass_lines: int

    @property
    def bytes(self) -> int:
        return PLANES * self.pass_lines * self.line_words * WORD_BYTES


def _planes(call: Call) -> _Planes:
    """As many rows as the bytes allow, then as few as the same number of passes needs."""
    window = _window(call)
    _, height, width, _ = call.output.shape
    # outputs are computed two at a time, and columns are read two at a time
    pairs_of_outputs = -(-width // 2)
    columns = (2 * pairs_of_outputs - 1) * window.stride[1] + 2 * -(-window.kernel[1] // 2)

    def planes(rows: int) -> _Planes:
        return _Planes(
            line_words=-(-columns // 2),
            read_words=-(-((width - 1) * window.stride[1] + window.extent[1]) // 2),
            pass_rows=rows,
            pass_lines=(rows - 1) * window.stride[0] + window.extent[0],
        )

    def fits(rows: int) -> bool:
        is_repeated = 2 * rows * window.stride[0] < window.extent[0]
        return planes(rows).bytes <= (MOST_BYTES if is_repeated else PLANES_BYTES)

    rows = 1
    while rows < height and fits(rows + 1):
        rows += 1
    passes = -(-height // rows)
    return planes(-(-height // passes))


def _taps_in_order(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs; an odd row ends in a zero."""
    return pairs(padded(weights, 2, 2))


def _lower(call: Call, tap_words: TapWords) -> tuple[KernelCall, ...]:
    op: DepthwiseConv2D = call.op
    x, weights = call.inputs[:2]
    chosen, planes, channels = output_of(call), _planes(call), _channels(call)
    scale = 1 << chosen.prescale
    taps = weights.data[0].transpose(2, 0, 1).astype(np.int64) * scale
    params = Struct(
        tag="tg_depthwise_conv2d_dsp",
        fields={
            "window": window_struct(_window(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": op.multiplier(call),
            "in_zero_point": x.zero_point,
            "line_words": planes.line_words,
            "read_words": planes.read_words,
            "pass_rows": planes.pass_rows,
            "pass_lines": planes.pass_lines,
            "weights": _weights(tap_words(taps)),
            "output": output_struct(channels, wrap_int32(channels.bias * scale), chosen),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(chosen.statement,)),)


def _weights(words: NDArray[np.int64]) -> Array:
    return int32("weights", words, Role.WEIGHTS)


def _fits(call: Call) -> str | None:
    window = _window(call)
    if window.dilation[1] != 1:
        return "takes no dilation to the right"
    if find_output(_channels(call)) is None:
        return "no form of the requantization is exact"
    return window_fits(window, call)


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input (tg_depthwise_conv2d_dsp.h)."""
    same = call.inputs[0].shape == call.output.shape and _window(call).stride == (1, 1)
    return None if same else "works in place only with stride 1 and an output of the input's shape"


def _lead(call: Call) -> int:
    """Where it cannot work in place, the output may begin where the input does."""
    return of_channels(call, _window(call), call.output.shape[2])


def _scratch_bytes(call: Call) -> int:
    return _planes(call).bytes


def _counts(call: Call) -> Mapping[str, float]:
    """Runs of the loops: two outputs of a row run together, with two taps at a time."""
    window, planes, x = _window(call), _planes(call), call.inputs[0]
    _, height, width, channels = call.output.shape
    passes, groups = -(-height // planes.pass_rows), -(-x.channels // PLANES)
    windows = channels * height * -(-width // 2)
    rows = windows * window.kernel[0]
    lines = groups * (height * window.stride[0] + passes * (window.extent[0] - window.stride[0]))
    return {
        "call": 1,
        "passes": groups * passes,
        "lines": lines,
        "line words": lines * planes.read_words,
        "channel rows": channels * height,
        "windows": windows,
        "tap rows": rows,
        "taps": rows * -(-window.kernel[1] // 2),
        "clamped": call.output.size * _channels(call).needs_clamp,
    }


def _kernel(symbol: str, tap_words: TapWords, *conditions: Fits) -> tuple[Kernel, Kernel]:
    """The same C function twice: where it can work in place, and everywhere."""

    def row(in_place: tuple[int, ...], *more: Fits) -> Kernel:
        return Kernel(
            op=DepthwiseConv2D,
            symbol=symbol,
            header="tg_depthwise_conv2d_dsp.h",
            source=f"arm_dsp/{symbol}.c",
            needs=DSP,
            fits=all_of(_fits, *conditions, *more),
            lower=lambda call: _lower(call, tap_words),
            scratch_bytes=_scratch_bytes,
            in_place=in_place,
            counts=_counts,
            lead=_lead,
            lead_is_exact=True,
        )

    return row((0,), _keeps_shape), row(())


KERNELS = _kernel("tg_depthwise_conv2d_s8_dsp", _taps_in_order)
