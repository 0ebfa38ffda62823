"""C kernel of TransposeConv2D, for what does not become plain convolutions (passes/split_transposed.py)."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, int8
from tinygen.kernels.lowering import INT16_MAX
from tinygen.kernels.requantization import requantization_struct, statement_of
from tinygen.ops.transpose_conv2d import TransposeConv2D


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: TransposeConv2D = call.op
    x, weights = call.inputs[:2]
    # the zero point is taken from every input: each phase has another sum of weights
    requantization = requantization_struct(call, np.zeros(call.output.channels, np.int64))
    fields = {
        "in_height": x.shape[1],
        "in_width": x.shape[2],
        "in_channels": x.channels,
        "out_height": call.output.shape[1],
        "out_width": call.output.shape[2],
        "out_channels": call.output.channels,
        "kernel_height": weights.shape[1],
        "kernel_width": weights.shape[2],
        "stride_height": op.stride[0],
        "stride_width": op.stride[1],
        "top": op.offset[0],
        "left": op.offset[1],
        "in_zero_point": x.zero_point,
        "weights": int8("weights", weights.data.ravel(), Role.WEIGHTS),
        "requantization": requantization,
    }
    params = Struct(tag="tg_transpose_conv2d", fields=fields)
    return (KernelCall(params=params, inputs=(0,), proofs=(statement_of(requantization),)),)


def _fits(call: Call) -> str | None:
    op: TransposeConv2D = call.op
    shapes = (call.inputs[0].shape, call.inputs[1].shape, call.output.shape)
    if call.inputs[0].shape[0] != 1:
        return f"a first dimension of {call.inputs[0].shape[0]} is not 1"
    largest = max(*op.stride, *op.offset, *(d for shape in shapes for d in shape))
    return None if largest <= INT16_MAX else f"a dimension of {largest} is above {INT16_MAX}"


def _counts(call: Call) -> dict[str, float]:
    """Outputs, and of these about how many taps and products."""
    op: TransposeConv2D = call.op
    _, kh, kw, depth = call.inputs[1].shape
    taps = call.output.size * kh * kw / (op.stride[0] * op.stride[1])
    return {"call": 1, "outputs": call.output.size, "taps": taps, "products": taps * depth}


KERNELS = (
    Kernel(
        op=TransposeConv2D,
        symbol="tg_transpose_conv2d_s8",
        header="tg_transpose_conv2d.h",
        source="portable/tg_transpose_conv2d_s8.c",
        fits=_fits,
        lower=_lower,
        counts=_counts,
    ),
)
