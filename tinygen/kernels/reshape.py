"""C kernel of Reshape: a copy, and no call at all where input and output share their address."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.reshape import Reshape


def _lower(call: Call) -> tuple[KernelCall, ...]:
    params = Struct(tag="tg_copy", fields={"size": call.output.bytes})
    return (KernelCall(params=params, inputs=(0,)),)


KERNELS = (
    Kernel(
        op=Reshape,
        symbol="tg_copy_s8",
        header="tg_copy.h",
        source="portable/tg_copy_s8.c",
        fits=sizes_fit,
        lower=_lower,
        in_place=(0,),
        moves_only=True,
    ),
)
