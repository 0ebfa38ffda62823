"""Functions of features: steps, tables, products, rows divided by their length, numbers in place of missing ones, least
squares."""

from collections.abc import Callable

import numpy as np

from tinygen.ir import Call, DType, Operator
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.chosen import Chosen
from tinygen.ops.classical.column_tables import ColumnTables
from tinygen.ops.classical.imputed import Imputed
from tinygen.ops.classical.non_negative_squares import NonNegativeSquares
from tinygen.ops.classical.normalized import Norm, Normalized
from tinygen.ops.classical.operator import FEATURE_TYPES
from tinygen.ops.classical.ordered import Ordered
from tinygen.ops.classical.products import Products
from tinygen.ops.classical.steps import Steps

SMALL = (DType.INT8, DType.INT16)
INTEGERS = (*SMALL, DType.INT32)

NORMS = {Norm.L1: 0, Norm.L2: 1, Norm.MAX: 2}
"""TG_NORM_... of tg_normalized.h."""


def _steps(call: Call) -> Struct:
    sources, counts, edges, values = call.inputs[1:]
    fields = {
        "count": sources.size,
        "sources": int16("sources", sources.data),
        "counts": int16("counts", counts.data),
        "edges": int32("edges", edges.data),
        "values": int16("values", values.data),
    }
    return Struct(tag="tg_steps", fields=fields)


def _column_tables(call: Call) -> Struct:
    sources, shifts, segments, firsts, entries = call.inputs[1:]
    fields = {
        "count": sources.size,
        "sources": int16("sources", sources.data),
        "shifts": int16("shifts", shifts.data),
        "segments": int16("segments", segments.data),
        "firsts": int32("firsts", firsts.data),
        "entries": int16("entries", entries.data, Role.WEIGHTS),
    }
    return Struct(tag="tg_column_tables", fields=fields)


def _products(call: Call) -> Struct:
    factors, shifts = call.inputs[1:]
    fields = {
        "count": factors.shape[0],
        "most": factors.shape[1],
        "factors": int16("factors", factors.data),
        "shifts": int16("shifts", shifts.data),
    }
    return Struct(tag="tg_products", fields=fields)


def _normalized(call: Call) -> Struct:
    fields = {"count": call.output.size, "norm": NORMS[call.op.norm]}
    return Struct(tag="tg_normalized", fields=fields)


def _imputed(call: Call) -> Struct:
    fields = {
        "count": call.output.size,
        "any_nan": int(call.op.missing is None),
        "missing": call.op.missing or 0,
        "values": int32("values", call.inputs[1].data),
    }
    return Struct(tag="tg_imputed", fields=fields)


def _chosen(call: Call) -> Struct:
    sources = call.inputs[1]
    fields = {"count": sources.size, "sources": int16("sources", sources.data)}
    return Struct(tag="tg_chosen", fields=fields)


def _ordered(call: Call) -> Struct:
    return Struct(tag="tg_ordered", fields={"count": call.output.size})


def _non_negative_squares(call: Call) -> Struct:
    overlaps = call.inputs[1]
    fields = {
        "count": overlaps.shape[0],
        "sweeps": call.op.sweeps,
        "overlaps": int32("overlaps", overlaps.data, Role.WEIGHTS),
    }
    return Struct(tag="tg_non_negative_squares", fields=fields)


def _takes(dtype: DType) -> Fits:
    def fits(call: Call) -> str | None:
        return None if call.inputs[0].dtype is dtype else f"the features are not {dtype.value}"

    return fits


def _kernels(
    op: type[Operator],
    name: str,
    types: tuple[DType, ...],
    params: Callable[[Call], Struct],
    estimate: Callable[[Call], float],
) -> tuple[Kernel, ...]:
    """One kernel for each type of the features."""
    return tuple(
        Kernel(
            op=op,
            symbol=f"{name}_{TYPE_SUFFIX[dtype]}",
            header=f"{name}.h",
            source=f"portable/{name}_{TYPE_SUFFIX[dtype]}.c",
            fits=_takes(dtype),
            lower=lambda call: (KernelCall(params=params(call), inputs=(0,)),),
            estimate=estimate,
        )
        for dtype in types
    )


KERNELS = (
    *_kernels(
        Steps,
        "tg_steps",
        FEATURE_TYPES,
        _steps,
        lambda call: 16.0 * call.output.size + 2.5 * call.inputs[3].size,
    ),
    *_kernels(
        ColumnTables,
        "tg_column_tables",
        SMALL,
        _column_tables,
        lambda call: 26.0 * call.output.size,
    ),
    *_kernels(
        Products,
        "tg_products",
        INTEGERS,
        _products,
        lambda call: 10.0 * call.output.size + 9.0 * np.count_nonzero(call.inputs[1].data >= 0),
    ),
    *_kernels(
        Normalized,
        "tg_normalized",
        INTEGERS,
        _normalized,
        lambda call: 150.0 + 12.0 * call.output.size,
    ),
    *_kernels(Chosen, "tg_chosen", FEATURE_TYPES, _chosen, lambda call: 6.0 * call.output.size),
    *_kernels(
        Ordered, "tg_ordered", (DType.FLOAT32,), _ordered, lambda call: 7.0 * call.output.size
    ),
    *_kernels(Imputed, "tg_imputed", FEATURE_TYPES, _imputed, lambda call: 8.0 * call.output.size),
    *_kernels(
        NonNegativeSquares,
        "tg_non_negative_squares",
        (DType.INT32,),
        _non_negative_squares,
        lambda call: 50.0 + 8.0 * call.op.macs(call),
    ),
)
