"""C kernels of Prelu."""

from tinygen.ir import Call
from tinygen.kernels.binary import binary_kernels
from tinygen.kernels.kernel import Struct
from tinygen.ops.prelu import Prelu


def _constants(call: Call) -> Struct:
    """`struct tg_prelu_constants`"""
    above, below = call.op.multipliers(call)
    low, high = call.op.activation.integer_bounds(call.output.quantization)
    return Struct(
        tag="tg_prelu_constants",
        fields={
            "above_multiplier": above.value,
            "below_multiplier": below.value,
            "above_shift": above.shift,
            "below_shift": below.shift,
            "x_zero_point": call.inputs[0].zero_point,
            "slope_zero_point": call.inputs[1].zero_point,
            "out_zero_point": call.output.zero_point,
            "out_min": low,
            "out_max": high,
        },
    )


KERNELS = binary_kernels(Prelu, "prelu", None, _constants)
