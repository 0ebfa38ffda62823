"""Convolutions with few output channels as some with more: neighbouring pixels are channels of one pixel.

The memory is the same: [1, H, W, C] is [1, H, W / n, n * C]. Channel p * C + o of the wider pixel has the weights of
channel o, p strides further to the right, among zeros. Kernels that share an input between channels then share it
between pixels, which is worth products with zeros where the window is wide.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from tinygen.ir import Call, Tensor
from tinygen.kernels import conv2d_v6m
from tinygen.kernels.counts import counts_of
from tinygen.kernels.kernel import Kernel

BEHIND = 20
"""Less specific than the rows that see layers as they are."""

PIXELS = (2, 3, 4)
"""How many may be one."""

MOST_CHANNELS = 6
"""Of a wider pixel: with more, kernels have enough to share as it is."""

MOST_ZEROS = 2
"""Products for each that the layer has."""

T = TypeVar("T")


def _wide_columns(call: Call, pixels: int) -> int:
    """Of the window that all pixels of a wider one see."""
    return call.inputs[1].shape[2] + (pixels - 1) * call.op.stride[1]


def _reason_against(call: Call, pixels: int) -> str | None:
    if call.op.groups(call) > 1 or call.op.dilation[1] > 1:
        return "is only for one group, without dilation of the width"
    if call.output.shape[2] % pixels or call.output.shape[2] == pixels:
        return f"is only for rows of several times {pixels} pixels"
    if call.output.channels * pixels > MOST_CHANNELS:
        return f"is only for up to {MOST_CHANNELS // pixels} output channels"
    if _wide_columns(call, pixels) > MOST_ZEROS * call.inputs[1].shape[2]:
        return "is only for wide windows"
    return None


def _wide_weights(call: Call, pixels: int) -> Tensor:
    """[O, KH, KW, I] -> [pixels * O, KH, columns, I], with the quantization of each channel again for each pixel."""
    weights, stride = call.inputs[1], call.op.stride[1]
    outputs, height, width, inputs = weights.shape
    data = np.zeros((pixels, outputs, height, _wide_columns(call, pixels), inputs), np.int8)
    for p in range(pixels):
        data[p, :, :, p * stride : p * stride + width] = weights.data
    q = weights.quantization
    if q.axis is not None:
        q = replace(q, scales=q.scales * pixels, zero_points=q.zero_points * pixels)
    wide = data.reshape(-1, *data.shape[2:])
    return replace(weights, shape=wide.shape, data=wide, quantization=q)


def _wide_bias(bias: Tensor, pixels: int) -> Tensor:
    q, data = bias.quantization, np.tile(bias.data, pixels)
    if q is not None and q.axis is not None:
        q = replace(q, scales=q.scales * pixels, zero_points=q.zero_points * pixels)
    return replace(bias, shape=data.shape, data=data, quantization=q)


def side_by_side(call: Call, pixels: int) -> Call:
    """The layer with so many neighbouring pixels for one."""
    x, _, *bias = call.inputs
    first, height, width, channels = call.output.shape
    down, right = call.op.stride
    shape = (first, height, width // pixels, channels * pixels)
    return replace(
        call,
        node=replace(call.node, op=replace(call.op, stride=(down, right * pixels))),
        inputs=(x, _wide_weights(call, pixels), *(_wide_bias(b, pixels) for b in bias)),
        outputs=(replace(call.output, shape=shape),),
    )


def _wide(kernel: Kernel, pixels: int) -> Kernel:
    def through(of_wide: Callable[[Call], T] | None) -> Callable[[Call], T] | None:
        """What the row says of the wider layer."""
        return None if of_wide is None else lambda call: of_wide(side_by_side(call, pixels))

    return replace(
        kernel,
        specificity=kernel.specificity - BEHIND,
        fits=lambda call: _reason_against(call, pixels) or kernel.fits(side_by_side(call, pixels)),
        lower=through(kernel.lower),
        scratch_bytes=through(kernel.scratch_bytes),
        counts=lambda call: counts_of(kernel, side_by_side(call, pixels)),
        lead=through(kernel.lead),
        spreads=lambda _: False,
        whole_only=True,
    )


KERNELS = tuple(_wide(conv2d_v6m.PAIRS, pixels) for pixels in PIXELS)
"""For the kernel that has four channels in a step. Where kernels gather windows for two, or for three, tiles of pixels
(conv2d_few.py) are faster."""
