"""Products of features. Rule U3 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class Products(ClassicalOperator):
    """y[k]: p = x[factors[k, 0]]; for every next factor p = (p * x[factors[k, d]]) >> shifts[k, d]; y = p

    Inputs: x [1, F], int8, int16 or int32; factors [K, D], int16, -1 behind the last one of a product; shifts [K, D],
    int16, 0 in the first column. No p may leave the type of the output, int16, or int32 where that is the type of x.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16, DType.INT32), 3)
        expect_constants(self, inputs, 1)
        x, factors, shifts = inputs
        if len(factors.shape) != 2 or factors.shape != shifts.shape:
            raise unsupported(self, inputs, f"factors {factors.describe()}", "[K, D], and shifts")
        used = factors.data >= 0
        ends = (used[:, 1:] & ~used[:, :-1]).any() or not used[:, 0].all()
        if ends or factors.data.max() >= x.channels:
            raise unsupported(self, inputs, "no such feature", f"features below {x.channels}")
        if shifts.data.min() < 0 or shifts.data.max() > 31 or shifts.data[:, 0].any():
            raise unsupported(self, inputs, "shifts out of range", "0 to 31")
        return ((1, factors.shape[0]),)

    def check_integer(self, call: Call) -> None:
        wanted = DType.INT32 if call.inputs[0].dtype is DType.INT32 else DType.INT16
        if call.output.dtype is not wanted:
            raise call.unsupported(f"makes {call.output.describe()}", wanted.value)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x, factors, shifts = (a.astype(np.int64) for a in inputs)
        product = x[:, factors[:, 0]]
        for factor, shift in zip(factors.T[1:], shifts.T[1:], strict=True):
            product = np.where(factor < 0, product, product * x[:, factor] >> shift)
        return product.astype(call.output.dtype.numpy)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        (x, *_), (factors, shifts) = inputs, (t.data.astype(np.int64) for t in call.inputs[1:])
        low, high = x.low[factors[:, 0]], x.high[factors[:, 0]]
        for factor, shift in zip(factors.T[1:], shifts.T[1:], strict=True):
            ends = np.stack([a * b for a in (low, high) for b in (x.low[factor], x.high[factor])])
            low = np.where(factor < 0, low, ends.min(axis=0) >> shift)
            high = np.where(factor < 0, high, ends.max(axis=0) >> shift)
            least, most = call.output.dtype.limits
            if low.min() < least or high.max() > most:
                raise call.unsupported("products can leave their type", "larger shifts")
        return (Range(low=low, high=high),)
