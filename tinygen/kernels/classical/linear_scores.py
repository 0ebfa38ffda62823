"""Linear functions of a row of integers."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.linear_scores import LinearScores


def _lower(call: Call) -> tuple[KernelCall, ...]:
    weights, bias = call.inputs[1:]
    fields = {
        "outputs": weights.shape[0],
        "depth": weights.shape[1],
        "shift": call.op.shift,
        "weights": int16("weights", weights.data, Role.WEIGHTS),
        "bias": int32("bias", bias.data),
    }
    return (KernelCall(params=Struct(tag="tg_linear_scores", fields=fields), inputs=(0,)),)


def largest_inputs(call: Call) -> NDArray[np.int64]:
    """How large each feature can be, from the analysis of the graph, else from its type."""
    x = call.inputs[0]
    if not call.input_ranges:
        return np.full(x.channels, -x.dtype.limits[0], np.int64)
    known = call.input_range(0)
    return np.maximum(np.abs(known.low), np.abs(known.high))


def sums_fit(call: Call) -> str | None:
    """Every partial sum of bias and products, in whatever order, must fit in int32; nothing is shifted."""
    weights, bias = (t.data.astype(np.int64) for t in call.inputs[1:])
    most = np.abs(bias) + np.abs(weights) @ largest_inputs(call)
    if call.op.shift or most.max() >= 2**31:
        return "the sums need 64 bits"
    return None


def _kernel(dtype: DType, is_wide: bool) -> Kernel:
    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not dtype:
            return f"the features are not {dtype.value}"
        if call.inputs[1].dtype is not DType.INT16:
            return "the weights are not int16"
        return None if is_wide else sums_fit(call)

    symbol = f"tg_linear_scores_{TYPE_SUFFIX[dtype]}{'_wide' if is_wide else ''}"
    return Kernel(
        op=LinearScores,
        symbol=symbol,
        header="tg_linear_scores.h",
        source=f"portable/{symbol}.c",
        fits=fits,
        lower=_lower,
        specificity=0 if is_wide else 1,
        estimate=lambda call: (12.0 if is_wide else 6.0) * call.op.macs(call) + 20.0,
    )


KERNELS = tuple(
    _kernel(dtype, is_wide) for dtype in (DType.INT8, DType.INT16) for is_wide in (False, True)
)
