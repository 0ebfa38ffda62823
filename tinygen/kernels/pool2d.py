"""C kernels of AveragePool2D and MaxPool2D."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit, window_fits, window_struct
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.pool import PoolOperator

MAX_CELLS = 2**23
"""Cells of a window: so many int8 values, and half their number, have a sum in int32."""


def lower(call: Call) -> tuple[KernelCall, ...]:
    """`struct tg_pool2d`"""
    op: PoolOperator = call.op
    x = call.inputs[0]
    low, high = op.activation.integer_bounds(call.output.quantization)
    params = Struct(
        tag="tg_pool2d",
        fields={
            "window": window_struct(op.window, x.shape, call.output.shape),
            "channels": x.channels,
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _window_fits(call: Call) -> str | None:
    kh, kw = call.op.kernel
    if kh * kw >= MAX_CELLS:
        return f"a window of {kh}x{kw} has {MAX_CELLS} cells or more"
    return window_fits(call.op.window, call)


def _portable(op: type[PoolOperator], symbol: str) -> Kernel:
    return Kernel(
        op=op,
        symbol=symbol,
        header="tg_pool2d.h",
        source=f"portable/{symbol}.c",
        fits=all_of(sizes_fit, _window_fits),
        lower=lower,
    )


KERNELS = (
    _portable(AveragePool2D, "tg_average_pool2d_s8"),
    _portable(MaxPool2D, "tg_max_pool2d_s8"),
)
"""Neither requantizes, so both serve both arithmetics."""
