"""Sum over axes. Rule M3 of ARITHMETIC.md.

Source of the arithmetic: TFLite Micro, reference/reduce.h (QuantizedMeanOrSum), reduce_common.cc.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Multiplier
from tinygen.ir import Call
from tinygen.ops.checks import multiplier
from tinygen.ops.mean import Mean


@dataclass(frozen=True, kw_only=True)
class Sum(Mean):
    """y = sum of x over `axes`, which are positive: never the batch (0). Input: x of any shape."""

    def multiplier(self, call: Call) -> Multiplier:
        """From sums of `x - zero_in` to the output's scale."""
        x, y = call.inputs[0].quantization, call.output.quantization
        return multiplier(call, x.scale / y.scale)

    def evaluate_float(self, call: Call, inputs: Sequence[NDArray]) -> NDArray:
        y = inputs[0].sum(axis=self.axes, keepdims=self.keep_dims, dtype=np.float64)
        return y.astype(np.float32)
