"""2-D convolution, dense or grouped. Rules C1 to C3 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/conv.h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import multiplier, unsupported
from tinygen.ops.scaled import ChannelMultipliers, WeightedOperator, interval_products
from tinygen.ops.window import Padding, Window


def convolution_multipliers(call: Call) -> ChannelMultipliers:
    """Scale of input times weights over output in float64, per output channel (rule C2)."""
    x, weights = call.inputs[:2]
    scales = weights.quantization.scale_array(call.output.channels).astype(np.float64)
    factors = x.quantization.scale * scales / call.output.quantization.scale
    multipliers = [multiplier(call, float(f)) for f in factors]
    return ChannelMultipliers(
        values=np.array([m.value for m in multipliers], np.int64),
        shifts=np.array([m.shift for m in multipliers], np.int64),
    )


@dataclass(frozen=True, kw_only=True)
class Conv2D(WeightedOperator):
    """y[n,oy,ox,o] = bias[o] + sum x[n, oy*sh+ky*dh-top, ox*sw+kx*dw-left, i] * w[o,ky,kx,i]

    Inputs: x [N, H, W, I], weights [O, KH, KW, I / groups], bias [O] (optional). The number of
    groups follows from the shapes.
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
        out_channels, in_per_group = weights.shape[0], weights.shape[3]
        if channels % in_per_group or out_channels % (channels // in_per_group):
            raise unsupported(
                self,
                inputs,
                f"weights {list(weights.shape)} on {channels} channels",
                "groups that divide input and output channels",
            )
        return ((n, *self.window(weights).output_size(height, width), weights.shape[0]),)

    def channel_axis(self) -> int:
        return 0

    def groups(self, call: Call) -> int:
        return call.inputs[0].channels // call.inputs[1].shape[3]

    def macs(self, call: Call) -> int:
        return call.output.size * call.inputs[1].size // call.inputs[1].shape[0]

    def channel_multipliers(self, call: Call) -> ChannelMultipliers:
        return convolution_multipliers(call)

    def accumulate(self, call: Call, x: NDArray, weights: NDArray, pad: float) -> NDArray:
        window = self.window(call.inputs[1])
        groups = self.groups(call)
        out_channels, in_per_group = weights.shape[0], weights.shape[3]
        height, width = call.output.shape[1:3]
        acc = np.zeros((x.shape[0], height, width, out_channels), x.dtype)
        out_per_group = out_channels // groups
        for ky, kx, cells in window.taps(window.pad(x, pad)):
            for g in range(groups):
                outs = slice(g * out_per_group, (g + 1) * out_per_group)
                ins = slice(g * in_per_group, (g + 1) * in_per_group)
                acc[..., outs] += cells[..., ins] @ weights[outs, ky, kx].T
        return acc

    def accumulator_range(self, call: Call, x: Range) -> Range:
        tensor, weights = call.inputs[:2]
        w = weights.data.astype(np.int64)
        low, high = padded_range(x, tensor, self.padding)
        groups = self.groups(call)
        # inputs seen by each output channel: [O, 1, 1, I / groups]
        per_group = (groups, 1, 1, w.shape[3])
        repeat = w.shape[0] // groups
        least, most = interval_products(
            w,
            np.repeat(low.reshape(per_group), repeat, axis=0),
            np.repeat(high.reshape(per_group), repeat, axis=0),
        )
        bias = self.bias(call).astype(np.int64)
        return Range(low=least.sum((1, 2, 3)) + bias, high=most.sum((1, 2, 3)) + bias)


def padded_range(
    x: Range, tensor: Tensor, padding: Padding
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bounds of x - zero_point per channel, widened to contain 0 where padding can be read."""
    low, high = x.low - tensor.zero_point, x.high - tensor.zero_point
    if padding.is_zero:
        return low, high
    return np.minimum(low, 0), np.maximum(high, 0)
