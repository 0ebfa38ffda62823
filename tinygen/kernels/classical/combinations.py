"""What joins the answers of several models."""

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16, unsigned
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.coupled_shares import CoupledShares, tolerance
from tinygen.ops.classical.curves import Curves
from tinygen.ops.classical.joined_rows import JoinedRows
from tinygen.ops.classical.shares import Shares
from tinygen.ops.classical.weighted_median import WeightedMedian
from tinygen.ops.classical.weighted_sums import WeightedSums


def _lower_joined_rows(call: Call) -> tuple[KernelCall, ...]:
    calls, offset = [], 0
    for i, (tensor, piece) in enumerate(zip(call.inputs, call.op.pieces, strict=True)):
        fields = {
            "type": tuple(TYPE_SUFFIX).index(tensor.dtype),
            "count": tensor.channels,
            "offset": offset,
            "zero": piece.zero,
            "factor": piece.factor,
            "classes": piece.classes,
        }
        calls.append(KernelCall(params=Struct(tag="tg_joined_rows", fields=fields), inputs=(i,)))
        offset += piece.columns(tensor)
    return tuple(calls)


def _lower_weighted_sums(call: Call) -> tuple[KernelCall, ...]:
    columns, weights, shifts, counts, bias = (t.data for t in call.inputs[1:])
    fields = {
        "outputs": bias.size,
        "counts": unsigned("counts", counts, np.uint16),
        "columns": unsigned("columns", columns, np.uint16),
        "weights": int16("weights", weights, Role.WEIGHTS),
        "shifts": unsigned("shifts", shifts, np.uint8),
        "bias": int32("bias", bias),
    }
    return (KernelCall(params=Struct(tag="tg_weighted_sums", fields=fields), inputs=(0,)),)


def _lower_weighted_median(call: Call) -> tuple[KernelCall, ...]:
    weights = call.inputs[1].data
    fields = {
        "count": weights.size,
        "total": int(weights.sum(dtype=np.int64)),
        "weights": int32("weights", weights, Role.WEIGHTS),
    }
    return (KernelCall(params=Struct(tag="tg_weighted_median", fields=fields), inputs=(0,)),)


def _lower_coupled_shares(call: Call) -> tuple[KernelCall, ...]:
    classes = call.op.classes
    fields = {"classes": classes, "tolerance": tolerance(classes)}
    return (KernelCall(params=Struct(tag="tg_coupled_shares", fields=fields), inputs=(0,)),)


def _coupled_bytes(call: Call) -> int:
    classes = call.op.classes
    return 16 * classes + 4 * classes**2


def _lower_curves(call: Call) -> tuple[KernelCall, ...]:
    positions, values, counts = (t.data for t in call.inputs[1:])
    fields = {
        "count": counts.size,
        "counts": unsigned("counts", counts, np.uint16),
        "positions": int32("positions", positions, Role.WEIGHTS),
        "values": Array(name="values", data=values, role=Role.WEIGHTS),
    }
    return (KernelCall(params=Struct(tag="tg_curves", fields=fields), inputs=(0,)),)


def _has_values(dtype: DType) -> Fits:
    def fits(call: Call) -> str | None:
        return None if call.output.dtype is dtype else f"the values are not {dtype.value}"

    return fits


def _lower_shares(call: Call) -> tuple[KernelCall, ...]:
    fields = {"count": call.inputs[0].channels}
    return (KernelCall(params=Struct(tag="tg_shares", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=JoinedRows,
        symbol="tg_joined_rows_s32",
        header="tg_joined_rows.h",
        source="portable/tg_joined_rows_s32.c",
        lower=_lower_joined_rows,
        estimate=lambda call: 8.0 * call.output.size + 12.0 * len(call.inputs),
    ),
    Kernel(
        op=WeightedSums,
        symbol="tg_weighted_sums_s32",
        header="tg_weighted_sums.h",
        source="portable/tg_weighted_sums_s32.c",
        lower=_lower_weighted_sums,
        estimate=lambda call: 14.0 * call.inputs[1].size + 8.0 * call.output.size,
    ),
    Kernel(
        op=CoupledShares,
        symbol="tg_coupled_shares_s16",
        header="tg_coupled_shares.h",
        source="portable/tg_coupled_shares_s16.c",
        lower=_lower_coupled_shares,
        scratch_bytes=_coupled_bytes,
        estimate=lambda call: 6000.0 * call.op.classes**2,
    ),
    Kernel(
        op=WeightedMedian,
        symbol="tg_weighted_median_s32",
        header="tg_weighted_median.h",
        source="portable/tg_weighted_median_s32.c",
        lower=_lower_weighted_median,
        estimate=lambda call: 6.0 * call.inputs[0].size * (2 + np.log2(call.inputs[0].size + 1)),
    ),
    Kernel(
        op=Curves,
        symbol="tg_curves_s32",
        header="tg_curves.h",
        source="portable/tg_curves_s32.c",
        fits=_has_values(DType.INT16),
        lower=_lower_curves,
        estimate=lambda call: 90.0 * call.output.size,
    ),
    Kernel(
        op=Curves,
        symbol="tg_curves_s32_wide",
        header="tg_curves.h",
        source="portable/tg_curves_s32_wide.c",
        fits=_has_values(DType.INT32),
        lower=_lower_curves,
        estimate=lambda call: 150.0 * call.output.size,
    ),
    Kernel(
        op=Shares,
        symbol="tg_shares_s16",
        header="tg_shares.h",
        source="portable/tg_shares_s16.c",
        lower=_lower_shares,
        in_place=(0,),
        estimate=lambda call: 30.0 * call.output.size,
    ),
)
