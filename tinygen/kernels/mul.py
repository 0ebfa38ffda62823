"""C kernels of Mul."""

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call
from tinygen.kernels.binary import binary_kernels
from tinygen.kernels.kernel import Struct
from tinygen.ops.mul import Mul


def _constants(call: Call) -> Struct:
    """`struct tg_mul_constants`"""
    op: Mul = call.op
    if call.arithmetic is Arithmetic.NATIVE:
        n = op.native_constants(call)
        factor, bias, shift = n.factor, n.bias, n.shift
    else:
        m = op.tflm_multiplier(call)
        factor, bias, shift = m.value, call.output.zero_point, m.shift
    low, high = op.activation.integer_bounds(call.output.quantization)
    return Struct(
        tag="tg_mul_constants",
        fields={
            "factor": factor,
            "bias": bias,
            "shift": shift,
            "a_zero_point": call.inputs[0].zero_point,
            "b_zero_point": call.inputs[1].zero_point,
            "out_min": low,
            "out_max": high,
        },
    )


KERNELS = (
    *binary_kernels(Mul, "mul", Arithmetic.TFLM, _constants),
    *binary_kernels(Mul, "mul", Arithmetic.NATIVE, _constants),
)
