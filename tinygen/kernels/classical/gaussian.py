"""What Gaussian naive Bayes adds to linear scores: squares of features, and penalties of sharp classes."""

import numpy as np

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16, unsigned
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct
from tinygen.ops.classical.sharp_penalties import SharpPenalties
from tinygen.ops.classical.squares import Squares


def _type_is(dtype: DType, index: int) -> Fits:
    def fits(call: Call) -> str | None:
        found = call.inputs[index].dtype
        return None if found is dtype else f"the features are not {dtype.value}"

    return fits


def _centers_are(dtype: DType) -> Fits:
    def fits(call: Call) -> str | None:
        low, high = dtype.limits
        centers = call.inputs[1].data
        if centers.min() < low or centers.max() > high:
            return f"the centers are not {dtype.value}"
        return _type_is(dtype, 0)(call)

    return fits


def _lower_squares(call: Call) -> tuple[KernelCall, ...]:
    op, x = call.op, call.inputs[0]
    centers = call.inputs[1].data
    data = centers.astype(x.dtype.numpy)
    fields = {
        "count": call.inputs[0].channels,
        "low": op.low,
        "high": op.high,
        "shift": op.shift,
        "centers": Array(name="centers", data=data, role=Role.CONSTANTS),
    }
    return (KernelCall(params=Struct(tag="tg_squares", fields=fields), inputs=(0,)),)


def _lower_penalties(call: Call) -> tuple[KernelCall, ...]:
    op: SharpPenalties = call.op
    groups, outputs = call.inputs[2:]
    fields = {
        "outputs": call.output.channels,
        "groups": groups.shape[0],
        "shift": op.shift,
        "scale": op.scale,
        "limit": op.limit,
        "group": int16("group", groups.data[:, :3], Role.WEIGHTS),
        "counts": unsigned("counts", groups.data[:, 3], np.uint8, Role.WEIGHTS),
        "members": unsigned("members", outputs.data, np.uint8, Role.WEIGHTS),
    }
    return (KernelCall(params=Struct(tag="tg_sharp_penalties", fields=fields), inputs=(0, 1)),)


def _squares(dtype: DType) -> Kernel:
    symbol = f"tg_squares_{TYPE_SUFFIX[dtype]}"
    return Kernel(
        op=Squares,
        symbol=symbol,
        header="tg_gaussian.h",
        source=f"portable/{symbol}.c",
        fits=_centers_are(dtype),
        lower=_lower_squares,
        estimate=lambda call: 8.0 * call.inputs[0].size,
    )


def _penalties(dtype: DType) -> Kernel:
    symbol = f"tg_sharp_penalties_{TYPE_SUFFIX[dtype]}"
    return Kernel(
        op=SharpPenalties,
        symbol=symbol,
        header="tg_gaussian.h",
        source=f"portable/{symbol}.c",
        fits=_type_is(dtype, 1),
        lower=_lower_penalties,
        in_place=(0,),
        estimate=lambda call: 10.0 * call.inputs[2].shape[0] + 3.0 * call.inputs[3].shape[0],
    )


KERNELS = (
    *(_squares(dtype) for dtype in (DType.INT8, DType.INT16)),
    *(_penalties(dtype) for dtype in (DType.INT8, DType.INT16)),
)
