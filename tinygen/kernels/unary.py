"""C kernels of every elementwise function of one value: a clip where that is all it does, else a table."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of, int8
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops import REGISTRY
from tinygen.ops.quantization_rules import FixedQuantization
from tinygen.ops.unary import ALL_INT8, UnaryOperator


def _lower_clip(call: Call) -> tuple[KernelCall, ...]:
    table = call.op.table(call)
    fields = {"size": call.output.size, "low": int(table[0]), "high": int(table[-1])}
    return (KernelCall(params=Struct(tag="tg_clip", fields=fields), inputs=(0,)),)


def _is_clip(call: Call) -> str | None:
    table = call.op.table(call)
    clipped = np.clip(ALL_INT8, table[0], table[-1])
    return None if (clipped == table).all() else "is only for functions that clip"


def _lower_lookup(call: Call) -> tuple[KernelCall, ...]:
    fields = {"size": call.output.size, "table": int8("table", call.op.table(call))}
    return (KernelCall(params=Struct(tag="tg_lookup", fields=fields), inputs=(0,)),)


def _clip(op: type[UnaryOperator]) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_clip_s8",
        header="tg_clip.h",
        source="portable/tg_clip_s8.c",
        fits=all_of(sizes_fit, _is_clip),
        lower=_lower_clip,
        in_place=(0,),
    )


def _lookup(op: type[UnaryOperator]) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_lookup_s8",
        header="tg_lookup.h",
        source="portable/tg_lookup_s8.c",
        fits=sizes_fit,
        lower=_lower_lookup,
        in_place=(0,),
    )


_OPERATORS = tuple(op for op in REGISTRY.values() if issubclass(op, UnaryOperator))

KERNELS = (
    # functions whose output quantization is fixed bend, they do not clip
    *(_clip(op) for op in _OPERATORS if not issubclass(op, FixedQuantization)),
    *(_lookup(op) for op in _OPERATORS),
)
