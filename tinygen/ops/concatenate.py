"""Joining tensors along an axis. Rule D2 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_inputs, input_range, union, unsupported
from tinygen.ops.quantization_rules import SameQuantization

MAX_INPUTS = 1024


@dataclass(frozen=True, kw_only=True)
class Concatenate(SameQuantization):
    """y = the inputs one after the other along `axis` (not negative); other axes are equal."""

    axis: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 1, MAX_INPUTS)
        shape = inputs[0].shape
        if not 0 <= self.axis < len(shape):
            raise unsupported(
                self, inputs, f"axis {self.axis} of the shape {list(shape)}", "axes of the inputs"
            )
        others = {self._without_axis(t.shape) for t in inputs}
        if len(others) != 1:
            shapes = ", ".join(str(list(t.shape)) for t in inputs)
            raise unsupported(
                self,
                inputs,
                f"the shapes {shapes} along axis {self.axis}",
                "shapes equal elsewhere",
            )
        length = sum(t.shape[self.axis] for t in inputs)
        return ((*shape[: self.axis], length, *shape[self.axis + 1 :]),)

    def _without_axis(self, shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        return len(shape), shape[: self.axis] + shape[self.axis + 1 :]

    def _join(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        if self.axis > 0:  # constants have no batch of their own
            batch = max(len(x) for x in inputs)
            inputs = [np.broadcast_to(x, (batch, *x.shape[1:])) for x in inputs]
        return np.concatenate(inputs, axis=self.axis)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._join(call, inputs)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self._join(call, inputs)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        ranges = [input_range(t, r, t.channels) for t, r in zip(call.inputs, inputs, strict=True)]
        if self.axis < len(call.output.shape) - 1:
            return (union(ranges),)
        low = np.concatenate([r.low for r in ranges])
        return (Range(low=low, high=np.concatenate([r.high for r in ranges])),)
