"""C kernel of UpSampling2D."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.upsampling2d import UpSampling2D

WORD_BYTES = 4


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: UpSampling2D = call.op
    n, height, width, channels = call.inputs[0].shape
    fields = {
        "in_rows": n * height,
        "in_width": width,
        "channels": channels,
        "factor_height": op.factor[0],
        "factor_width": op.factor[1],
        "out_step": channels,
    }
    return (KernelCall(params=Struct(tag="tg_upsampling2d", fields=fields), inputs=(0,)),)


def _lead(call: Call) -> int:
    """At the end of the first of the equal rows the last pixel of the input row has just been read; after the others
    the next row is still needed."""
    fh, fw = call.op.factor
    n, height, width, channels = call.inputs[0].shape
    rows, out_row = n * height, width * fw
    first = ((y * fh + 1) * out_row - (y + 1) * width + 1 for y in range(rows))
    others = ((y + 1) * (fh * out_row - width) for y in range(rows - 1))
    return max(*first, *others, 0) * channels


def _counts(call: Call) -> dict[str, float]:
    """Pixels that are written, their bytes or words, and rows that are copied."""
    fh, fw = call.op.factor
    n, height, width, channels = call.inputs[0].shape
    pixels = n * height * width * fw
    are_words = channels % WORD_BYTES == 0
    return {
        "call": 1,
        "rows": n * height,
        "word pixels": pixels if are_words else 0,
        "byte pixels": 0 if are_words else pixels,
        "words": fh * pixels * channels / WORD_BYTES if are_words else 0,
        "bytes": 0 if are_words else pixels * channels,
        "copies": n * height * (fh - 1),
        "copied bytes": 0 if are_words else pixels * channels * (fh - 1),
    }


KERNELS = (
    Kernel(
        op=UpSampling2D,
        symbol="tg_upsampling2d_s8",
        header="tg_upsampling2d.h",
        source="portable/tg_upsampling2d_s8.c",
        fits=sizes_fit,
        lower=_lower,
        lead=_lead,
        spreads=lambda _: True,
        counts=_counts,
    ),
)
