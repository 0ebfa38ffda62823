"""C kernel of Softmax."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, int32
from tinygen.kernels.lowering import leading_size, sizes_fit
from tinygen.ops.softmax import Softmax


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Softmax = call.op
    x = call.inputs[0]
    params = Struct(
        tag="tg_softmax",
        fields={
            "rows": leading_size(x),
            "depth": x.channels,
            "exp_table": int32("exp_table", op.exp_table(call)),
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


KERNELS = (
    Kernel(
        op=Softmax,
        symbol="tg_softmax_s8",
        header="tg_softmax.h",
        source="portable/tg_softmax_s8.c",
        fits=sizes_fit,
        lower=_lower,
        in_place=(0,),
    ),
)
"""The arithmetic is the same for both definitions."""
