"""Votes and means of the nearest rows."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.classical.lowering import int16, unsigned
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.neighbor_means import NeighborMeans
from tinygen.ops.classical.neighbor_votes import NeighborVotes
from tinygen.ops.classical.neighbor_weights import Weights


def _is_uniform(call: Call) -> str | None:
    return None if call.op.weights is Weights.UNIFORM else "neighbours have weights"


def _lower_counts(call: Call) -> tuple[KernelCall, ...]:
    fields = {
        "count": call.inputs[0].channels // 2,
        "classes": call.op.classes,
        "labels": unsigned("labels", call.inputs[1].data, np.uint8, Role.WEIGHTS),
    }
    return (KernelCall(params=Struct(tag="tg_neighbor_counts", fields=fields), inputs=(0,)),)


def _lower_votes(call: Call) -> tuple[KernelCall, ...]:
    fields = {
        "count": call.inputs[0].channels // 2,
        "classes": call.op.classes,
        "weights": tuple(Weights).index(call.op.weights),
        "labels": unsigned("labels", call.inputs[1].data, np.uint8, Role.WEIGHTS),
    }
    return (KernelCall(params=Struct(tag="tg_neighbor_votes", fields=fields), inputs=(0,)),)


def _lower_means(call: Call) -> tuple[KernelCall, ...]:
    values, bias = call.inputs[1:]
    fields = {
        "count": call.inputs[0].channels // 2,
        "outputs": values.shape[1],
        "shift": call.op.shift,
        "weights": tuple(Weights).index(call.op.weights),
        "values": int16("values", values.data, Role.WEIGHTS),
        "bias": int32("bias", bias.data),
    }
    return (KernelCall(params=Struct(tag="tg_neighbor_means", fields=fields), inputs=(0,)),)


def _cycles(call: Call) -> float:
    uniform = call.op.weights is Weights.UNIFORM
    return call.inputs[0].channels * (10.0 if uniform else 250.0) + 10.0 * call.output.channels


KERNELS = (
    Kernel(
        op=NeighborVotes,
        symbol="tg_neighbor_counts_s32",
        header="tg_neighbors.h",
        source="portable/tg_neighbor_counts_s32.c",
        fits=_is_uniform,
        lower=_lower_counts,
        specificity=1,
        estimate=lambda call: 0.9 * _cycles(call),
    ),
    Kernel(
        op=NeighborVotes,
        symbol="tg_neighbor_votes_s32",
        header="tg_neighbors.h",
        source="portable/tg_neighbor_votes_s32.c",
        lower=_lower_votes,
        estimate=_cycles,
    ),
    Kernel(
        op=NeighborMeans,
        symbol="tg_neighbor_means_s32",
        header="tg_neighbors.h",
        source="portable/tg_neighbor_means_s32.c",
        lower=_lower_means,
        estimate=_cycles,
    ),
)
