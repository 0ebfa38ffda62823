"""Features brought to one scale. Rule R1 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class ScaledFeatures(ClassicalOperator):
    """y[k] = clamp((x[sources[k]] * factors[k] + offsets[k]) >> shifts[k], -reach, reach)

    Inputs: x [1, F], int8, int16 or int32; sources, factors and shifts [K], int16; offsets [K], int32. Output: int8 or
    int16.
    """

    reach: int

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT8, DType.INT16, DType.INT32), 5)
        expect_constants(self, inputs, 1)
        x, sources, _, _, shifts = inputs
        if len({t.shape for t in inputs[1:]}) != 1 or len(sources.shape) != 1:
            raise unsupported(self, inputs, "constants of other lengths", "[K] each")
        if sources.data.min() < 0 or sources.data.max() >= x.channels:
            raise unsupported(self, inputs, "no such feature", f"features below {x.channels}")
        if shifts.data.min() < 0 or shifts.data.max() > 30 or not 1 <= self.reach <= 32767:
            raise unsupported(self, inputs, "shifts or a reach out of range", "0 to 30, int16")
        return ((1, sources.size),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        x, sources, factors, offsets, shifts = (a.astype(np.int64) for a in inputs)
        scaled = (x[:, sources] * factors + offsets) >> shifts
        return np.clip(scaled, -self.reach, self.reach).astype(call.output.dtype.numpy)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        sources, factors, offsets, shifts = (t.data.astype(np.int64) for t in call.inputs[1:])
        ends = np.stack([inputs[0].low[sources] * factors, inputs[0].high[sources] * factors])
        low, high = ends.min(0) + offsets, ends.max(0) + offsets
        if min(ends.min(), low.min()) < INT32_MIN or max(ends.max(), high.max()) > INT32_MAX:
            raise call.unsupported("products leave int32", "smaller factors")
        bounds = (-self.reach, self.reach)
        return (Range(low=np.clip(low >> shifts, *bounds), high=np.clip(high >> shifts, *bounds)),)
