"""Features brought to one scale."""

from tinygen.ir import Call, DType
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, int32
from tinygen.ops.classical.scaled_features import ScaledFeatures


def _lower(call: Call) -> tuple[KernelCall, ...]:
    sources, factors, offsets, shifts = call.inputs[1:]
    fields = {
        "count": sources.size,
        "reach": call.op.reach,
        "sources": int16("sources", sources.data),
        "factors": int16("factors", factors.data),
        "offsets": int32("offsets", offsets.data),
        "shifts": int16("shifts", shifts.data),
    }
    return (KernelCall(params=Struct(tag="tg_scaled_features", fields=fields), inputs=(0,)),)


def _kernel(of: DType, to: DType) -> Kernel:
    def fits(call: Call) -> str | None:
        right = call.inputs[0].dtype is of and call.output.dtype is to
        return None if right else f"makes {to.value} of {of.value}"

    symbol = f"tg_scaled_features_{TYPE_SUFFIX[of]}_{TYPE_SUFFIX[to]}"
    return Kernel(
        op=ScaledFeatures,
        symbol=symbol,
        header="tg_scaled_features.h",
        source=f"portable/{symbol}.c",
        fits=fits,
        lower=_lower,
        estimate=lambda call: 14.0 * call.output.size,
    )


KERNELS = tuple(
    _kernel(of, to)
    for of in (DType.INT8, DType.INT16, DType.INT32)
    for to in (DType.INT8, DType.INT16)
)
