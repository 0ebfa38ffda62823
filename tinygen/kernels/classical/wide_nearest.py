"""The stored rows nearest to a row, by measures of 64 bits."""

from collections.abc import Callable

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.wide_nearest_rows import WideMeasure, WideNearestRows

MEASURES = (
    WideMeasure.MANHATTAN,
    WideMeasure.CHEBYSHEV,
    WideMeasure.PRODUCT,
    WideMeasure.CANBERRA,
    WideMeasure.BRAYCURTIS,
)
"""In the order of enum tg_wide_measure."""


def _nearest(call: Call) -> Struct:
    op, rows = call.op, call.inputs[1].data
    fields = {
        "rows": rows.shape[0],
        "depth": rows.shape[1],
        "count": op.count,
        "shift": -1 if op.shift is None else op.shift,
        "measure": MEASURES.index(op.measure) if op.measure in MEASURES else 0,
        "stored": Array(name="stored", data=rows.ravel(), role=Role.WEIGHTS),
    }
    return Struct(tag="tg_wide_nearest", fields=fields)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    return (KernelCall(params=_nearest(call), inputs=(0,)),)


def _lower_powers(call: Call) -> tuple[KernelCall, ...]:
    terms, factors, shifts = (t.data for t in call.inputs[2:])
    fields = {
        "nearest": _nearest(call),
        "terms_count": len(terms),
        "terms": int32("terms", terms),
        "factors": int32("factors", factors),
        "shifts": int32("shifts", shifts),
    }
    return (KernelCall(params=Struct(tag="tg_wide_nearest_powers", fields=fields), inputs=(0,)),)


def _kernel(
    name: str,
    dtype: DType,
    measures: tuple[WideMeasure, ...],
    cycles: float,
    lower: Callable[[Call], tuple[KernelCall, ...]] = _lower,
) -> Kernel:
    symbol = f"tg_wide_nearest_{name}_{TYPE_SUFFIX[dtype]}"

    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not dtype:
            return f"the features are not {dtype.value}"
        return None if call.op.measure in measures else f"computes no {call.op.measure.value}"

    return Kernel(
        op=WideNearestRows,
        symbol=symbol,
        header="tg_wide_nearest.h",
        source=f"portable/{symbol}.c",
        fits=fits,
        lower=lower,
        scratch_bytes=lambda call: 8 * call.op.count,
        estimate=lambda call: cycles * call.op.macs(call),
    )


KERNELS = (
    _kernel("squares", DType.INT16, (WideMeasure.SQUARED,), 6.0),
    _kernel("squares", DType.INT32, (WideMeasure.SQUARED,), 6.0),
    _kernel("measures", DType.INT32, MEASURES, 20.0),
    _kernel("powers", DType.INT32, (WideMeasure.POWER,), 60.0, _lower_powers),
)
