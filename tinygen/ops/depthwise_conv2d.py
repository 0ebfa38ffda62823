"""Depthwise 2-D convolution with a channel multiplier. Rules C1, C2, C4 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/depthwise_conv.h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import unsupported
from tinygen.ops.convolution import ConvolutionOperator
from tinygen.ops.scaled import interval_products


@dataclass(frozen=True, kw_only=True)
class DepthwiseConv2D(ConvolutionOperator):
    """y[n,oy,ox,o] = bias[o] + sum x[n, oy*sh+ky*dh-top, ox*sw+kx*dw-left, c] * w[0,ky,kx,o]

    with o = c*M + m. Inputs: x [N, H, W, C], weights [1, KH, KW, C * M], bias [C * M] (optional).
    M follows from the shapes.
    """

    def check_channels(self, inputs: Sequence[Tensor]) -> None:
        channels, shape = inputs[0].channels, inputs[1].shape
        if shape[0] != 1 or shape[3] % channels:
            raise unsupported(
                self,
                inputs,
                f"weights {list(shape)} on {channels} channels",
                "weights [1, KH, KW, C * M]",
            )

    def channel_axis(self) -> int:
        return 3

    def multiplier(self, call: Call) -> int:
        """Output channels per input channel."""
        return call.output.channels // call.inputs[0].channels

    def macs(self, call: Call) -> int:
        kh, kw = call.inputs[1].shape[1:3]
        return call.output.size * kh * kw

    def accumulate(self, call: Call, x: NDArray, weights: NDArray, pad: float) -> NDArray:
        window = self.window(call.inputs[1])
        padded = window.pad(np.repeat(x, self.multiplier(call), axis=3), pad)
        acc = np.zeros((x.shape[0], *call.output.shape[1:]), x.dtype)
        for ky, kx, cells in window.taps(padded):
            acc += cells * weights[0, ky, kx]
        return acc

    def accumulator_range(self, call: Call, x: Range) -> Range:
        tensor, weights = call.inputs[:2]
        low, high = self.centred_range(x, tensor)
        repeat = self.multiplier(call)
        w = weights.data[0].astype(np.int64)
        least, most = interval_products(w, np.repeat(low, repeat), np.repeat(high, repeat))
        bias = self.bias(call).astype(np.int64)
        return Range(low=least.sum((0, 1)) + bias, high=most.sum((0, 1)) + bias)
