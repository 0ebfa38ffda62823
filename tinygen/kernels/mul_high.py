"""The C kernel of Mul for cores that give the upper half of a 64-bit product."""

from collections.abc import Mapping

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.kernels.mul_rows import has_right_shift, repeats_by_rows, rows_of
from tinygen.ops.mul import Mul

MUL64 = frozenset({"mul64"})

LARGEST_PRESCALE, LEAST_PRESCALE = 14, 2
"""255 * 255 << 14 fits in int32; with less than 2 the half that rounds is no integer."""

LARGEST_SUM = 23
"""Of the prescale and the shift to the right: 128 * 2 ** (LARGEST_SUM - 1) and what is added to it fit in int32."""


def _does_not_clamp(call: Call) -> str | None:
    op: Mul = call.op
    bounds = op.activation.integer_bounds(call.output.quantization)
    return None if bounds == (-128, 127) else "does not clamp"


def _lower(call: Call) -> tuple[KernelCall, ...]:
    (order, rows), m = rows_of(call), call.op.tflm_multiplier(call)
    right = -m.shift
    prescale = min(LARGEST_PRESCALE, LARGEST_SUM - right)
    one = 1 << (prescale - 1)
    half = (1 << (right - 1)) + call.output.zero_point * (1 << right)
    params = Struct(
        tag="tg_mul_high",
        fields={
            **rows,
            "multiplier": m.value,
            "offset": one // 2 + half * one,
            "minus_one": -one,
            "prescale": prescale,
            "shift": right + prescale - 1,
            "a_zero_point": call.inputs[order[0]].zero_point,
            "b_zero_point": call.inputs[order[1]].zero_point,
        },
    )
    return (KernelCall(params=params, inputs=order),)


def _counts(call: Call) -> Mapping[str, float]:
    _, rows = rows_of(call)
    return {"call": 1, "rows": rows["rows"], "outputs": call.output.size}


KERNELS = (
    Kernel(
        op=Mul,
        symbol="tg_mul_high_s8",
        header="tg_mul_high.h",
        source="portable/tg_mul_high_s8.c",
        arithmetics=frozenset({Arithmetic.TFLM}),
        needs=MUL64,
        specificity=-1,
        fits=all_of(
            sizes_fit,
            repeats_by_rows,
            has_right_shift(LARGEST_SUM - LEAST_PRESCALE),
            _does_not_clamp,
        ),
        lower=_lower,
        in_place=(0, 1),
        counts=_counts,
    ),
)
