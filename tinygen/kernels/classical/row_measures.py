"""Distances to stored rows, one after the other: of few rows, or of all within a radius; the local outlier factor."""

from collections.abc import Callable

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16, unsigned
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.neighbor_weights import Weights
from tinygen.ops.classical.outlier_factor import OutlierFactor
from tinygen.ops.classical.radius_means import RadiusMeans
from tinygen.ops.classical.radius_votes import RadiusVotes
from tinygen.ops.classical.row_distances import RowDistances
from tinygen.ops.classical.stored_rows import Measure

MEASURES = (Measure.SQUARED, Measure.MANHATTAN, Measure.CHEBYSHEV)
"""In the order of enum tg_row_measure."""

TYPES = (DType.INT8, DType.INT16, DType.INT32)

WEIGHTED_MEANS = "tg_radius_weighted_means"


def _rows(call: Call) -> dict[str, object]:
    rows = call.inputs[1].data
    stored = Array(name="stored", data=rows.ravel(), role=Role.WEIGHTS)
    return {"rows": rows.shape[0], "depth": rows.shape[1], "stored": stored}


def _lower_distances(call: Call) -> tuple[KernelCall, ...]:
    return (KernelCall(params=Struct(tag="tg_row_distances", fields=_rows(call)), inputs=(0,)),)


def _lower_votes(call: Call) -> tuple[KernelCall, ...]:
    op: RadiusVotes = call.op
    fields = _rows(call) | {
        "measure": MEASURES.index(op.measure),
        "limit": op.limit,
        "classes": op.classes,
        "outlier": op.outlier,
        "labels": unsigned("labels", call.inputs[2].data, np.uint8, Role.WEIGHTS),
        "weights": tuple(Weights).index(op.weights),
    }
    return (KernelCall(params=Struct(tag="tg_radius_votes", fields=fields), inputs=(0,)),)


def _lower_means(call: Call) -> tuple[KernelCall, ...]:
    op: RadiusMeans = call.op
    values, bias = call.inputs[2:]
    fields = _rows(call) | {
        "measure": MEASURES.index(op.measure),
        "limit": op.limit,
        "outputs": values.shape[1],
        "values": int16("values", values.data, Role.WEIGHTS),
        "bias": int32("bias", bias.data),
        "weights": tuple(Weights).index(op.weights),
    }
    return (KernelCall(params=Struct(tag="tg_radius_means", fields=fields), inputs=(0,)),)


def _lower_factor(call: Call) -> tuple[KernelCall, ...]:
    reaches, densities, bias = call.inputs[1:]
    fields = {
        "count": call.inputs[0].channels // 2,
        "shift": call.op.shift,
        "bias": int(bias.data[0]),
        "reaches": int32("reaches", reaches.data),
        "densities": int32("densities", densities.data),
    }
    return (KernelCall(params=Struct(tag="tg_outlier_factor", fields=fields), inputs=(0,)),)


def _fits(dtype: DType, is_weighted: bool) -> Fits:
    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not dtype:
            return f"the features are not {dtype.value}"
        weights = getattr(call.op, "weights", Weights.UNIFORM)
        right = (weights is not Weights.UNIFORM) == is_weighted
        return None if right else f"rows have {weights.value} weights"

    return fits


def _sums_bytes(call: Call) -> int:
    return 8 * call.output.size


def _kernel(
    op: type, name: str, lower: Callable, dtype: DType, is_weighted: bool = False
) -> Kernel:
    symbol = f"{name}_{TYPE_SUFFIX[dtype]}"
    return Kernel(
        op=op,
        symbol=symbol,
        header="tg_row_measures.h",
        source=f"portable/{symbol}.c",
        fits=_fits(dtype, is_weighted),
        lower=lower,
        scratch_bytes=_sums_bytes if name == WEIGHTED_MEANS else None,
        estimate=lambda call: (20.0 if is_weighted else 10.0) * call.op.macs(call) + 100.0,
    )


KERNELS = (
    *(
        _kernel(RowDistances, "tg_row_distances", _lower_distances, dtype)
        for dtype in (DType.INT8, DType.INT16)
    ),
    *(
        _kernel(op, name, lower, dtype)
        for op, name, lower in (
            (RadiusVotes, "tg_radius_votes", _lower_votes),
            (RadiusMeans, "tg_radius_means", _lower_means),
        )
        for dtype in TYPES
    ),
    *(
        _kernel(op, name, lower, dtype, is_weighted=True)
        for op, name, lower in (
            (RadiusVotes, "tg_radius_weighted_votes", _lower_votes),
            (RadiusMeans, WEIGHTED_MEANS, _lower_means),
        )
        for dtype in TYPES
    ),
    Kernel(
        op=OutlierFactor,
        symbol="tg_outlier_factor_s32",
        header="tg_row_measures.h",
        source="portable/tg_outlier_factor_s32.c",
        lower=_lower_factor,
        estimate=lambda call: 150.0 * call.inputs[0].channels,
    ),
)
