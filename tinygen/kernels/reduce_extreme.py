"""C kernel of ReduceMaximum and ReduceMinimum."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.kernels.mean import view_fits, view_of
from tinygen.ops.reduce_extreme import ReduceMaximum, ReduceMinimum, ReduceOperator


def _lower(call: Call) -> tuple[KernelCall, ...]:
    fields = {**view_of(call), "flip": -1 if isinstance(call.op, ReduceMinimum) else 0}
    return (KernelCall(params=Struct(tag="tg_reduce_maximum", fields=fields), inputs=(0,)),)


def _row(op: type[ReduceOperator]) -> Kernel:
    return Kernel(
        op=op,
        symbol="tg_reduce_maximum_s8",
        header="tg_reduce_maximum.h",
        source="portable/tg_reduce_maximum_s8.c",
        fits=all_of(sizes_fit, view_fits),
        lower=_lower,
    )


KERNELS = (_row(ReduceMaximum), _row(ReduceMinimum))
