"""Sliding windows over the height and width of NHWC tensors, shared by convolutions and pooling."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ConversionError


@dataclass(frozen=True, kw_only=True)
class Padding:
    """Cells added on each side of height and width; they stand for real 0."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def __post_init__(self) -> None:
        if min(self.top, self.bottom, self.left, self.right) < 0:
            raise ConversionError(what=f"negative padding {self}")

    @property
    def is_zero(self) -> bool:
        return self == Padding()

    def plus(self, other: "Padding") -> "Padding":
        return Padding(
            top=self.top + other.top,
            bottom=self.bottom + other.bottom,
            left=self.left + other.left,
            right=self.right + other.right,
        )


@dataclass(frozen=True, kw_only=True)
class Window:
    """Kernel size, stride, dilation as (height, width), and padding."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = Padding()

    def __post_init__(self) -> None:
        if min(*self.kernel, *self.stride, *self.dilation) < 1:
            raise ConversionError(what=f"kernel, stride and dilation must be positive: {self}")

    @property
    def extent(self) -> tuple[int, int]:
        """Input cells from the first tap to the last, inclusive."""
        (kh, kw), (dh, dw) = self.kernel, self.dilation
        return (kh - 1) * dh + 1, (kw - 1) * dw + 1

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        pad, (eh, ew), (sh, sw) = self.padding, self.extent, self.stride
        padded_h, padded_w = height + pad.top + pad.bottom, width + pad.left + pad.right
        if padded_h < eh or padded_w < ew:
            raise ConversionError(
                what=f"a {eh}x{ew} window does not fit into the padded {padded_h}x{padded_w} input"
            )
        return (padded_h - eh) // sh + 1, (padded_w - ew) // sw + 1

    def pad(self, x: NDArray, value: float) -> NDArray:
        """Return x [N, H, W, C] with the padding filled with `value`."""
        p = self.padding
        widths = ((0, 0), (p.top, p.bottom), (p.left, p.right), (0, 0))
        return x if p.is_zero else np.pad(x, widths, constant_values=value)

    def taps(self, padded: NDArray) -> Iterator[tuple[int, int, NDArray]]:
        """Yield (ky, kx, cells): what that tap sees at every output pixel, [N, OH, OW, C]."""
        (kh, kw), (sh, sw), (dh, dw) = self.kernel, self.stride, self.dilation
        oh = (padded.shape[1] - self.extent[0]) // sh + 1
        ow = (padded.shape[2] - self.extent[1]) // sw + 1
        for ky in range(kh):
            for kx in range(kw):
                rows = slice(ky * dh, ky * dh + (oh - 1) * sh + 1, sh)
                columns = slice(kx * dw, kx * dw + (ow - 1) * sw + 1, sw)
                yield ky, kx, padded[:, rows, columns]


def same_padding(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Padding:
    """TensorFlow's SAME padding for a (height, width): the odd cell is bottom and right (Q5)."""

    def split(length: int, k: int, s: int, d: int) -> tuple[int, int]:
        total = max((-(-length // s) - 1) * s + (k - 1) * d + 1 - length, 0)
        return total // 2, total - total // 2

    (top, bottom), (left, right) = map(split, size, kernel, stride, dilation)
    return Padding(top=top, bottom=bottom, left=left, right=right)
