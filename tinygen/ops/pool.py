"""What average and maximum pooling share: the window and the activation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.checks import expect_inputs, expect_rank, unsupported
from tinygen.ops.quantization_rules import SameQuantization
from tinygen.ops.window import Padding, Window


@dataclass(frozen=True, kw_only=True)
class PoolOperator(SameQuantization):
    """Input: x [N, H, W, C]. Cells of the padding do not count."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: Padding = Padding()
    activation: Activation = Activation.NONE

    @property
    def window(self) -> Window:
        return Window(kernel=self.kernel, stride=self.stride, padding=self.padding)

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        expect_rank(self, inputs, 0, 4)
        p, (kh, kw) = self.padding, self.kernel
        if max(p.top, p.bottom) >= kh or max(p.left, p.right) >= kw:
            raise unsupported(
                self,
                inputs,
                f"padding {p} with a {kh}x{kw} kernel leaves windows without a cell",
                "padding smaller than the kernel",
            )
        n, height, width, channels = inputs[0].shape
        return ((n, *self.window.output_size(height, width), channels),)

    def reduce(self, padded: NDArray, combine: np.ufunc) -> NDArray:
        """Combine the cells of every window of padded x [N, H, W, C]: columns first, then rows."""
        (kh, kw), (sh, sw) = self.kernel, self.stride
        for window in (
            Window(kernel=(kh, 1), stride=(sh, 1)),
            Window(kernel=(1, kw), stride=(1, sw)),
        ):
            taps = window.taps(padded)
            result = next(taps)[2].copy()
            for _, _, cells in taps:
                combine(result, cells, out=result)
            padded = result
        return padded

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        # an average or a maximum lies between the least and the largest of its cells
        low, high = self.activation.integer_bounds(call.output.quantization)
        x = inputs[0]
        return (Range(low=np.clip(x.low, low, high), high=np.clip(x.high, low, high)),)
