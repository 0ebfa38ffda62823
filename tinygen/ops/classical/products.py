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

    Inputs: x [1, F], int8 or int16; factors [K, D], int16, -1 behind the last one of a product; shifts [K, D], int16,
    0 in the first column. No p may leave int16.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16), 3)
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

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x, factors, shifts = (a.astype(np.int64) for a in inputs)
        product = x[:, factors[:, 0]]
        for factor, shift in zip(factors.T[1:], shifts.T[1:], strict=True):
            product = np.where(factor < 0, product, product * x[:, factor] >> shift)
        return product.astype(np.int16)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        (x, *_), (factors, shifts) = inputs, (t.data.astype(np.int64) for t in call.inputs[1:])
        low, high = x.low[factors[:, 0]], x.high[factors[:, 0]]
        for factor, shift in zip(factors.T[1:], shifts.T[1:], strict=True):
            ends = np.stack([a * b for a in (low, high) for b in (x.low[factor], x.high[factor])])
            low = np.where(factor < 0, low, ends.min(axis=0) >> shift)
            high = np.where(factor < 0, high, ends.max(axis=0) >> shift)
            if low.min() < -32768 or high.max() > 32767:
                raise call.unsupported("products can leave int16", "larger shifts")
        return (Range(low=low, high=high),)
