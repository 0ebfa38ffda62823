"""The class with the largest score."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.classical.arg_max import ArgMax


def _lower(call: Call) -> tuple[KernelCall, ...]:
    fields = {"count": call.inputs[0].channels, "threshold": call.op.threshold}
    return (KernelCall(params=Struct(tag="tg_arg_max", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=ArgMax,
        symbol="tg_arg_max_s32",
        header="tg_arg_max.h",
        source="portable/tg_arg_max_s32.c",
        lower=_lower,
        estimate=lambda call: 10.0 + 6.0 * call.inputs[0].size,
    ),
)
