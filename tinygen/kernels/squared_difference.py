"""C kernels of SquaredDifference."""

from tinygen.ir import Call
from tinygen.kernels.add import tflm_struct
from tinygen.kernels.binary import binary_kernels
from tinygen.kernels.kernel import Struct
from tinygen.ops.squared_difference import SquaredDifference


def _constants(call: Call) -> Struct:
    fields = tflm_struct(call, call.op.multipliers(call)).fields
    return Struct(tag="tg_squared_difference_constants", fields=fields)


KERNELS = binary_kernels(SquaredDifference, "squared_difference", None, _constants)
