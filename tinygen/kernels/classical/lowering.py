"""Packing that kernels of classical models share."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import DType
from tinygen.kernels.kernel import Array, Role

TYPE_SUFFIX = {DType.INT8: "s8", DType.INT16: "s16", DType.INT32: "s32", DType.FLOAT32: "f32"}
"""How kernels for features of a type are called."""


def unsigned(name: str, values: NDArray, dtype: type, role: Role = Role.CONSTANTS) -> Array:
    """An array of uint8 or uint16; values outside are an error of the generator."""
    return _narrowed(name, values, dtype, role)


def int16(name: str, values: NDArray, role: Role = Role.CONSTANTS) -> Array:
    """An int16 constant array; values outside are an error of the generator."""
    return _narrowed(name, values, np.int16, role)


def _narrowed(name: str, values: NDArray, dtype: type, role: Role) -> Array:
    data, limits = np.asarray(values, np.int64).ravel(), np.iinfo(dtype)
    if data.size and (data.min() < limits.min or data.max() > limits.max):
        raise ValueError(f"{name} does not fit in {limits.dtype}")
    return Array(name=name, data=data.astype(dtype), role=role)
