"""C kernels of DepthwiseConv2D with 3x3 windows that slide along rows, for cores with 31 registers."""

from collections.abc import Mapping

import numpy as np

from tinygen.ir import Call
from tinygen.kernels import leads, swar
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, int8
from tinygen.kernels.lowering import POINTER_BYTES, pad_row, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window

PADDING_BYTES = 2


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weight_sums(call: Call) -> np.ndarray:
    return call.inputs[1].data.sum((0, 1, 2), dtype=np.int64)


def _columns(call: Call) -> int:
    """Columns that the outputs of a row see, padding included."""
    return (call.output.shape[2] - 1) * _window(call).stride[1] + 3


def _fits(call: Call) -> str | None:
    window, in_width = _window(call), call.inputs[0].shape[2]
    if window.kernel != (3, 3) or window.dilation != (1, 1) or window.stride[1] > 2:
        return "is only for 3x3 kernels without dilation, with horizontal strides of at most 2"
    left = window.padding.left
    if left > 1 or _columns(call) - left - in_width > PADDING_BYTES:
        return "takes one column of padding on the left and two on the right"
    if swar.find_requantization(call, _weight_sums(call))[1] is None:
        return "no single product and shift is exact"
    return window_fits(window, call)


def _lower(call: Call, rows: int) -> tuple[KernelCall, ...]:
    x, weights, window = call.inputs[0], call.inputs[1].data[0], _window(call)
    channels, scaled = swar.find_requantization(call, _weight_sums(call))
    params = Struct(
        tag="tg_depthwise_3x3_sliding",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "rows": rows,
            "in_zero_point": x.zero_point,
            "weights": int8("weights", weights.transpose(2, 1, 0), Role.WEIGHTS),
            "output": swar.output_struct(channels, scaled),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scaled.statement,)),)


def _counts(call: Call, rows: int) -> Mapping[str, float]:
    _, height, width, channels = call.output.shape
    outputs = channels * height * width
    is_dense = _window(call).stride[1] == 1
    return {
        "call": 1,
        "channels": channels * -(-height // rows),
        "rows": channels * height,
        "general": outputs if swar.is_general(call, _weight_sums(call)) else 0,
        "ones": outputs if is_dense else 0,
        "twos": 0 if is_dense else outputs,
    }


def _scratch_bytes(call: Call, rows: int) -> int:
    """Pointers to some rows of the output and those of the input that they see, then padding."""
    in_rows = (rows - 1) * _window(call).stride[0] + 3
    return (rows + in_rows) * POINTER_BYTES + PADDING_BYTES


def _all_rows(call: Call) -> int:
    return call.output.shape[1]


def _row_lead(call: Call) -> int:
    return leads.of_rows(call, _window(call), buffers_rows=False)


def _channel_lead(call: Call) -> int:
    return leads.of_channels(call, _window(call), 1)


def _kernel(symbol: str, needs: frozenset[str], folder: str) -> tuple[Kernel, Kernel]:
    """The same C function twice: each channel over all rows, and row by row, which may share the input's memory."""
    shared = {
        "op": DepthwiseConv2D,
        "symbol": symbol,
        "header": "tg_depthwise_3x3_sliding.h",
        "source": f"{folder}/{symbol}.c",
        "needs": needs,
        "fits": _fits,
    }
    by_channels = Kernel(
        **shared,
        lower=lambda call: _lower(call, _all_rows(call)),
        scratch_bytes=lambda call: _scratch_bytes(call, _all_rows(call)),
        counts=lambda call: _counts(call, _all_rows(call)),
        lead=_channel_lead,
        lead_is_exact=True,
    )
    by_rows = Kernel(
        **shared,
        lower=lambda call: _lower(call, 1),
        scratch_bytes=lambda call: _scratch_bytes(call, 1),
        lead=_row_lead,
        counts=lambda call: _counts(call, 1),
    )
    return by_channels, by_rows


KERNELS = _kernel("tg_depthwise_conv2d_3x3_s8_rv32", swar.RV32, "rv32")
