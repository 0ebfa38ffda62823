"""C kernel of Mul for the Arm DSP extension: two tensors of one shape, or one that all rows of the other share."""

import math
from collections.abc import Mapping

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.kernels.mul_rows import has_right_shift, repeats_by_rows, rows_of
from tinygen.ops.mul import Mul

LARGEST_RIGHT = 22
"""The output's zero point times 2 ** LARGEST_RIGHT, and the largest product, fit in int32."""


def _does_not_clamp(call: Call) -> str | None:
    op: Mul = call.op
    bounds = op.activation.integer_bounds(call.output.quantization)
    return None if bounds == (-128, 127) else "does not clamp"


def _lower(call: Call) -> tuple[KernelCall, ...]:
    (order, rows), m = rows_of(call), call.op.tflm_multiplier(call)
    right = -m.shift
    params = Struct(
        tag="tg_mul_dsp",
        fields={
            **rows,
            "multiplier": m.value,
            "offset": (1 << (right - 1)) + call.output.zero_point * (1 << right),
            "shift": right,
            "a_zero_point": call.inputs[order[0]].zero_point,
            "b_zero_point": call.inputs[order[1]].zero_point,
        },
    )
    return (KernelCall(params=params, inputs=order),)


def _counts(call: Call) -> Mapping[str, float]:
    """Rows, and fours and single elements of them."""
    depth = min(math.prod(t.shape) for t in call.inputs)
    rows = call.output.size // depth
    return {
        "call": 1,
        "rows": rows,
        "fours": rows * (depth // 4),
        "singles": rows * (depth % 4),
    }


KERNELS = (
    Kernel(
        op=Mul,
        symbol="tg_mul_s8_dsp",
        header="tg_mul_dsp.h",
        source="arm_dsp/tg_mul_s8_dsp.c",
        arithmetics=frozenset({Arithmetic.TFLM}),
        needs=DSP,
        fits=all_of(sizes_fit, repeats_by_rows, has_right_shift(LARGEST_RIGHT), _does_not_clamp),
        lower=_lower,
        in_place=(0, 1),
        counts=_counts,
    ),
)
