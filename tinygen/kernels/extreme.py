"""C kernels of Maximum and Minimum."""

from tinygen.ir import Call
from tinygen.kernels.binary import binary_kernels
from tinygen.kernels.kernel import Struct
from tinygen.ops.extreme import Maximum, Minimum


def _constants(call: Call) -> Struct:
    """`struct tg_maximum_constants`"""
    low, high = call.op.activation.integer_bounds(call.output.quantization)
    flip = -1 if isinstance(call.op, Minimum) else 0
    fields = {"flip": flip, "out_min": low, "out_max": high}
    return Struct(tag="tg_maximum_constants", fields=fields)


KERNELS = tuple(
    row for op in (Maximum, Minimum) for row in binary_kernels(op, "maximum", None, _constants)
)
