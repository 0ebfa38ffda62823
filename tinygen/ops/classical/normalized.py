"""A row divided by its length. Rules U4 and U9 of ARITHMETIC.md."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.classical.neighbor_weights import floor_root
from tinygen.ops.classical.operator import ClassicalOperator
from tinygen.ops.classical.wide_kernel_sums import whole_root

ONE_BITS = 14
"""2^14 stands for 1."""

WIDE_ONE_BITS = 30
"""2^30 stands for 1 where numbers are int32, up to WIDE_MOST."""

WIDE_MOST = 2**28

MOST = 2**14 - 1
"""The largest number, and the root of the largest sum of squares."""


class Norm(enum.Enum):
    """The length of a row."""

    L1 = "l1"
    """The sum of the absolute values."""

    L2 = "l2"
    """The root of the sum of the squares."""

    MAX = "max"
    """The largest absolute value."""


@dataclass(frozen=True, kw_only=True)
class Normalized(ClassicalOperator):
    """y[k] = (x[k] * inverse + half) >> shift, about 2^14 * x[k] / length; 0 where all are 0

    Input: x [1, K], int8 or int16, where numbers beyond -16383..16383 count as these. n is the sum of |x[k]| (L1), the
    largest of them (MAX) or the sum of squares (L2), z = clz(n) (L2: made even),
    r = (n << z) >> 16 (L2: floor(sqrt(n << z))), inverse = floor(2^31 / r), shift = 33 - z (L2: 17 - z / 2).
    Of int32 y[k] = trunc(2^30 * x[k] / n), with 64 bits (L2: trunc(2^(30 + z / 2) * x[k] / floor(sqrt(n << z))), z the
    least even number with which n << z is no less than 2^60).
    """

    norm: Norm

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16, DType.INT32), 1)
        return (inputs[0].shape,)

    def check_integer(self, call: Call) -> None:
        wanted = DType.INT32 if call.inputs[0].dtype is DType.INT32 else DType.INT16
        if call.output.dtype is not wanted:
            raise call.unsupported(f"makes {call.output.describe()}", wanted.value)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        if call.inputs[0].dtype is DType.INT32:
            return self._wide(inputs[0].astype(np.int64)).astype(np.int32)
        x = np.clip(inputs[0].astype(np.int64), -MOST, MOST)
        size = np.maximum(self._size(x), 1)
        zeros = 31 - np.floor(np.log2(size.astype(np.float64))).astype(np.int64)
        if self.norm is Norm.L2:
            zeros &= ~1
            root, shift = floor_root(size << zeros), 17 - zeros // 2
        else:
            root, shift = (size << zeros) >> 16, 33 - zeros
        inverse = 2**31 // root
        half = np.int64(1) << (shift - 1)
        return ((x * inverse[:, None] + half[:, None]) >> shift[:, None]).astype(np.int16)

    def _wide(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        size = np.maximum(self._size(x), 1)
        shift = np.zeros_like(size)
        if self.norm is Norm.L2:
            while (is_small := size < 2**60).any():
                size, shift = np.where(is_small, size << 2, size), shift + is_small
            size = whole_root(size)
        return np.sign(x) * ((np.abs(x) << (WIDE_ONE_BITS + shift[:, None])) // size[:, None])

    def _size(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        match self.norm:
            case Norm.L1:
                return np.abs(x).sum(axis=1)
            case Norm.L2:
                return (x * x).sum(axis=1)
            case Norm.MAX:
                return np.abs(x).max(axis=1)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        if call.inputs[0].dtype is DType.INT32:
            return self._wide_ranges(call, inputs[0])
        most = np.minimum(np.maximum(np.abs(inputs[0].low), np.abs(inputs[0].high)), MOST)
        if self._size(most[None])[0] >= 2**30:
            raise call.unsupported("a row can be too long", "smaller features")
        # r is rounded down, and so the quotient up: by 2^-15 of it, and a bit
        reach = np.full(len(most), (1 << ONE_BITS) + 2)
        return (Range(low=np.where(most > 0, -reach, 0), high=np.where(most > 0, reach, 0)),)

    def _wide_ranges(self, call: Call, x: Range) -> tuple[Range, ...]:
        most = np.maximum(np.abs(x.low), np.abs(x.high)).astype(object)
        if most.max() > WIDE_MOST or (most**2).sum() >= 2**62:
            raise call.unsupported("a row can be too long", "smaller features")
        # roots are rounded down
        reach = np.full(len(most), (1 << WIDE_ONE_BITS) + 4)
        return (Range(low=-reach, high=reach),)
