"""C kernel of ResizeBilinear."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import INT16_MAX
from tinygen.ops.resize_bilinear import ResizeBilinear


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: ResizeBilinear = call.op
    _, height, width, channels = call.inputs[0].shape
    rows, columns = op.grid(height, 0), op.grid(width, 1)
    fields = {
        "in_height": height,
        "in_width": width,
        "out_height": op.size[0],
        "out_width": op.size[1],
        "channels": channels,
        "row_step": rows.step,
        "row_start": rows.start,
        "column_step": columns.step,
        "column_start": columns.start,
    }
    return (KernelCall(params=Struct(tag="tg_resize_bilinear", fields=fields), inputs=(0,)),)


def _fits(call: Call) -> str | None:
    if call.inputs[0].shape[0] != 1:
        return f"a first dimension of {call.inputs[0].shape[0]} is not 1"
    largest = max(*call.inputs[0].shape, *call.output.shape)
    return None if largest <= INT16_MAX else f"a dimension of {largest} is above {INT16_MAX}"


def _lead(call: Call) -> int:
    """Rows are written one after the other, from the two beside them."""
    x, y = call.inputs[0], call.output
    in_row, out_row = x.bytes // x.shape[1], y.bytes // y.shape[1]
    lower = call.op.integer_places(x.shape[1], 0).lower
    return max(0, max((i + 1) * out_row - int(first) * in_row for i, first in enumerate(lower)))


def _counts(call: Call) -> dict[str, float]:
    _, height, width, channels = call.output.shape
    return {
        "call": 1,
        "rows": height,
        "pixels": height * width,
        "outputs": height * width * channels,
    }


KERNELS = (
    Kernel(
        op=ResizeBilinear,
        symbol="tg_resize_bilinear_s8",
        header="tg_resize_bilinear.h",
        source="portable/tg_resize_bilinear_s8.c",
        fits=_fits,
        lower=_lower,
        lead=_lead,
        counts=_counts,
    ),
)
