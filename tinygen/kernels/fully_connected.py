"""C kernels of FullyConnected."""

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.lowering import (
    leading_size,
    packed_rows,
    sums_fit,
)
from tinygen.kernels.requantization import requantization_struct
from tinygen.ops.fully_connected import FullyConnected


def _zero_point(call: Call) -> int:
    return call.inputs[1].quantization.zero_points[0]


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights = call.inputs[:2]
    centred = weights.data.astype(np.int64) - _zero_point(call)
    params = Struct(
        tag="tg_fully_connected",
        fields={
            "rows": leading_size(x),
            "depth": weights.shape[1],
            "channels": weights.shape[0],
            "weights": int8("weights", packed_rows(weights.data), Role.WEIGHTS),
            "weights_zero_point": _zero_point(call),
            "requantization": requantization_struct(call, centred.sum(1)),
        },
    )
    return (KernelCall(params=params, inputs=(0,)),)


def _is_symmetric(call: Call) -> str | None:
    return None if _zero_point(call) == 0 else "is only for weights with the zero point 0"


def _portable(symbol: str, *conditions: Fits) -> Kernel:
    return Kernel(
        op=FullyConnected,
        symbol=symbol,
        header="tg_fully_connected.h",
        source=f"portable/{symbol}.c",
        fits=all_of(*conditions, sums_fit),
        lower=_lower,
    )


KERNELS = (
    _portable("tg_fully_connected_s8", _is_symmetric),
    _portable("tg_fully_connected_asymmetric_s8"),
)
