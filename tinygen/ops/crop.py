"""Cropping. Rule D5 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, unsupported
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class Crop(SameQuantization):
    """y = x without (before, after) cells on each axis but the batch."""

    crops: tuple[tuple[int, int], ...]

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, 1)
        shape = inputs[0].shape
        if len(self.crops) != len(shape):
            what = f"{len(self.crops)} croppings for the shape {list(shape)}"
            raise unsupported(self, inputs, what, "one pair for each axis")
        if self.crops[0] != (0, 0) or any(min(pair) < 0 for pair in self.crops):
            what = f"croppings {[list(pair) for pair in self.crops]}"
            raise unsupported(
                self, inputs, what, "croppings of 0 and above, none on the first axis"
            )
        left = tuple(d - b - a for d, (b, a) in zip(shape, self.crops, strict=True))
        if min(left) < 1:
            what = f"croppings {[list(pair) for pair in self.crops]} of the shape {list(shape)}"
            raise unsupported(self, inputs, what, "croppings that leave something")
        return (left,)

    def _cropped(self, x: NDArray) -> NDArray:
        inside = zip(self.crops[1:], x.shape[1:], strict=True)
        return x[(slice(None), *(slice(b, d - a) for (b, a), d in inside))]

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._cropped(inputs[0])

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._cropped(inputs[0])

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        before, after = self.crops[-1]
        kept = slice(before, inputs[0].channels - after)
        return (Range(low=inputs[0].low[kept], high=inputs[0].high[kept]),)
