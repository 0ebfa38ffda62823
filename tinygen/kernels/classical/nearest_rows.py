"""The stored rows nearest to a row."""

from collections.abc import Callable

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, unsigned
from tinygen.kernels.classical.row_tiles import (
    norms,
    scratch_bytes,
    sums_fit_dsp,
    tiles_array,
    whole_tiles,
)
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.nearest_rows import NearestRows
from tinygen.ops.classical.stored_rows import Measure

DSP = frozenset({"dsp"})
DIFFERENCES = (Measure.MANHATTAN, Measure.CHEBYSHEV, Measure.HAMMING)
"""In the order of enum tg_difference."""


def _lower(is_dsp: bool) -> Callable[[Call], tuple[KernelCall, ...]]:
    def lower(call: Call) -> tuple[KernelCall, ...]:
        rows = call.inputs[1].data
        is_product = call.op.measure is Measure.PRODUCT
        lengths = whole_tiles(np.zeros(len(rows)) if is_product else norms(rows))
        is_short = lengths.max() <= 0xFFFF
        fields = {
            "rows": rows.shape[0],
            "depth": rows.shape[1],
            "count": call.op.count,
            "is_product": int(is_product),
            "tiles": tiles_array(rows, is_dsp),
            "short_norms": unsigned("short_norms", lengths, np.uint16) if is_short else 0,
            "norms": 0 if is_short else int32("norms", lengths),
        }
        return (KernelCall(params=Struct(tag="tg_nearest_rows", fields=fields), inputs=(0,)),)

    return lower


def _stored(call: Call, **more: int) -> dict[str, object]:
    """The fields of stored rows that lie one behind the other."""
    rows = call.inputs[1].data
    return {
        "rows": rows.shape[0],
        "depth": rows.shape[1],
        "count": call.op.count,
        **more,
        "stored": Array(name="stored", data=rows.ravel(), role=Role.WEIGHTS),
    }


def _lower_squares(call: Call) -> tuple[KernelCall, ...]:
    params = Struct(tag="tg_nearest_squares", fields=_stored(call))
    return (KernelCall(params=params, inputs=(0,)),)


def _lower_differences(call: Call) -> tuple[KernelCall, ...]:
    fields = _stored(call, measure=DIFFERENCES.index(call.op.measure))
    return (KernelCall(params=Struct(tag="tg_nearest_differences", fields=fields), inputs=(0,)),)


def _fits(dtype: DType, is_quadratic: bool, is_dsp: bool) -> Fits:
    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not dtype:
            return f"the features are not {dtype.value}"
        if call.op.measure.is_quadratic != is_quadratic:
            return f"computes no {call.op.measure.value} distances"
        return sums_fit_dsp(call) if is_dsp and dtype is DType.INT8 else None

    return fits


def _quadratic(dtype: DType, is_dsp: bool) -> Kernel:
    suffix = f"{TYPE_SUFFIX[dtype]}{'_dsp' if is_dsp else ''}"
    return Kernel(
        op=NearestRows,
        symbol=f"tg_nearest_rows_{suffix}",
        header="tg_nearest_rows.h",
        source=f"{'arm_dsp' if is_dsp else 'portable'}/tg_nearest_rows_{suffix}.c",
        needs=DSP if is_dsp else frozenset(),
        fits=_fits(dtype, True, is_dsp),
        lower=_lower(is_dsp),
        scratch_bytes=scratch_bytes,
        estimate=lambda call: (2.0 if is_dsp else 6.0) * call.op.macs(call),
    )


def _differences(dtype: DType) -> Kernel:
    symbol = f"tg_nearest_differences_{TYPE_SUFFIX[dtype]}"
    return Kernel(
        op=NearestRows,
        symbol=symbol,
        header="tg_nearest_rows.h",
        source=f"portable/{symbol}.c",
        fits=_fits(dtype, False, False),
        lower=_lower_differences,
        estimate=lambda call: 10.0 * call.op.macs(call),
    )


def _squares(dtype: DType) -> Kernel:
    """Squared distances with neither norms nor tiles: small."""
    symbol = f"tg_nearest_squares_{TYPE_SUFFIX[dtype]}"

    def fits(call: Call) -> str | None:
        is_squared = call.op.measure is Measure.SQUARED
        return _fits(dtype, True, False)(call) or (None if is_squared else "computes no products")

    return Kernel(
        op=NearestRows,
        symbol=symbol,
        header="tg_nearest_rows.h",
        source=f"portable/{symbol}.c",
        fits=fits,
        lower=_lower_squares,
        specificity=-1,
        estimate=lambda call: 8.0 * call.op.macs(call),
    )


KERNELS = (
    *(_squares(dtype) for dtype in (DType.INT8, DType.INT16)),
    *(_quadratic(dtype, dsp) for dtype in (DType.INT8, DType.INT16) for dsp in (True, False)),
    *(_differences(dtype) for dtype in (DType.INT8, DType.INT16)),
)
