"""C kernel of AveragePool2D for a window as large as the image: the end of most networks, in few bytes of code."""

from collections.abc import Mapping

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of
from tinygen.kernels.lowering import INT16_MAX, sizes_fit
from tinygen.kernels.pool2d import MAX_CELLS
from tinygen.ops.average_pool2d import AveragePool2D


def _pixels(call: Call) -> int:
    _, height, width, _ = call.inputs[0].shape
    return height * width


def _is_whole(call: Call) -> str | None:
    op: AveragePool2D = call.op
    if op.kernel != call.inputs[0].shape[1:3] or not op.padding.is_zero:
        return "is only for windows as large as the image, without padding"
    if call.output.channels > INT16_MAX:
        return f"takes no more than {INT16_MAX} channels"
    return None if _pixels(call) < MAX_CELLS else f"a window has {MAX_CELLS} cells or more"


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: AveragePool2D = call.op
    low, high = op.activation.integer_bounds(call.output.quantization)
    params = Struct(
        tag="tg_average_pool2d_whole",
        fields={
            "pixels": _pixels(call),
            "channels": call.output.channels,
            "out_min": low,
            "out_max": high,
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _counts(call: Call) -> Mapping[str, float]:
    return {"call": 1, "outputs": call.output.size, "inputs": call.inputs[0].size}


KERNELS = (
    Kernel(
        op=AveragePool2D,
        symbol="tg_average_pool2d_whole_s8",
        header="tg_average_pool2d_whole.h",
        source="portable/tg_average_pool2d_whole_s8.c",
        fits=all_of(sizes_fit, _is_whole),
        lower=_lower,
        specificity=-1,
        counts=_counts,
    ),
)
