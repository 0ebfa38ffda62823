"""Transposed 2-D convolution. Rules C1, C2, C6 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/integer_ops/transpose_conv.h.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import unsupported
from tinygen.ops.convolution import convolution_multipliers
from tinygen.ops.scaled import ChannelMultipliers, WeightedOperator, interval_products


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Of one axis: the outputs first, first + stride, ... All of them see the same taps, in another place.

    Output number q sees tap taps[i] at input q + start - i.
    """

    first: int
    taps: range
    start: int


@dataclass(frozen=True, kw_only=True)
class TransposeConv2D(WeightedOperator):
    """y[n,oy,ox,o] = bias[o] + sum x[n,iy,ix,i] * w[o,ky,kx,i] over iy*sh + ky = oy + top, ix*sw + kx = ox + left

    Inputs: x [N, H, W, I], weights [O, KH, KW, I], bias [O] (optional). `size` is the output's (height, width),
    `offset` (top, left): so many rows and columns of the whole result are left out before it.
    """

    stride: tuple[int, int]
    size: tuple[int, int]
    offset: tuple[int, int] = (0, 0)

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.check_parameters(inputs, 4, 4)
        x, weights = inputs[:2]
        if weights.shape[3] != x.channels:
            what = f"weights {list(weights.shape)} on {x.channels} channels"
            raise unsupported(self, inputs, what, "weights [O, KH, KW, I] for I channels")
        if min(*self.stride, *self.size) < 1 or min(self.offset) < 0:
            what = f"stride {self.stride}, size {self.size}, offset {self.offset}"
            raise unsupported(self, inputs, what, "positive strides and sizes, offsets from 0")
        return ((x.shape[0], *self.size, weights.shape[0]),)

    def channel_axis(self) -> int:
        return 0

    def channel_multipliers(self, call: Call) -> ChannelMultipliers:
        return convolution_multipliers(call)

    def macs(self, call: Call) -> int:
        x = call.inputs[0]
        return x.size // x.channels * call.inputs[1].size

    def phases(self, kernel: tuple[int, int], axis: int) -> Iterator[Phase]:
        """Of the rows (axis 0) or the columns (axis 1), as far as the output has them."""
        stride, offset = self.stride[axis], self.offset[axis]
        for first in range(min(stride, self.size[axis])):
            start, tap = divmod(first + offset, stride)
            yield Phase(first=first, taps=range(tap, kernel[axis], stride), start=start)

    def accumulate(self, call: Call, x: NDArray, weights: NDArray, pad: float) -> NDArray:
        (n, height, width, _), (channels, kh, kw, _) = x.shape, weights.shape
        (sh, sw), (top, left) = self.stride, self.offset
        # all that the taps reach, and all that is wanted of it
        rows = max((height - 1) * sh + kh, top + self.size[0])
        columns = max((width - 1) * sw + kw, left + self.size[1])
        acc = np.zeros((n, rows, columns, channels), x.dtype)
        for ky, kx in product(range(kh), range(kw)):
            below = slice(ky, ky + (height - 1) * sh + 1, sh)
            beside = slice(kx, kx + (width - 1) * sw + 1, sw)
            acc[:, below, beside] += x @ weights[:, ky, kx].T
        return acc[:, top : top + self.size[0], left : left + self.size[1]]

    def accumulator_range(self, call: Call, x: Range) -> Range:
        """Over all phases, each with its own taps; some of these lie beside the image."""
        tensor, weights = call.inputs[:2]
        low = np.minimum(x.low - tensor.zero_point, 0)
        high = np.maximum(x.high - tensor.zero_point, 0)
        least, most = interval_products(weights.data.astype(np.int64), low, high)
        kernel = weights.shape[1:3]
        taps = [np.ix_(a.taps, b.taps) for a, b in product(*self._all_phases(kernel))]
        bias = self.bias(call).astype(np.int64)
        return Range(
            low=np.min([least[:, *t].sum((1, 2, 3)) for t in taps], axis=0) + bias,
            high=np.max([most[:, *t].sum((1, 2, 3)) for t in taps], axis=0) + bias,
        )

    def _all_phases(self, kernel: tuple[int, int]) -> tuple[Iterator[Phase], Iterator[Phase]]:
        return self.phases(kernel, 0), self.phases(kernel, 1)
