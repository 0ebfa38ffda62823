"""C kernel of Concatenate: one call for each input."""

from math import prod

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.concatenate import Concatenate


def _lower(call: Call) -> tuple[KernelCall, ...]:
    axis, out = call.op.axis, call.output.shape
    calls, offset = [], 0
    for i, tensor in enumerate(call.inputs):
        size = prod(tensor.shape[axis:])
        fields = {
            "blocks": prod(out[:axis]),
            "size": size,
            "out_step": prod(out[axis:]),
            "offset": offset,
        }
        calls.append(KernelCall(params=Struct(tag="tg_concatenate", fields=fields), inputs=(i,)))
        offset += size
    return tuple(calls)


KERNELS = (
    Kernel(
        op=Concatenate,
        symbol="tg_concatenate_s8",
        header="tg_concatenate.h",
        source="portable/tg_concatenate_s8.c",
        fits=sizes_fit,
        lower=_lower,
    ),
)
