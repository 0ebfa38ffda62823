"""C kernel of Softmax that computes exponentials where it needs them: slower, and without a table."""

import math
from collections.abc import Mapping

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import leading_size, sizes_fit
from tinygen.ops.softmax import Softmax


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Softmax = call.op
    x = call.inputs[0]
    m = op.input_multiplier(call)
    params = Struct(
        tag="tg_softmax_compact",
        fields={
            "rows": leading_size(x),
            "multiplier": m.value,
            "depth": x.channels,
            "farthest": min(_farthest(m.shift), 255),
            "shift": m.shift,
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _farthest(shift: int) -> int:
    """The largest difference to the maximum that counts (rule S2)."""
    return math.floor(math.ldexp(31.0, 26 - shift))


def _counts(call: Call) -> Mapping[str, float]:
    x = call.inputs[0]
    return {"rows": leading_size(x), "inputs": x.size}


KERNELS = (
    Kernel(
        op=Softmax,
        symbol="tg_softmax_compact_s8",
        header="tg_softmax_compact.h",
        source="portable/tg_softmax_compact_s8.c",
        fits=sizes_fit,
        lower=_lower,
        in_place=(0,),
        specificity=-1,
        counts=_counts,
    ),
)
