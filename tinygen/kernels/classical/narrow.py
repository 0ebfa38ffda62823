"""Int32 sums to int16 values."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.classical.narrow import Narrow


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Narrow = call.op
    fields = {
        "count": call.output.size,
        "shift": op.shift,
        "half": op.half,
        "low": op.low,
        "high": op.high,
    }
    return (KernelCall(params=Struct(tag="tg_narrow", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=Narrow,
        symbol="tg_narrow_s32",
        header="tg_narrow.h",
        source="portable/tg_narrow_s32.c",
        lower=_lower,
        estimate=lambda call: 10.0 * call.output.size,
    ),
)
