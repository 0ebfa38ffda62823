"""Sums of 64 bits: linear functions and kernels of models whose weights cancel."""

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.shrunk_mean import ShrunkMean
from tinygen.ops.classical.wide_kernel_sums import ROOTS, WideKernel, WideKernelSums
from tinygen.ops.classical.wide_scores import WideScores

TYPES = (DType.INT8, DType.INT16, DType.INT32)


def _fits(dtype: DType) -> Fits:
    def fits(call: Call) -> str | None:
        right = call.inputs[0].dtype is dtype
        return None if right else f"the features are not {dtype.value}"

    return fits


def _weights(name: str, values) -> Array:
    return Array(name=name, data=values.astype(np.int32).ravel(), role=Role.WEIGHTS)


def _lower_scores(call: Call) -> tuple[KernelCall, ...]:
    weights, bias = call.inputs[1:]
    fields = {
        "outputs": weights.shape[0],
        "depth": weights.shape[1],
        "shift": call.op.shift,
        "bias_shift": call.op.bias_shift,
        "reach": call.op.reach,
        "weights": _weights("weights", weights.data),
        "bias": int32("bias", bias.data),
    }
    return (KernelCall(params=Struct(tag="tg_wide_scores", fields=fields), inputs=(0,)),)


FORMS = (WideKernel.MATERN_1, WideKernel.MATERN_3, WideKernel.MATERN_5, WideKernel.RATIONAL)
"""In the order of enum tg_distance_form."""


def _lower_sums(call: Call) -> tuple[KernelCall, ...]:
    op: WideKernelSums = call.op
    rows, coefficients, groups, bias = (t.data for t in call.inputs[1:])
    is_exponential = op.kernel is not WideKernel.POWER
    fields = {
        "groups": len(groups) - 1,
        "depth": rows.shape[1],
        "outputs": coefficients.shape[1],
        "degree": 0 if is_exponential else op.degree,
        "measure_shift": op.measure_shift,
        "factor": op.factor,
        "factor_shift": op.factor_shift,
        "offset": op.offset,
        "sum_shift": op.sum_shift,
        "bias_shift": op.bias_shift,
        "rows": Array(name="rows", data=rows.ravel(), role=Role.WEIGHTS),
        "coefficients": _weights("coefficients", coefficients),
        "edges": int32("edges", groups),
        "bias": int32("bias", bias),
        "roots": int32("roots", ROOTS) if is_exponential else 0,
        "form": FORMS.index(op.kernel) if op.kernel in FORMS else 0,
        "power": op.power,
        "power_shift": op.power_shift,
    }
    return (KernelCall(params=Struct(tag="tg_wide_kernel_sums", fields=fields), inputs=(0,)),)


def _scores(dtype: DType) -> Kernel:
    symbol = f"tg_wide_scores_{TYPE_SUFFIX[dtype]}"
    return Kernel(
        op=WideScores,
        symbol=symbol,
        header="tg_wide_scores.h",
        source=f"portable/{symbol}.c",
        fits=_fits(dtype),
        lower=_lower_scores,
        estimate=lambda call: 12.0 * call.op.macs(call) + 40.0 * call.output.size,
    )


def _fits_form(dtype: DType, forms: tuple[WideKernel, ...]) -> Fits:
    def fits(call: Call) -> str | None:
        if call.op.kernel not in forms:
            return f"the kernel is {call.op.kernel.value}"
        return _fits(dtype)(call)

    return fits


def _sums(name: str, dtype: DType, forms: tuple[WideKernel, ...], cycles: float) -> Kernel:
    symbol = f"tg_{name}_kernel_sums_{TYPE_SUFFIX[dtype]}"
    return Kernel(
        op=WideKernelSums,
        symbol=symbol,
        header="tg_wide_kernel_sums.h",
        source=f"portable/{symbol}.c",
        fits=_fits_form(dtype, forms),
        lower=_lower_sums,
        scratch_bytes=lambda call: 8 * call.inputs[2].shape[1] * (call.inputs[3].size - 1),
        estimate=lambda call: 12.0 * call.op.macs(call) + cycles * call.inputs[1].shape[0],
    )


def _lower_mean(call: Call) -> tuple[KernelCall, ...]:
    fields = {
        "count": call.inputs[0].channels,
        "shift": call.op.shift,
        "one_high": call.op.one >> 30,
        "one_low": call.op.one & (2**30 - 1),
    }
    return (KernelCall(params=Struct(tag="tg_shrunk_mean", fields=fields), inputs=(0,)),)


KERNELS = (
    Kernel(
        op=ShrunkMean,
        symbol="tg_shrunk_mean_s32",
        header="tg_shrunk_mean.h",
        source="portable/tg_shrunk_mean_s32.c",
        lower=_lower_mean,
        estimate=lambda call: 500.0 + 6.0 * call.op.macs(call),
    ),
    *(_scores(dtype) for dtype in TYPES),
    *(_sums("wide", dtype, (WideKernel.EXPONENTIAL, WideKernel.POWER), 80.0) for dtype in TYPES),
    *(_sums("distance", dtype, FORMS, 450.0) for dtype in TYPES),
)
