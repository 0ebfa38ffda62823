"""Squared lengths, and logarithms of sums of exponentials."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.classical.lowering import int16
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.log_sum_exp import LogSumExp
from tinygen.ops.classical.square_sums import SquareSums


def _lower_squares(call: Call) -> tuple[KernelCall, ...]:
    z, shifts, bias = call.inputs
    fields = {
        "outputs": bias.size,
        "group": z.channels // bias.size,
        "shift": call.op.shift,
        "shifts": Array(name="shifts", data=shifts.data.astype(np.int8), role=Role.CONSTANTS),
        "bias": int32("bias", bias.data),
    }
    return (KernelCall(params=Struct(tag="tg_square_sums", fields=fields), inputs=(0,)),)


def _lower_log(call: Call) -> tuple[KernelCall, ...]:
    op: LogSumExp = call.op
    fields = {
        "count": call.inputs[0].channels,
        "shift": op.shift,
        "bits": op.bits,
        "factor": op.factor,
        "factor_shift": op.factor_shift,
        "exponentials": int16("exponentials", call.inputs[1].data),
        "logarithms": int16("logarithms", call.inputs[2].data),
    }
    return (KernelCall(params=Struct(tag="tg_log_sum_exp", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=SquareSums,
        symbol="tg_square_sums_s32",
        header="tg_square_sums.h",
        source="portable/tg_square_sums_s32.c",
        lower=_lower_squares,
        estimate=lambda call: 14.0 * call.inputs[0].size + 10.0 * call.output.size,
    ),
    Kernel(
        op=LogSumExp,
        symbol="tg_log_sum_exp_s32",
        header="tg_log_sum_exp.h",
        source="portable/tg_log_sum_exp_s32.c",
        lower=_lower_log,
        estimate=lambda call: 20.0 * call.inputs[0].size + 40.0,
    ),
)
