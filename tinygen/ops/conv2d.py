"""2-D convolution, dense or grouped. Rules C1 to C3 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/conv.h.
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
class Conv2D(ConvolutionOperator):
    """y[n,oy,ox,o] = bias[o] + sum x[n, oy*sh+ky*dh-top, ox*sw+kx*dw-left, i] * w[o,ky,kx,i]

    Inputs: x [N, H, W, I], weights [O, KH, KW, I / groups], bias [O] (optional). The number of
    groups follows from the shapes.
    """

    def check_channels(self, inputs: Sequence[Tensor]) -> None:
        channels = inputs[0].channels
        out_channels, in_per_group = inputs[1].shape[0], inputs[1].shape[3]
        if channels % in_per_group or out_channels % (channels // in_per_group):
            raise unsupported(
                self,
                inputs,
                f"weights {list(inputs[1].shape)} on {channels} channels",
                "groups that divide input and output channels",
            )

    def channel_axis(self) -> int:
        return 0

    def groups(self, call: Call) -> int:
        return call.inputs[0].channels // call.inputs[1].shape[3]

    def macs(self, call: Call) -> int:
        return call.output.size * call.inputs[1].size // call.inputs[1].shape[0]

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
        low, high = self.centred_range(x, tensor)
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
