"""Fully connected layer. Rules C1 and C5 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/fully_connected.h,
fully_connected_common.cc.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import multiplier, unsupported
from tinygen.ops.convolution import convolution_multipliers
from tinygen.ops.scaled import ChannelMultipliers, WeightedOperator, interval_products


@dataclass(frozen=True, kw_only=True)
class FullyConnected(WeightedOperator):
    """y[..., o] = bias[o] + sum x[..., k] * w[o, k]

    Inputs: x [..., K], weights [O, K], bias [O] (optional). Weights may carry one zero point, as in
    old files.
    """

    weights_have_zero_point: ClassVar[bool] = True

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.check_parameters(inputs, None, 2)
        x, weights = inputs[:2]
        if x.channels != weights.shape[1]:
            raise unsupported(
                self,
                inputs,
                f"weights {list(weights.shape)} on {list(x.shape)}",
                f"an input whose last axis has {weights.shape[1]} elements",
            )
        return ((*x.shape[:-1], weights.shape[0]),)

    def channel_axis(self) -> int:
        return 0

    def macs(self, call: Call) -> int:
        return call.output.size * call.inputs[1].shape[1]

    def channel_multipliers(self, call: Call) -> ChannelMultipliers:
        x, weights = call.inputs[:2]
        if weights.quantization.axis is not None:
            return convolution_multipliers(call)
        # TFLite forms this product in float32 before it divides in float64 (rule C5)
        product = np.float32(x.quantization.scale) * np.float32(weights.quantization.scale)
        m = multiplier(call, float(product) / call.output.quantization.scale)
        channels = call.output.channels
        return ChannelMultipliers(
            values=np.full(channels, m.value, np.int64), shifts=np.full(channels, m.shift, np.int64)
        )

    def accumulate(self, call: Call, x: NDArray, weights: NDArray, pad: float) -> NDArray:
        return x @ weights.T

    def accumulator_range(self, call: Call, x: Range) -> Range:
        tensor, weights = call.inputs[:2]
        w = weights.data.astype(np.int64) - weights.quantization.zero_points[0]
        least, most = interval_products(w, x.low - tensor.zero_point, x.high - tensor.zero_point)
        bias = self.bias(call).astype(np.int64)
        return Range(low=least.sum(1) + bias, high=most.sum(1) + bias)
