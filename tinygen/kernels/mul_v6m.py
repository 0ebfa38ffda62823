"""The C kernel of Mul for Armv6-M, which has products of 32 bits only."""

from collections.abc import Mapping

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import ARMV6M, sizes_fit
from tinygen.kernels.mul_rows import has_right_shift, repeats_by_rows, rows_of
from tinygen.ops.mul import Mul

LARGEST_RIGHT = 30
"""So that half of the divisor fits in int32."""


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Mul = call.op
    (order, rows), m = rows_of(call), op.tflm_multiplier(call)
    low, high = op.activation.integer_bounds(call.output.quantization)
    params = Struct(
        tag="tg_mul_v6m",
        fields={
            **rows,
            "multiplier": m.value,
            "shift": -m.shift,
            "a_zero_point": call.inputs[order[0]].zero_point,
            "b_zero_point": call.inputs[order[1]].zero_point,
            "out_zero_point": call.output.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=order),)


def _counts(call: Call) -> Mapping[str, float]:
    _, rows = rows_of(call)
    return {"call": 1, "rows": rows["rows"], "outputs": call.output.size}


KERNELS = (
    Kernel(
        op=Mul,
        symbol="tg_mul_s8_v6m",
        header="tg_mul_v6m.h",
        source="armv6m/tg_mul_s8_v6m.c",
        arithmetics=frozenset({Arithmetic.TFLM}),
        needs=ARMV6M,
        fits=all_of(sizes_fit, repeats_by_rows, has_right_shift(LARGEST_RIGHT)),
        lower=_lower,
        in_place=(0, 1),
        counts=_counts,
    ),
)
