"""C kernels of DepthwiseConv2D with 3x3 windows for the Arm DSP extension that need no scratch, so that rows cost the
same one by one as all together (tg_depthwise_sliding_dsp.h)."""

from collections.abc import Mapping

import numpy as np

from tinygen.fixedpoint import Integers, wrap_int32
from tinygen.ir import Call
from tinygen.kernels import leads
from tinygen.kernels.dsp import DSP, pairs
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int32
from tinygen.kernels.lowering import pad_row, sizes_fit, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window
from tinygen.proofs.channels import Channels, channels_of
from tinygen.proofs.requantization import Place, Scaled, prove

SHIFT = 8
"""An immediate in the assembly. Small, so that a prescale of as few bits leaves room for large scales."""

MOST_PRESCALE = 8
"""Scaled weights are int16."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _channels(call: Call) -> Channels:
    return channels_of(call, call.inputs[1].data.sum((0, 1, 2), np.int64))


def _scaled(channels: Channels) -> Scaled | None:
    return prove(channels, place=Place.SUM, shift=SHIFT, signs=False, most_prescale=MOST_PRESCALE)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, window, channels = call.inputs[0], _window(call), _channels(call)
    scaled = _scaled(channels)
    if scaled is None:
        raise ValueError(f"layer '{call.node.name}' has no proved form")
    params = Struct(
        tag="tg_depthwise_sliding_dsp",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_min": channels.out_min if channels.needs_clamp else -128,
            "out_max": channels.out_max if channels.needs_clamp else 127,
            "channels": int32("weights", _words(call, scaled), Role.WEIGHTS),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scaled.statement,)),)


def _words(call: Call, scaled: Scaled) -> Integers:
    """[channels, words] (tg_depthwise_sliding_dsp.h)."""
    x, left = call.inputs[0], _window(call).padding.left
    taps = call.inputs[1].data[0].transpose(2, 0, 1).astype(np.int64) << scaled.prescale
    upper = pairs(taps[:, :2].transpose(0, 2, 1)).reshape(-1, 3)
    lowest = pairs(taps[:, 2, :2]).reshape(-1, 1)
    step_and_last = pairs(np.column_stack([np.full(len(taps), x.channels), taps[:, 2, 2]]))
    padding = x.zero_point * taps.sum(1)
    return np.column_stack(
        [
            step_and_last.reshape(-1, 1),
            upper,
            lowest,
            scaled.multipliers,
            wrap_int32(scaled.offsets + left * padding[:, 0]),
            wrap_int32(scaled.offsets),
            wrap_int32(padding[:, 2]),
        ]
    )


def _has_form(call: Call) -> str | None:
    scaled = _scaled(_channels(call))
    return "no form with one product is exact" if scaled is None else None


def _is_3x3(stride: int) -> Fits:
    def fits(call: Call) -> str | None:
        window = _window(call)
        if (window.kernel, window.dilation, window.stride[1]) != ((3, 3), (1, 1), stride):
            return f"is only for 3x3 kernels with a stride to the right of {stride}"
        if call.op.multiplier(call) != 1:
            return "makes one output channel of an input channel"
        if call.output.shape[2] < 2:
            return "takes two outputs in a row or more"
        seen = (call.output.shape[2] - 1) * stride + 3 - window.padding.left
        if window.padding.left > 1 or seen > call.inputs[0].shape[2] + 1:
            return "takes one column of padding on either side"
        return window_fits(window, call)

    return fits


TURN_OUTPUTS = 8
"""Of the loop along a row, which narrow rows run through once."""


def _counts(call: Call) -> Mapping[str, float]:
    """A line is a channel of a row. Its first column is not of the loop, and one of padding on the right neither."""
    window, (_, height, width, channels) = _window(call), call.output.shape
    lines = height * channels
    return {
        "call": 1,
        "rows": height,
        "lines": lines,
        "outputs": lines * width,
        "more turns": lines * ((width - min(window.padding.right, 1) - 1) // TURN_OUTPUTS),
        "clamped": lines * width * _channels(call).needs_clamp,
    }


def _rows_in_place(call: Call) -> bool:
    """One row, or two in the order that tg_depthwise_sliding_dsp.h tells of.

    The first two rows below a row of padding both read the first input row, in which the first one of them may lie; so
    they are computed from the last to the first, and the second one must not lie in an input row: there is a third one,
    so that the second is read again.
    """
    x, y = call.inputs[0], call.output
    return y.shape[1] == 1 or (y.shape[1] == 2 and x.shape[1] > 2 and _window(call).padding.top < 2)


def _kernel(symbol: str, stride: int) -> Kernel:
    return Kernel(
        op=DepthwiseConv2D,
        symbol=symbol,
        header="tg_depthwise_sliding_dsp.h",
        source=f"arm_dsp/{symbol}.c",
        needs=DSP,
        fits=all_of(sizes_fit, _is_3x3(stride), _has_form),
        lower=_lower,
        lead=lambda call: leads.of_rows(call, _window(call), buffers_rows=False),
        counts=_counts,
        rows_in_place=_rows_in_place,
    )


KERNELS = (
    _kernel("tg_depthwise_sliding_s8_dsp", 1),
    _kernel("tg_depthwise_sliding_stride2_s8_dsp", 2),
)
