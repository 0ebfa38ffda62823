"""Float32 features to int16."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.classical.lowering import int16
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, int32
from tinygen.ops.classical.fixed_point import FixedPoint

MANTISSA_SHIFT = 150
"""A float32 is its mantissa times 2^(biased exponent - 150)."""


def _lower(call: Call) -> tuple[KernelCall, ...]:
    exponents, offsets = call.inputs[1:]
    fields = {
        "count": exponents.size,
        "reach": call.op.reach,
        "shifts": int16("shifts", MANTISSA_SHIFT - exponents.data.astype(np.int64)),
        "offsets": int32("offsets", offsets.data),
    }
    return (KernelCall(params=Struct(tag="tg_fixed_point", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=FixedPoint,
        symbol="tg_fixed_point_f32",
        header="tg_fixed_point.h",
        source="portable/tg_fixed_point_f32.c",
        lower=_lower,
        estimate=lambda call: 25.0 * call.output.size,
    ),
)
