"""C kernels of Add."""

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.binary import binary_kernels
from tinygen.kernels.kernel import Struct
from tinygen.ops.add import Add, AddMultipliers, AddNativeConstants
from tinygen.ops.unary import ALL_INT8
from tinygen.proofs.sums import Sum, prove_sum


def _tflm_constants(call: Call) -> Struct:
    return tflm_struct(call, call.op.tflm_constants(call))


def tflm_struct(call: Call, m: AddMultipliers) -> Struct:
    """`struct tg_add_constants`"""
    a, b = call.inputs
    low, high = call.op.activation.integer_bounds(call.output.quantization)
    return Struct(
        tag="tg_add_constants",
        fields={
            "a_multiplier": m.a.value,
            "b_multiplier": m.b.value,
            "out_multiplier": m.out.value,
            "a_shift": m.a.shift,
            "b_shift": m.b.shift,
            "out_shift": m.out.shift,
            "a_zero_point": a.zero_point,
            "b_zero_point": b.zero_point,
            "out_zero_point": call.output.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )


def _native_constants(call: Call) -> Struct:
    n = call.op.native_constants(call)
    return native_struct(n, *call.op.activation.integer_bounds(call.output.quantization))


def native_struct(form: AddNativeConstants | Sum, low: int, high: int) -> Struct:
    """`struct tg_add_native_constants`"""
    return Struct(
        tag="tg_add_native_constants",
        fields={
            "a_factor": form.a,
            "b_factor": form.b,
            "bias": form.bias,
            "shift": form.shift,
            "out_min": low,
            "out_max": high,
        },
    )


def _proved_constants(call: Call) -> Struct:
    """`struct tg_add_native_constants` for the sum that rule E1 is."""
    form = _proved(call)
    if form is None:
        raise ValueError(f"layer '{call.node.name}' has no proved form")
    return native_struct(form, form.low, form.high)


def _proved(call: Call) -> Sum | None:
    a, b = (t.quantization.scale / call.output.quantization.scale for t in call.inputs)
    return prove_sum(call.op.combine(call, ALL_INT8[:, None], ALL_INT8), a, b)


def _is_proved(call: Call) -> str | None:
    return "no sum of two products was proved for all pairs" if _proved(call) is None else None


KERNELS = (
    *binary_kernels(
        Add, "add", Arithmetic.TFLM, _proved_constants, _is_proved, runs=Arithmetic.NATIVE
    ),
    *binary_kernels(Add, "add", Arithmetic.TFLM, _tflm_constants),
    *binary_kernels(Add, "add", Arithmetic.NATIVE, _native_constants),
)
