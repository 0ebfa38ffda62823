"""What layers that run by rows need beside their kernels.

A mean over height and width is computed in steps: sums of every channel, and the output from them. These are no
kernels of the catalogue.
"""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.reshape import Reshape

ROW_PROGRAM = Kernel(
    op=Reshape, symbol="tg_row_program", header="tg_row_program.h", source="", lower=lambda call: ()
)
"""The inline functions that find rows: a header without a source, for no operator in particular."""


def sums_kernels(call: Call, whole: Kernel) -> tuple[Kernel, Kernel, KernelCall]:
    """What adds a row to the sums, what makes the output of them, and the parameters of the first.

    The second takes the parameters of the kernel for whole tensors.
    """
    _, _, width, channels = call.inputs[0].shape
    params = Struct(tag="tg_row_sums", fields={"width": width, "channels": channels})
    portable = whole.symbol.removesuffix("_dsp").removesuffix("_mve")
    finish = _like(whole, f"{portable}_of_sums")
    return _like(whole, "tg_row_sums_s8"), finish, KernelCall(params=params, inputs=(0,))


def _like(whole: Kernel, symbol: str) -> Kernel:
    return Kernel(
        op=whole.op,
        symbol=symbol,
        header="tg_row_sums.h",
        source=f"portable/{symbol}.c",
        lower=whole.lower,
        needs=frozenset(),
    )
