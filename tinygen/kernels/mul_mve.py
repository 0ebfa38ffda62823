"""The C kernel of Mul for Helium (MVE)."""

from collections.abc import Mapping

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels import mve
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.kernels.mul_rows import has_right_shift, repeats_by_rows, rows_of
from tinygen.ops.mul import Mul

LARGEST_RIGHT = 31

TOGETHER = 8
"""Values of a vector of 16 bits."""


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Mul = call.op
    (order, rows), m = rows_of(call), op.tflm_multiplier(call)
    low, high = op.activation.integer_bounds(call.output.quantization)
    params = Struct(
        tag="tg_mul_mve",
        fields={
            **rows,
            "multiplier": m.value,
            "minus_shift": m.shift,
            "minus_a_zero_point": -call.inputs[order[0]].zero_point,
            "minus_b_zero_point": -call.inputs[order[1]].zero_point,
            "out_zero_point": call.output.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=order),)


def _counts(call: Call) -> Mapping[str, float]:
    """Rows, their whole vectors, and ends of rows that are none."""
    _, shape = rows_of(call)
    rows = shape["rows"]
    vectors, rest = divmod(shape["depth"], TOGETHER)
    return {"call": 1, "rows": rows, "vectors": rows * vectors, "ends": rows if rest else 0}


KERNELS = (
    Kernel(
        op=Mul,
        symbol="tg_mul_s8_mve",
        header="tg_mul_mve.h",
        source="arm_mve/tg_mul_s8_mve.c",
        arithmetics=frozenset({Arithmetic.TFLM}),
        needs=mve.MVE,
        specificity=mve.SPECIFICITY,
        fits=all_of(sizes_fit, repeats_by_rows, has_right_shift(LARGEST_RIGHT)),
        lower=_lower,
        in_place=(0, 1),
        counts=_counts,
    ),
)
