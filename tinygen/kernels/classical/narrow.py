"""Int32 sums to int16 values."""

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.classical.narrow import Narrow


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Narrow = call.op
    least, most = (op.low << op.shift) - op.half, ((op.high + 1) << op.shift) - 1 - op.half
    fields = {
        "count": call.output.size,
        "shift": op.shift,
        "half": op.half,
        "least": 0 if op.low == 0 else max(least, INT32_MIN),
        "most": min(most, INT32_MAX - op.half),
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
