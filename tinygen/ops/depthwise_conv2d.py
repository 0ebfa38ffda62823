"""Depthwise 2-D convolution with a channel multiplier. Rules C1, C2, C4 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/depthwise_conv.h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import unsupported
from tinygen.ops.conv2d import convolution_multipliers, padded_range
from tinygen.ops.scaled import ChannelMultipliers, WeightedOperator, interval_products
from tinygen.ops.window import Padding, Window


@dataclass(frozen=True, kw_only=True)
class DepthwiseConv2D(WeightedOperator):
    """y[n,oy,ox,o] = bias[o] + sum x[n, oy*sh+ky*dh-top, ox*sw+kx*dw-left, c] * w[0,ky,kx,o]

    with o = c*M + m. Inputs: x [N, H, W, C], weights [1, KH, KW, C * M], bias [C * M] (optional).
    M follows from the shapes.
    """

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = Padding()

    def window(self, weights: Tensor) -> Window:
        return Window(
            kernel=weights.shape[1:3],
            stride=self.stride,
            dilation=self.dilation,
            padding=self.padding,
        )

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.check_parameters(inputs, 4, 4)
        x, weights = inputs[:2]
        n, height, width, channels = x.shape
        if weights.shape[0] != 1 or weights.shape[3] % channels:
            raise unsupported(
                self,
                inputs,
                f"weights {list(weights.shape)} on {channels} channels",
                "weights [1, KH, KW, C * M]",
            )
        return ((n, *self.window(weights).output_size(height, width), weights.shape[3]),)

    def channel_axis(self) -> int:
        return 3

    def multiplier(self, call: Call) -> int:
        """Output channels per input channel."""
        return call.output.channels // call.inputs[0].channels

    def macs(self, call: Call) -> int:
        kh, kw = call.inputs[1].shape[1:3]
        return call.output.size * kh * kw

    def channel_multipliers(self, call: Call) -> ChannelMultipliers:
        return convolution_multipliers(call)

    def accumulate(self, call: Call, x: NDArray, weights: NDArray, pad: float) -> NDArray:
        window = self.window(call.inputs[1])
        padded = window.pad(np.repeat(x, self.multiplier(call), axis=3), pad)
        acc = np.zeros((x.shape[0], *call.output.shape[1:]), x.dtype)
        for ky, kx, cells in window.taps(padded):
            acc += cells * weights[0, ky, kx]
        return acc

    def accumulator_range(self, call: Call, x: Range) -> Range:
        tensor, weights = call.inputs[:2]
        low, high = padded_range(x, tensor, self.padding)
        repeat = self.multiplier(call)
        w = weights.data[0].astype(np.int64)
        least, most = interval_products(w, np.repeat(low, repeat), np.repeat(high, repeat))
        bias = self.bias(call).astype(np.int64)
        return Range(low=least.sum((0, 1)) + bias, high=most.sum((0, 1)) + bias)
