"""Penalties of values that a class has hardly ever. Rule T9 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator

MOST_OUTPUTS = 256


@dataclass(frozen=True, kw_only=True)
class SharpPenalties(ClassicalOperator):
    """y[c] = scores[c] - sum over the groups of which c is an output of min(d * weight, limit) << scale, saturated at
    -2^31; d = min((x[feature] - center)^2 >> shift, 65535) for a difference that is not 0, 1 at least

    Inputs: scores [1, C], int32; x [1, K], int8 or int16; groups [G, 4]: feature, center, weight in 0..32767, number of
    outputs; outputs [E] of all groups, one after the other; both int16.
    """

    shift: int
    scale: int
    limit: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 4)
        expect_constants(self, inputs, 2)
        scores, x, groups, outputs = inputs
        g, o = groups.data, outputs.data
        fits = x.dtype in (DType.INT8, DType.INT16) and 0 <= self.shift < 31 and self.scale >= 0
        inside = g[:, 0].max() < x.channels and 0 <= o.min() <= o.max() < scores.channels
        counted = g[:, 3].sum() == len(o) and g[:, 0].min() >= 0 and g[:, 2:].min() >= 0
        few = scores.channels <= MOST_OUTPUTS and g[:, 3].max() < MOST_OUTPUTS
        if not (fits and inside and counted and few and 0 < self.limit << self.scale < 2**30):
            raise unsupported(self, inputs, "groups, outputs or shifts out of range", "see rule T9")
        return (scores.shape,)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        scores, x, groups, outputs = (a.astype(np.int64) for a in inputs)
        y, first = scores.copy(), 0
        for feature, center, weight, count in groups:
            difference = x[:, feature] - center
            d = np.clip(difference * difference >> self.shift, difference != 0, 65535)
            penalty = np.minimum(d * weight, self.limit) << self.scale
            for output in outputs[first : first + count]:
                y[:, output] = np.maximum(y[:, output] - penalty, INT32_MIN)
            first += count
        return y.astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        high = inputs[0].high
        return (Range(low=np.full_like(high, INT32_MIN), high=high),)
