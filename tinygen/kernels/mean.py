"""C kernels of Mean and Sum."""

from itertools import groupby
from math import prod

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.mean import Mean
from tinygen.ops.sum import Sum


def _runs(call: Call) -> list[tuple[bool, int]]:
    """The input's dimensions as runs (is reduced, size) of neighbours; dimensions of 1 do not matter."""
    axes: tuple[int, ...] = call.op.axes  # of every operator that reduces
    dims = [(i in axes, d) for i, d in enumerate(call.inputs[0].shape) if d > 1]
    return [(k, prod(d for _, d in run)) for k, run in groupby(dims, key=lambda dim: dim[0])]


def view_of(call: Call) -> dict[str, int] | None:
    """The sizes of the input's dimensions, reduced over first and second; None if there are more runs."""
    sizes = _sizes(call)
    names = ("outer", "first", "middle", "second", "inner")
    return None if sizes is None else dict(zip(names, sizes, strict=True))


def _sizes(call: Call) -> tuple[int, int, int, int, int] | None:
    runs = _runs(call)
    outer = runs.pop(0)[1] if runs and not runs[0][0] else 1
    inner = runs.pop()[1] if runs and not runs[-1][0] else 1
    match [size for _, size in runs]:
        case []:
            return outer, 1, 1, 1, inner
        case [second]:
            return outer, 1, 1, second, inner
        case [first, middle, second]:
            return outer, first, middle, second, inner
    return None


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Mean = call.op
    m = op.multiplier(call)
    fields = {
        **view_of(call),
        "bias": -op.count(call) * call.inputs[0].zero_point,
        "multiplier": m.value,
        "shift": m.shift,
        "out_zero_point": call.output.zero_point,
    }
    return (KernelCall(params=Struct(tag="tg_mean", fields=fields), inputs=(0,)),)


def view_fits(call: Call) -> str | None:
    """A condition: there is such a view."""
    return "reduces more than two separate runs of axes" if _sizes(call) is None else None


def _portable(op: type[Mean], symbol: str, arithmetic: Arithmetic) -> Kernel:
    return Kernel(
        op=op,
        symbol=symbol,
        header="tg_mean.h",
        source=f"portable/{symbol}.c",
        arithmetics=frozenset({arithmetic}),
        fits=all_of(sizes_fit, view_fits),
        lower=_lower,
    )


KERNELS = tuple(
    _portable(op, symbol, arithmetic)
    for op in (Mean, Sum)  # they differ in the multiplier
    for symbol, arithmetic in (
        ("tg_mean_s8", Arithmetic.TFLM),
        ("tg_mean_s8_native", Arithmetic.NATIVE),
    )
)
