"""Functions by a table and straight lines."""

from tinygen.ir import Call
from tinygen.kernels.classical.lowering import int16
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.classical.interpolate import Interpolate


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Interpolate = call.op
    fields = {
        "count": call.output.size,
        "shift": op.shift,
        "bits": op.bits,
        "table": int16("table", call.inputs[1].data),
    }
    return (KernelCall(params=Struct(tag="tg_interpolate", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=Interpolate,
        symbol="tg_interpolate_s32",
        header="tg_interpolate.h",
        source="portable/tg_interpolate_s32.c",
        lower=_lower,
        estimate=lambda call: 20.0 * call.output.size,
    ),
)
