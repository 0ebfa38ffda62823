"""Float32 features to int16 or int32."""

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import unsigned
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, int32
from tinygen.ops.classical.fixed_point import FixedPoint

MANTISSA_SHIFT = 158
"""A float32 is its mantissa, as the upper 24 bits of 32, times 2^(biased exponent - 158)."""


def _lower(call: Call) -> tuple[KernelCall, ...]:
    exponents, offsets = call.inputs[1:]
    fields = {
        "count": exponents.size,
        "reach": call.op.reach,
        "shifts": unsigned("shifts", MANTISSA_SHIFT - exponents.data.astype(np.int64), np.uint8),
        "offsets": int32("offsets", offsets.data),
    }
    return (KernelCall(params=Struct(tag="tg_fixed_point", fields=fields), inputs=(0,)),)


def _kernel(to: DType) -> Kernel:
    def fits(call: Call) -> str | None:
        return None if call.output.dtype is to else f"makes {to.value}"

    symbol = "tg_fixed_point_f32" if to is DType.INT16 else "tg_fixed_point_f32_s32"
    return Kernel(
        op=FixedPoint,
        symbol=symbol,
        header="tg_fixed_point.h",
        source=f"portable/{symbol}.c",
        fits=fits,
        lower=_lower,
        estimate=lambda call: 25.0 * call.output.size,
    )


KERNELS = (_kernel(DType.INT16), _kernel(DType.INT32))
