"""Bilinear resizing. Rule D6 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/resize_bilinear.h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, expect_rank, unsupported
from tinygen.ops.quantization_rules import SameQuantization

FRACTION_BITS = 10
"""Of positions and weights along an axis."""

ONE = 1 << FRACTION_BITS


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Where the cells of an axis lie in the input: cell v at v * step + start, with FRACTION_BITS."""

    step: int
    start: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """For every output cell of an axis the two input cells beside it, and the weight of the second."""

    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    weight: NDArray


@dataclass(frozen=True, kw_only=True)
class ResizeBilinear(SameQuantization):
    """y[n,oy,ox,c] = the four pixels of x around (oy*H/OH, ox*W/OW), weighted with how near they are.

    Input: x [N, H, W, C]; `size` is (OH, OW). With `half_pixels` positions are those of the pixels' centers, with
    `aligned` those at which the corners of input and output meet.
    """

    size: tuple[int, int]
    aligned: bool = False
    half_pixels: bool = False

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        expect_rank(self, inputs, 0, 4)
        if min(self.size) < 1 or (self.aligned and self.half_pixels):
            what = f"size {self.size}, aligned {self.aligned}, half_pixels {self.half_pixels}"
            raise unsupported(self, inputs, what, "positive sizes; corners or centers that meet")
        n, _, _, channels = inputs[0].shape
        return ((n, *self.size, channels),)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        for axis in range(2):
            length = call.inputs[0].shape[1 + axis]
            if self.integer_places(length, axis).lower.max() >= length:
                raise call.unsupported(
                    f"from {length} to {self.size[axis]} cells positions round to beyond the end",
                    "outputs that are less than some hundred times as long as the input",
                )

    def grid(self, length: int, axis: int) -> Grid:
        """In integers, for an axis of the input."""
        made = self.size[axis]
        spans, count = (length - 1, made - 1) if self._is_aligned(axis) else (length, made)
        step = (ONE * spans + count // 2) // count
        return Grid(step=step, start=step // 2 - ONE // 2 if self.half_pixels else 0)

    def integer_places(self, length: int, axis: int) -> Places:
        grid = self.grid(length, axis)
        at = np.arange(self.size[axis], dtype=np.int64) * grid.step + grid.start
        lower = np.maximum(at, 0) >> FRACTION_BITS
        upper = np.minimum(np.maximum(at + ONE - 1, 0) >> FRACTION_BITS, length - 1)
        return Places(lower=lower, upper=upper, weight=at - ONE * lower)

    def _is_aligned(self, axis: int) -> bool:
        return self.aligned and self.size[axis] > 1

    def _float_places(self, length: int, axis: int) -> Places:
        f32, made = np.float32, self.size[axis]
        at = np.arange(made, dtype=f32)
        if self._is_aligned(axis):
            at = at * (f32(length - 1) / f32(made - 1))
        elif self.half_pixels:
            at = (at + f32(0.5)) * (f32(length) / f32(made)) - f32(0.5)
        else:
            at = at * (f32(length) / f32(made))
        lower = np.clip(np.floor(at), 0, length - 1).astype(np.int64)
        upper = np.clip(np.ceil(at), 0, length - 1).astype(np.int64)
        return Places(lower=lower, upper=upper, weight=at - lower.astype(f32))

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        rows, columns = (self._float_places(inputs[0].shape[1 + axis], axis) for axis in range(2))
        return _weighted(inputs[0], rows, columns, np.float32(1)).astype(np.float32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x = inputs[0].astype(np.int64)
        rows, columns = (self.integer_places(x.shape[1 + axis], axis) for axis in range(2))
        total, bits = _weighted(x, rows, columns, ONE), 2 * FRACTION_BITS
        nearest = (np.abs(total) + (1 << (bits - 1))) >> bits
        return (np.sign(total) * nearest).astype(np.int8)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (inputs[0],)


def _weighted(x: NDArray, rows: Places, columns: Places, one: int | np.float32) -> NDArray:
    """The sum over the four pixels; where both of an axis are one, their weights add up to `one` all the same."""
    along = rows.weight[:, None, None]
    between = (one - along) * x[:, rows.lower] + along * x[:, rows.upper]
    along = columns.weight[:, None]
    return (one - along) * between[:, :, columns.lower] + along * between[:, :, columns.upper]
