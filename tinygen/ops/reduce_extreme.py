"""The largest and the smallest over axes. Rule M4 of ARITHMETIC.md.

Source: TFLite Micro, reduce_common.cc.
"""

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.mean import reduced_shape
from tinygen.ops.quantization_rules import SameQuantization


@dataclass(frozen=True, kw_only=True)
class ReduceOperator(SameQuantization):
    """y = the extreme of x over `axes`, which are positive: never the batch (0). Input: x of any shape."""

    axes: tuple[int, ...]
    keep_dims: bool = False

    @abc.abstractmethod
    def choose(self, x: NDArray, axis: int | tuple[int, ...], keepdims: bool) -> NDArray:
        """numpy's reduction."""

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        return (reduced_shape(self, inputs, self.axes, keep_dims=self.keep_dims),)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self.choose(inputs[0], self.axes, self.keep_dims)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        return self.choose(inputs[0], self.axes, self.keep_dims)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        x, channels = inputs[0], call.output.channels
        if len(call.inputs[0].shape) - 1 not in self.axes:
            return (x,)
        low, high = (np.full(channels, self.choose(v, 0, False)) for v in (x.low, x.high))
        return (Range(low=low, high=high),)


@dataclass(frozen=True, kw_only=True)
class ReduceMaximum(ReduceOperator):
    """y = max of x over `axes`, which are positive: never the batch (0). Input: x of any shape."""

    def choose(self, x: NDArray, axis: int | tuple[int, ...], keepdims: bool) -> NDArray:
        return x.max(axis=axis, keepdims=keepdims)


@dataclass(frozen=True, kw_only=True)
class ReduceMinimum(ReduceOperator):
    """y = min of x over `axes`, which are positive: never the batch (0). Input: x of any shape."""

    def choose(self, x: NDArray, axis: int | tuple[int, ...], keepdims: bool) -> NDArray:
        return x.min(axis=axis, keepdims=keepdims)
