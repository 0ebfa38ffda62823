"""Sums of a function of the distance to stored rows."""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16, unsigned
from tinygen.kernels.classical.row_tiles import (
    TILE_ROWS,
    norms,
    scratch_bytes,
    sums_fit_dsp,
    tiles_array,
    whole_tiles,
)
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.kernel_sums import KernelSums
from tinygen.ops.classical.stored_rows import Measure


def _by_tiles(values: NDArray, groups: NDArray) -> NDArray:
    """Rows of groups, each group with zeros up to a whole tile."""
    parts = [whole_tiles(values[i:j]) for i, j in itertools.pairwise(groups)]
    return np.concatenate(parts).astype(values.dtype)


def _lower(is_dsp: bool) -> Callable[[Call], tuple[KernelCall, ...]]:
    def lower(call: Call) -> tuple[KernelCall, ...]:
        rows, coefficients, groups, bias, table = (t.data for t in call.inputs[1:])
        stored, op = _by_tiles(rows, groups), call.op
        weights = _by_tiles(coefficients, groups).reshape(-1, TILE_ROWS, coefficients.shape[1])
        is_product = op.measure is Measure.PRODUCT
        fields = {
            "groups": len(groups) - 1,
            "depth": rows.shape[1],
            "outputs": coefficients.shape[1],
            "first": op.first,
            "last": ((table.size - 1) << op.shift) - 1,
            "shift": op.shift,
            "sum_shift": op.sum_shift,
            "tiles_of_group": unsigned(
                "tiles_of_group", -(-np.diff(groups) // TILE_ROWS), np.uint16
            ),
            "tiles": tiles_array(stored, is_dsp),
            "norms": 0 if is_product else int32("norms", norms(stored)),
            "coefficients": int16("coefficients", weights.transpose(0, 2, 1), Role.WEIGHTS),
            "bias": int32("bias", bias),
            "table": int16("table", table),
        }
        return (KernelCall(params=Struct(tag="tg_kernel_sums", fields=fields), inputs=(0,)),)

    return lower


def _scratch_bytes(call: Call) -> int:
    """The features as int16, and of several groups the sums."""
    outputs, groups = call.inputs[2].shape[1], call.inputs[3].size - 1
    sums = 4 * outputs * groups if groups > 1 else 0
    return -(-scratch_bytes(call) // 4) * 4 + sums


def _fits(dtype: DType, is_dsp: bool) -> Fits:
    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not dtype:
            return f"the features are not {dtype.value}"
        return sums_fit_dsp(call) if is_dsp and dtype is DType.INT8 else None

    return fits


def _kernel(dtype: DType, is_dsp: bool) -> Kernel:
    suffix = f"{TYPE_SUFFIX[dtype]}{'_dsp' if is_dsp else ''}"

    def cycles(call: Call) -> float:
        rows, coefficients = call.inputs[1:3]
        per_product = 2.0 if is_dsp else 6.0
        return per_product * (rows.size + coefficients.size) + 30.0 * rows.shape[0]

    return Kernel(
        op=KernelSums,
        symbol=f"tg_kernel_sums_{suffix}",
        header="tg_kernel_sums.h",
        source=f"{'arm_dsp' if is_dsp else 'portable'}/tg_kernel_sums_{suffix}.c",
        needs=frozenset({"dsp"}) if is_dsp else frozenset(),
        fits=_fits(dtype, is_dsp),
        lower=_lower(is_dsp),
        scratch_bytes=_scratch_bytes,
        estimate=cycles,
    )


KERNELS = tuple(_kernel(t, is_dsp) for t in (DType.INT8, DType.INT16) for is_dsp in (True, False))
