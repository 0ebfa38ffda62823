"""Probabilities of int32 scores."""

from tinygen.ir import Call
from tinygen.kernels.classical.lowering import int16
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.classical.softmax_scores import SoftmaxScores


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: SoftmaxScores = call.op
    fields = {
        "count": call.inputs[0].channels,
        "shift": op.shift,
        "bits": op.bits,
        "table": int16("table", call.inputs[1].data),
    }
    return (KernelCall(params=Struct(tag="tg_softmax_scores", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=SoftmaxScores,
        symbol="tg_softmax_scores_s32",
        header="tg_softmax_scores.h",
        source="portable/tg_softmax_scores_s32.c",
        lower=_lower,
        estimate=lambda call: 60.0 * call.output.size,
    ),
)
