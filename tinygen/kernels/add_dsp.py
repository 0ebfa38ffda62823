"""C kernel of Add for the Arm DSP extension."""

from tinygen.ir import Call
from tinygen.kernels.binary import has_one_shape
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.add import Add
from tinygen.ops.unary import ALL_INT8
from tinygen.proofs.sums import Sum, prove_sum

SHIFT = 16
"""An immediate in the assembly."""

INPUT_BITS = 8
"""Inputs are in the upper halves of int16; a product loses 16 bits."""


def _sum(call: Call) -> Sum | None:
    a, b = (t.quantization.scale / call.output.quantization.scale for t in call.inputs)
    table = call.op.combine(call, ALL_INT8[:, None], ALL_INT8)
    return prove_sum(table, a, b, dropped=INPUT_BITS, shift=SHIFT, clamps=False)


def _has_form(call: Call) -> str | None:
    return "no sum of two products was proved for all pairs" if _sum(call) is None else None


def _lower(call: Call) -> tuple[KernelCall, ...]:
    form = _sum(call)
    if form is None:
        raise ValueError(f"layer '{call.node.name}' has no proved form")
    fields = {"size": call.output.size, "a_factor": form.a, "b_factor": form.b, "bias": form.bias}
    params = Struct(tag="tg_add_dsp", fields=fields)
    return (
        KernelCall(
            params=params,
            inputs=(0, 1),
            proofs=("sum of two products: compared for all pairs of int8",),
        ),
    )


KERNELS = (
    Kernel(
        op=Add,
        symbol="tg_add_s8_dsp",
        header="tg_add_dsp.h",
        source="arm_dsp/tg_add_s8_dsp.c",
        needs=DSP,
        fits=all_of(sizes_fit, has_one_shape, _has_form),
        lower=_lower,
        in_place=(0, 1),
        counts=lambda call: {"call": 1, "outputs": call.output.size},
    ),
)
