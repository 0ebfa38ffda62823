"""What the operators of classical models share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Operator, Range, Tensor
from tinygen.ops.checks import unsupported

FEATURE_TYPES = (DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32)


@dataclass(frozen=True, kw_only=True)
class ClassicalOperator(Operator):
    """An operator that exists on integers only, for one row [1, features] of numbers at a time."""

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        raise call.unsupported("it has no float form", "integer graphs")

    def check_integer(self, call: Call) -> None:
        for tensor in call.outputs:
            if not tensor.dtype.is_integer or tensor.quantization is None:
                raise call.unsupported(f"'{tensor.name}' is {tensor.describe()}", "integer outputs")

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return tuple(Range.full(t.channels, *t.dtype.limits) for t in call.outputs)

    def expect_row(self, inputs: Sequence[Tensor], types: Sequence[DType], count: int) -> None:
        """Raise UnsupportedError unless there are `count` inputs, the first a row of one of these types."""
        if len(inputs) != count:
            raise unsupported(self, inputs, f"{len(inputs)} inputs", f"{count} inputs")
        x = inputs[0]
        if len(x.shape) != 2 or x.shape[0] != 1 or x.dtype not in types:
            names = ", ".join(t.value for t in types)
            raise unsupported(self, inputs, f"an input {x.describe()}", f"[1, features] of {names}")


def float_order(x: NDArray) -> NDArray[np.int64]:
    """Numbers as integers of the same order (rule T1): integers as they are, float32 by their bits."""
    if x.dtype.kind == "i":
        return x.astype(np.int64)
    bits = np.asarray(x, np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)


def float_of_order(order: NDArray[np.int64]) -> NDArray[np.float32]:
    """The float32 numbers that have these integers: the inverse of `float_order`."""
    order = np.asarray(order, np.int64)
    bits = np.where(order < 0, order ^ 0x7FFFFFFF, order)
    return bits.astype(np.int32).view(np.float32)
