"""Parameters that several kernels share: window geometry, packed weights, folded biases."""

import math

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Tensor
from tinygen.kernels.kernel import Fill, Struct
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.window import Window

POINTER_BYTES = 8
"""Room for one row pointer in scratch: that of the widest host, so that every build has the same layout."""

INT16_MAX = 32767


def window_struct(window: Window, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> Struct:
    """`struct tg_window` for NHWC shapes."""
    return Struct(
        tag="tg_window",
        fields={
            "in_height": in_shape[1],
            "in_width": in_shape[2],
            "out_height": out_shape[1],
            "out_width": out_shape[2],
            "kernel_height": window.kernel[0],
            "kernel_width": window.kernel[1],
            "stride_height": window.stride[0],
            "stride_width": window.stride[1],
            "dilation_height": window.dilation[0],
            "dilation_width": window.dilation[1],
            "pad_top": window.padding.top,
            "pad_left": window.padding.left,
            "pad_right": window.padding.right,
        },
    )


def window_fits(window: Window, call: Call) -> str | None:
    """The geometry fields of `struct tg_window` are int16, and windowed kernels take one image."""
    x, p = call.inputs[0], window.padding
    if x.shape[0] != 1:
        return f"a first dimension of {x.shape[0]} is not 1"
    padded_width = x.shape[2] + p.left + p.right
    padded_height = x.shape[1] + p.top + p.bottom
    largest = max(
        *x.shape, *call.output.shape, *window.extent, *window.stride, padded_width, padded_height
    )
    if largest > INT16_MAX:
        return f"a dimension of {largest} is above {INT16_MAX}"
    return None


def row_pointers_bytes(window: Window) -> int:
    """Scratch for the input row pointers of one output row."""
    return window.extent[0] * POINTER_BYTES


def pad_row(x: Tensor, window: Window) -> Fill | int:
    """A row of the input's zero point, as wide as the input; 0 where no row is padding."""
    if window.padding.top == 0 and window.padding.bottom == 0:
        return 0
    return Fill(value=x.zero_point, length=x.shape[2] * x.shape[3])


BLOCK = 4
"""Output channels that a dense kernel computes in one pass (tg_dense_core.h)."""


def packed_rows(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """Weights [channels, depth] as dense kernels read them: blocks [depth][4], then what is left [depth]."""
    channels, depth = weights.shape
    whole = channels - channels % BLOCK
    blocks = weights[:whole].reshape(-1, BLOCK, depth).transpose(0, 2, 1)
    return np.concatenate([blocks.ravel(), weights[whole:].ravel()])


ARMV6M = frozenset({"armv6m"})
"""Cores without signed byte loads at an offset, and without a 64-bit product."""


def raised(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """The bytes of uint8 weights that are 128 higher (tg_dense_one_s8_v6m.h)."""
    return weights ^ np.int8(-128)


def raised_sums_fit(call: Call) -> str | None:
    """128 * the sum of the inputs must fit in int32."""
    depth = call.inputs[1].size // call.output.channels
    return None if depth < 2**17 else f"sums of {depth} products are too long"


def folded_bias(call: Call, weight_sums: NDArray) -> NDArray[np.int64]:
    """bias[o] - zero_in * sum of weights[o], so that the kernel multiplies raw inputs (rule C1)."""
    op: WeightedOperator = call.op
    zero_in = call.inputs[0].zero_point
    return op.bias(call).astype(np.int64) - zero_in * np.asarray(weight_sums, np.int64)


def sums_fit(call: Call) -> str | None:
    """No partial sum of raw inputs times weights, folded bias included, may leave int32."""
    op: WeightedOperator = call.op
    others = tuple(i for i in range(call.inputs[1].data.ndim) if i != op.channel_axis())
    w, zero_w = call.inputs[1].data.astype(np.int64), call.inputs[1].quantization.zero_points[0]
    sizes = np.abs(w).sum(others) + np.full_like(w, abs(zero_w)).sum(others)
    most = np.abs(folded_bias(call, (w - zero_w).sum(others))) + 128 * sizes
    return None if most.max() < 2**31 else "a partial sum can leave int32"


def leading_size(tensor: Tensor) -> int:
    """The product of all dimensions but the last: the rows of a kernel that works along the last axis."""
    return math.prod(tensor.shape[:-1])


def sizes_fit(call: Call) -> str | None:
    """Sizes and offsets in the C structs are int32."""
    largest = max(t.bytes for t in (*call.inputs, call.output))
    return None if largest < 2**31 else f"a tensor has {largest} bytes"
