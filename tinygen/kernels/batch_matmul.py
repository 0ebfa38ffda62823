"""C kernels of BatchMatmul."""

import math

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.batch_matmul import BatchMatmul

COLUMNS = 4
"""Of which the kernel computes one element each at a time."""


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: BatchMatmul = call.op
    *batches, rows, columns = call.output.shape
    depth, m = op.depth(call), op.multiplier(call)
    a, b = call.inputs
    fields = {
        "batches": math.prod(batches),
        "rows": rows,
        "columns": columns,
        "depth": depth,
        "a_row": 1 if op.turn_a else depth,
        "a_step": rows if op.turn_a else 1,
        "b_column": depth if op.turn_b else 1,
        "b_step": 1 if op.turn_b else columns,
        "multiplier": m.value,
        "shift": m.shift,
        "a_zero_point": a.zero_point,
        "b_zero_point": b.zero_point,
        "out_zero_point": call.output.zero_point,
    }
    return (KernelCall(params=Struct(tag="tg_batch_matmul", fields=fields), inputs=(0, 1)),)


def _counts(call: Call) -> dict[str, float]:
    """Rows, outputs, and products: of columns in fours, and of those that are left."""
    *batches, rows, columns = call.output.shape
    rows, left = math.prod(batches) * rows, columns % COLUMNS
    depth = call.op.depth(call)
    return {
        "call": 1,
        "rows": rows,
        "outputs": call.output.size,
        "products": rows * (columns - left) * depth,
        "single_products": rows * left * depth,
    }


def _portable(symbol: str, arithmetic: Arithmetic) -> Kernel:
    return Kernel(
        op=BatchMatmul,
        symbol=symbol,
        header="tg_batch_matmul.h",
        source=f"portable/{symbol}.c",
        arithmetics=frozenset({arithmetic}),
        fits=sizes_fit,
        lower=_lower,
        counts=_counts,
    )


KERNELS = (
    _portable("tg_batch_matmul_s8", Arithmetic.TFLM),
    _portable("tg_batch_matmul_s8_native", Arithmetic.NATIVE),
)
