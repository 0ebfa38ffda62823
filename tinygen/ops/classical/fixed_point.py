"""Float32 features to int16 or int32, without floating-point arithmetic. Rule T5 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

LEAST_EXPONENT, MOST_EXPONENT = -97, 100
MOST_OF_BITS = 28


@dataclass(frozen=True, kw_only=True)
class FixedPoint(ClassicalOperator):
    """y[k] = clamp(trunc(x[k] * 2^exponents[k]) - offsets[k]) to `bits` bits; NaN is an infinity of its sign

    Inputs: x [1, K], float32; exponents [K], int16; offsets [K], int32 in -2^29..2^29. Output: int16, with more than 16
    bits int32.
    """

    bits: int = 16

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.FLOAT32,), 3)
        expect_constants(self, inputs, 1)
        x, exponents, offsets = inputs
        e, o = exponents.data.astype(np.int64), np.abs(offsets.data.astype(np.int64))
        if e.shape != (x.channels,) or o.shape != e.shape:
            raise unsupported(self, inputs, "constants of other lengths", f"[{x.channels}]")
        if e.min() < LEAST_EXPONENT or e.max() > MOST_EXPONENT or o.max() > 2**29:
            raise unsupported(self, inputs, "exponents or offsets out of range", "see rule T5")
        if not 2 <= self.bits <= MOST_OF_BITS:
            raise unsupported(self, inputs, f"{self.bits} bits", f"2 to {MOST_OF_BITS} bits")
        return (x.shape,)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x, exponents, offsets = inputs
        # a product with a power of two is exact in float64; a signalling NaN becomes a quiet one, with a warning
        with np.errstate(invalid="ignore"):
            real = np.ldexp(np.asarray(x, np.float64), exponents.astype(np.int32))
        real = np.where(np.isnan(x), np.copysign(np.inf, x), real)
        whole = np.clip(np.trunc(real), -(2.0**31) + 1, 2.0**31 - 1).astype(np.int64)
        return np.clip(whole - offsets, -self.reach, self.reach - 1).astype(call.output.dtype.numpy)

    @property
    def output_type(self) -> DType:
        return DType.INT16 if self.bits <= 16 else DType.INT32

    @property
    def reach(self) -> int:
        """2^(bits - 1)"""
        return 1 << (self.bits - 1)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (Range.full(call.output.channels, -self.reach, self.reach - 1),)
