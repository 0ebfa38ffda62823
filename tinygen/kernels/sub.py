"""C kernels of Sub."""

from dataclasses import replace

import numpy as np

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.add import native_struct, tflm_struct
from tinygen.kernels.binary import binary_kernels
from tinygen.kernels.kernel import Struct
from tinygen.ops.sub import Sub
from tinygen.ops.unary import ALL_INT8
from tinygen.proofs.sums import Sum, prove_sum


def _tflm_constants(call: Call) -> Struct:
    return tflm_struct(call, call.op.tflm_constants(call))


def _native_constants(call: Call) -> Struct:
    n = call.op.native_constants(call)
    return native_struct(n, *call.op.activation.integer_bounds(call.output.quantization))


def _proved_constants(call: Call) -> Struct:
    """`struct tg_add_native_constants` for the difference that rule E17 is."""
    form = _proved(call)
    if form is None:
        raise ValueError(f"layer '{call.node.name}' has no proved form")
    return native_struct(form, form.low, form.high)


def _proved(call: Call) -> Sum | None:
    """The form of a - b: that for a and -1 - b, which is in int8 as b is, with the factor of b turned over."""
    a, b = (t.quantization.scale / call.output.quantization.scale for t in call.inputs)
    table = call.op.combine(call, ALL_INT8[:, None], -1 - ALL_INT8)
    form = prove_sum(np.asarray(table), a, b)
    return None if form is None else replace(form, b=-form.b, bias=form.bias - form.b)


def _is_proved(call: Call) -> str | None:
    return "no sum of two products was proved for all pairs" if _proved(call) is None else None


KERNELS = (
    *binary_kernels(
        Sub, "add", Arithmetic.TFLM, _proved_constants, _is_proved, runs=Arithmetic.NATIVE
    ),
    *binary_kernels(Sub, "sub", Arithmetic.TFLM, _tflm_constants),
    *binary_kernels(Sub, "add", Arithmetic.NATIVE, _native_constants),
)
