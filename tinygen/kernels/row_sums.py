"""What layers that run by rows need beside their kernels.

A mean over height and width is computed in steps: sums of every channel, and the output from them. These are no
kernels of the catalogue.
"""

from dataclasses import dataclass, replace

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.reshape import Reshape

ROW_PROGRAM = Kernel(
    op=Reshape, symbol="tg_row_program", header="tg_row_program.h", source="", lower=lambda call: ()
)
"""The inline functions that find rows: a header without a source, for no operator in particular."""


OF_SUMS = frozenset({"tg_mean_s8", "tg_mean_s8_native", "tg_average_pool2d_s8"})
"""Kernels whose outputs <symbol>_of_sums, or <symbol>_of_short_sums, makes of sums."""

SHORT_VALUES = 256
"""Of up to so many values sums are short (tg_row_sums.h)."""

TOGETHER = 4
"""Channels whose short sums are side by side."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What adds a row to the sums, what makes the output of them, and the parameters of both; the C type of the sums,
    and bytes of all. `whole` computes the layer at once."""

    add: Kernel
    finish: Kernel
    kernel_calls: tuple[KernelCall, KernelCall]
    ctype: str
    bytes: int
    whole: Kernel


def sums_of(call: Call, whole: Kernel) -> Sums:
    """A mean over height and width in steps; `whole` is the one of OF_SUMS that computes it at once."""
    _, height, width, channels = call.inputs[0].shape
    is_short = height * width <= SHORT_VALUES
    start = ((1 << 15) - 128 * height * width) * 0x10001 if is_short else 0
    params = Struct(
        tag="tg_row_sums", fields={"width": width, "channels": channels, "start": start}
    )
    (finish,) = whole.lower(call)
    if "inner" in finish.params.fields:
        # of an image of one pixel the channels count as the outer dimension
        fields = {**finish.params.fields, "outer": 1, "inner": channels}
        finish = replace(finish, params=Struct(tag=finish.params.tag, fields=fields))
    return Sums(
        add=_like(whole, "tg_row_short_sums_s8" if is_short else "tg_row_sums_s8"),
        finish=_like(
            whole,
            f"{whole.symbol}_of_{'short_' if is_short else ''}sums",
            source=f"portable/{whole.symbol}_of_sums.c",
        ),
        kernel_calls=(KernelCall(params=params, inputs=(0,)), finish),
        ctype="uint32_t" if is_short else "int32_t",
        bytes=2 * -(-channels // TOGETHER) * TOGETHER if is_short else 4 * channels,
        whole=whole,
    )


def _like(whole: Kernel, symbol: str, source: str | None = None) -> Kernel:
    return Kernel(
        op=whole.op,
        symbol=symbol,
        header="tg_row_sums.h",
        source=source or f"portable/{symbol}.c",
        lower=whole.lower,
        needs=frozenset(),
    )
