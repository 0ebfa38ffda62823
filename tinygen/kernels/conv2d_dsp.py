"""C kernels of Conv2D for the Arm DSP extension."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import dsp_mix
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, int32
from tinygen.kernels.lowering import POINTER_BYTES, folded_bias, window_fits, window_struct
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.window import Window

VALUE_BYTES = 2
"""A patch holds int16."""


def _window(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def _run_columns(call: Call) -> int:
    """Columns of a window that lie side by side in the input."""
    window = _window(call)
    return window.kernel[1] if window.dilation[1] == 1 else 1


def _runs(call: Call) -> NDArray[np.int64]:
    """The weights as [O, runs, values]."""
    weights = call.inputs[1].data.astype(np.int64)
    return weights.reshape(weights.shape[0], -1, _run_columns(call) * weights.shape[3])


def _pairs(call: Call) -> int:
    _, runs, values = _runs(call).shape
    return runs * -(-values // 2)


def _fits(call: Call) -> str | None:
    if call.op.groups(call) != 1:
        return "takes no groups"
    return window_fits(_window(call), call) or dsp_mix.reason_against(call, _runs(call))


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights = call.inputs[:2]
    bias = folded_bias(call, weights.data.sum((1, 2, 3), np.int64))
    params = Struct(
        tag="tg_conv2d_dsp",
        fields={
            "window": window_struct(_window(call), x.shape, call.output.shape),
            "in_channels": x.channels,
            "out_channels": call.output.channels,
            "run_columns": _run_columns(call),
            "in_zero_point": x.zero_point,
            "pairs": _pairs(call),
            "weights": int32("weights", dsp_mix.weight_words(_runs(call)), Role.WEIGHTS),
            "output": dsp_mix.mixed_output(call, bias),
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _scratch_bytes(call: Call) -> int:
    """Pointers to the kernel's rows, then the windows of two pixels."""
    return _window(call).kernel[0] * POINTER_BYTES + 2 * _pairs(call) * 2 * VALUE_BYTES


KERNELS = (
    Kernel(
        op=Conv2D,
        symbol="tg_conv2d_s8_dsp",
        header="tg_conv2d_dsp.h",
        source="arm_dsp/tg_conv2d_s8_dsp.c",
        needs=DSP,
        fits=_fits,
        lower=_lower,
        scratch_bytes=_scratch_bytes,
    ),
)
