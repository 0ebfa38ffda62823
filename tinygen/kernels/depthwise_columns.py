"""C kernels of DepthwiseConv2D with 3x3 windows, for cores without SIMD instructions."""

from collections.abc import Mapping

import numpy as np

from tinygen.ir import Call
from tinygen.kernels import swar
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.leads import of_channels
from tinygen.kernels.lowering import POINTER_BYTES, pad_row, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window

PASSES_BYTES = 2048
"""Scratch that the passes should not exceed; one is always held."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _weight_sums(call: Call) -> np.ndarray:
    return call.inputs[1].data.sum((0, 1, 2), dtype=np.int64)


def _pass_bytes(call: Call) -> int:
    """A word for each column that the outputs of a row see."""
    width = (call.output.shape[2] - 1) * _window(call).stride[1] + 3
    return width * swar.WORD_BYTES


def _passes(call: Call) -> int:
    """Passes that are computed together: for vertical stride 1 a pass has two output rows."""
    rows_per_pass = 2 if _window(call).stride[0] == 1 else 1
    all_passes = -(-call.output.shape[1] // rows_per_pass)
    return min(all_passes, max(1, PASSES_BYTES // _pass_bytes(call)))


def _is_3x3(call: Call) -> str | None:
    window = _window(call)
    if window.kernel != (3, 3) or window.dilation != (1, 1) or max(window.stride) > 2:
        return "is only for 3x3 kernels without dilation, with strides of at most 2"
    if swar.find_requantization(call, _weight_sums(call))[1] is None:
        return "no single product and shift is exact"
    return window_fits(window, call)


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input (tg_depthwise_3x3_columns.h)."""
    same = call.inputs[0].shape == call.output.shape and _window(call).stride == (1, 1)
    return None if same else "works in place only with stride 1 and an output of the input's shape"


def _lead(call: Call) -> int:
    """Where it cannot work in place, the output may begin where the input does."""
    return of_channels(call, _window(call), call.output.shape[2])


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights, window = call.inputs[0], call.inputs[1].data[0], _window(call)
    channels, scaled = swar.find_requantization(call, _weight_sums(call))
    params = Struct(
        tag="tg_depthwise_3x3_columns",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "passes": _passes(call),
            "in_zero_point": x.zero_point,
            "weights": int8("weights", weights.transpose(2, 1, 0), Role.WEIGHTS),
            "output": swar.output_struct(channels, scaled),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scaled.statement,)),)


def _counts(call: Call) -> Mapping[str, float]:
    _, rows, width, channels = call.output.shape
    is_pair = _window(call).stride[0] == 1
    passes = channels * (-(-rows // 2) if is_pair else rows)
    return {
        "call": 1,
        "channels": channels,
        "passes": passes,
        "columns": passes * _pass_bytes(call) / swar.WORD_BYTES,
        "general": call.output.size if swar.is_general(call, _weight_sums(call)) else 0,
        "pairs": passes * width if is_pair else 0,
        "singles": 0 if is_pair else passes * width,
    }


def _scratch_bytes(call: Call) -> int:
    """Pointers to all rows of input and output, which are odd or even, then the passes and the one before them."""
    rows = call.output.shape[1]
    pointers = (rows - 1) * _window(call).stride[0] + 4 + rows + 1
    return pointers * POINTER_BYTES + (_passes(call) + 1) * _pass_bytes(call)


def _kernel(symbol: str, needs: frozenset[str], folder: str) -> tuple[Kernel, Kernel]:
    """The same C function twice: where it can work in place, and everywhere."""

    def row(in_place: tuple[int, ...], *more: Fits) -> Kernel:
        return Kernel(
            op=DepthwiseConv2D,
            symbol=symbol,
            header="tg_depthwise_3x3_columns.h",
            source=f"{folder}/{symbol}.c",
            needs=needs,
            fits=all_of(_is_3x3, *more),
            lower=_lower,
            scratch_bytes=_scratch_bytes,
            in_place=in_place,
            lead=_lead,
            lead_is_exact=True,
            counts=_counts,
        )

    return row((0,), _keeps_shape), row(())


KERNELS = _kernel("tg_depthwise_conv2d_3x3_s8_v7m", swar.V7M, "armv7m")
