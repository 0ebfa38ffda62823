"""Elementwise functions of two tensors that broadcast: what they share."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Integers
from tinygen.ir import Call, Operator, Range, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.checks import expect_inputs, input_range, unsupported


@dataclass(frozen=True, kw_only=True)
class BinaryOperator(Operator):
    """y = f(a, b), clamped. Inputs: a, b of shapes that broadcast as in numpy; one may be constant."""

    activation: Activation = Activation.NONE

    @abc.abstractmethod
    def function(self, a: NDArray, b: NDArray) -> NDArray:
        """The real function without the activation, in the floating-point type of a and b."""

    @abc.abstractmethod
    def combine(self, call: Call, a: NDArray, b: NDArray) -> Integers:
        """The int8 outputs (as int64) for int8 values of a and b that broadcast."""

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        expect_inputs(self, inputs, 2, 2)
        a, b = (t.shape for t in inputs)
        try:
            shape = np.broadcast_shapes(a, b)
        except ValueError:
            raise unsupported(
                self, inputs, f"the shapes {list(a)} and {list(b)}", "shapes that broadcast"
            ) from None
        return (shape,)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        for tensor in call.inputs:  # constants too
            call.expect_int8(tensor)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        y = self.function(*_aligned(call, inputs))
        return self.activation.apply_float(y).astype(np.float32)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self.combine(call, *_aligned(call, inputs)).astype(np.int8)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        """For functions that are monotone in a for every b, and in b for every a: extremes lie at the ends."""
        channels = call.output.channels
        a, b = (input_range(t, r, channels) for t, r in zip(call.inputs, inputs, strict=True))
        corners = [self.combine(call, p, q) for p in (a.low, a.high) for q in (b.low, b.high)]
        return (Range(low=np.min(corners, axis=0), high=np.max(corners, axis=0)),)


def _aligned(call: Call, inputs: Sequence[NDArray]) -> list[NDArray]:
    """Insert the dimensions that broadcasting adds behind the batch of the data, not before it."""
    rank = len(call.output.shape)
    padded = ((1,) * (rank - len(t.shape)) + t.shape for t in call.inputs)
    return [x.reshape((-1, *shape[1:])) for x, shape in zip(inputs, padded, strict=True)]
