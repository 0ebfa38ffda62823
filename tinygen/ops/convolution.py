"""What dense and depthwise convolutions share: the window, the multipliers, the range of padded inputs."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import multiplier
from tinygen.ops.scaled import ChannelMultipliers, WeightedOperator
from tinygen.ops.window import Padding, Window


@dataclass(frozen=True, kw_only=True)
class ConvolutionOperator(WeightedOperator):
    """Weights slide over height and width of x [N, H, W, C]; axes 1 and 2 of the weights are the kernel's."""

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = Padding()

    @abc.abstractmethod
    def check_channels(self, inputs: Sequence[Tensor]) -> None:
        """Raise UnsupportedError where the weights do not fit the channels of x."""

    def window(self, weights: Tensor) -> Window:
        return Window(
            kernel=weights.shape[1:3],
            stride=self.stride,
            dilation=self.dilation,
            padding=self.padding,
        )

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.check_parameters(inputs, 4, 4)
        self.check_channels(inputs)
        x, weights = inputs[:2]
        n, height, width, _ = x.shape
        size = self.window(weights).output_size(height, width)
        return ((n, *size, weights.shape[self.channel_axis()]),)

    def channel_multipliers(self, call: Call) -> ChannelMultipliers:
        return convolution_multipliers(call)

    def centred_range(
        self, x: Range, tensor: Tensor
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bounds of x - zero_point per channel, widened to contain 0 where padding can be read."""
        low, high = x.low - tensor.zero_point, x.high - tensor.zero_point
        if self.padding.is_zero:
            return low, high
        return np.minimum(low, 0), np.maximum(high, 0)


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
