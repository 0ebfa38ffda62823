"""Penalties of values that a class has hardly ever. Rule T9 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class SharpPenalties(ClassicalOperator):
    """y[c] = scores[c] - sum over the entries of output c of min(d * weight, limit) << scale, saturated at -2^31,
    d = min((x[feature] - center)^2 >> shift, 65535) for a difference that is not 0, 1 at least

    Inputs: scores [1, C], int32; x [1, K], int8 or int16; groups [G, 3]: feature, center, number of entries; entries
    [E, 2]: output, weight in 0..32767; both int16.
    """

    shift: int
    scale: int
    limit: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 4)
        expect_constants(self, inputs, 2)
        scores, x, groups, entries = inputs
        g, e = groups.data, entries.data
        fits = x.dtype in (DType.INT8, DType.INT16) and 0 <= self.shift < 31 and self.scale >= 0
        inside = g[:, 0].max() < x.channels and e[:, 0].max() < scores.channels
        counted = g[:, 2].sum() == len(e) and e.min() >= 0 and g[:, ::2].min() >= 0
        if not (fits and inside and counted and 0 < self.limit << self.scale < 2**30):
            raise unsupported(self, inputs, "groups, entries or shifts out of range", "see rule T9")
        return (scores.shape,)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        scores, x, groups, entries = (a.astype(np.int64) for a in inputs)
        y, first = scores.copy(), 0
        for feature, center, count in groups:
            difference = x[:, feature] - center
            d = np.clip(difference * difference >> self.shift, difference != 0, 65535)
            for output, weight in entries[first : first + count]:
                penalty = np.minimum(d * weight, self.limit) << self.scale
                y[:, output] = np.maximum(y[:, output] - penalty, INT32_MIN)
            first += count
        return y.astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        high = inputs[0].high
        return (Range(low=np.full_like(high, INT32_MIN), high=high),)
