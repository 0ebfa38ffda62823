"""C kernels of FullyConnected."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import dense_counts
from tinygen.kernels.kernel import Fits, Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.lowering import (
    ARMV6M,
    leading_size,
    packed_rows,
    raised,
    raised_sums_fit,
    sums_fit,
)
from tinygen.kernels.requantization import requantization_struct, statement_of
from tinygen.ops.fully_connected import FullyConnected


def _zero_point(call: Call) -> int:
    return call.inputs[1].quantization.zero_points[0]


def _lower(call: Call) -> tuple[KernelCall, ...]:
    return _lowered(call, call.inputs[1].data)


def _lower_v6m(call: Call) -> tuple[KernelCall, ...]:
    return _lowered(call, raised(call.inputs[1].data))


def _lowered(call: Call, stored: NDArray[np.int8]) -> tuple[KernelCall, ...]:
    """The call for weights as the kernel stores them, but not yet packed."""
    x, weights = call.inputs[:2]
    centred = weights.data.astype(np.int64) - _zero_point(call)
    requantization = requantization_struct(call, centred.sum(1))
    params = Struct(
        tag="tg_fully_connected",
        fields={
            "rows": leading_size(x),
            "depth": weights.shape[1],
            "channels": weights.shape[0],
            "weights": int8("weights", packed_rows(stored), Role.WEIGHTS),
            "weights_zero_point": _zero_point(call),
            "requantization": requantization,
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(statement_of(requantization),)),)


def _is_symmetric(call: Call) -> str | None:
    return None if _zero_point(call) == 0 else "is only for weights with the zero point 0"


def _finish_counts(call: Call) -> dict[str, float]:
    centred = call.inputs[1].data.astype(np.int64) - _zero_point(call)
    return {"call": 1, **dense_counts.finish_counts(call, centred.sum(1))}


def _counts(call: Call) -> dict[str, float]:
    channels, depth = call.inputs[1].shape
    vectors = leading_size(call.inputs[0])
    return _finish_counts(call) | dense_counts.one_counts(vectors, depth, channels)


def _v6m_counts(call: Call) -> dict[str, float]:
    channels, depth = call.inputs[1].shape
    vectors = leading_size(call.inputs[0])
    return _finish_counts(call) | dense_counts.v6m_pixel_counts(1, vectors, depth, channels)


def _portable(symbol: str, *conditions: Fits) -> Kernel:
    return Kernel(
        op=FullyConnected,
        symbol=symbol,
        header="tg_fully_connected.h",
        source=f"portable/{symbol}.c",
        fits=all_of(*conditions, sums_fit),
        lower=_lower,
        counts=_counts,
    )


_V6M = Kernel(
    op=FullyConnected,
    symbol="tg_fully_connected_s8_v6m",
    header="tg_fully_connected.h",
    source="armv6m/tg_fully_connected_s8_v6m.c",
    needs=ARMV6M,
    fits=all_of(_is_symmetric, sums_fit, raised_sums_fit),
    lower=_lower_v6m,
    counts=_v6m_counts,
)

KERNELS = (
    _V6M,
    _portable("tg_fully_connected_s8", _is_symmetric),
    _portable("tg_fully_connected_asymmetric_s8"),
)
