"""Decisions between two classes each, and their votes."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, int32
from tinygen.ops.classical.pair_decisions import PairDecisions, classes_of_pairs
from tinygen.ops.classical.pair_votes import PairVotes


def _lower_decisions(call: Call) -> tuple[KernelCall, ...]:
    bias = call.inputs[1].data
    fields = {"classes": classes_of_pairs(bias.size), "bias": int32("bias", bias)}
    return (KernelCall(params=Struct(tag="tg_pair_decisions", fields=fields), inputs=(0,)),)


def _lower_votes(call: Call) -> tuple[KernelCall, ...]:
    fields = {"classes": call.output.channels}
    return (KernelCall(params=Struct(tag="tg_pair_votes", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=PairDecisions,
        symbol="tg_pair_decisions_s32",
        header="tg_pairs.h",
        source="portable/tg_pair_decisions_s32.c",
        lower=_lower_decisions,
        estimate=lambda call: 15.0 * call.output.size,
    ),
    Kernel(
        op=PairVotes,
        symbol="tg_pair_votes_s32",
        header="tg_pairs.h",
        source="portable/tg_pair_votes_s32.c",
        lower=_lower_votes,
        estimate=lambda call: 10.0 * call.inputs[0].size,
    ),
)
