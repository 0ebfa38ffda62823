"""Votes of decisions between two classes each."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.classical.pair_votes import PairVotes


def _lower(call: Call) -> tuple[KernelCall, ...]:
    fields = {"classes": call.output.channels}
    return (KernelCall(params=Struct(tag="tg_pair_votes", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=PairVotes,
        symbol="tg_pair_votes_s32",
        header="tg_pair_votes.h",
        source="portable/tg_pair_votes_s32.c",
        lower=_lower,
        estimate=lambda call: 10.0 * call.inputs[0].size,
    ),
)
