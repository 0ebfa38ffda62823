"""Linear functions of int8 features with weights of 8 bits: these lie as stored rows do."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.classical.linear_scores import largest_inputs
from tinygen.kernels.classical.row_tiles import scratch_bytes, tiles, tiles_array, whole_tiles
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.linear_scores import LinearScores


def _lower(is_dsp: bool) -> Callable[[Call], tuple[KernelCall, ...]]:
    def lower(call: Call) -> tuple[KernelCall, ...]:
        weights, bias = call.inputs[1:]
        fields = {
            "outputs": weights.shape[0],
            "depth": weights.shape[1],
            "tiles": _pairs(weights.data) if is_dsp else tiles_array(weights.data, is_dsp=False),
            "bias": int32("bias", whole_tiles(bias.data)),
        }
        return (KernelCall(params=Struct(tag="tg_linear_tiles", fields=fields), inputs=(0,)),)

    return lower


def _pairs(weights: NDArray[np.int8]) -> Array:
    """Tiles of int16: an odd weight times 256, plus the even one before."""
    even, odd = tiles(weights).reshape(-1, 2).T
    data = (256 * odd + even).astype("<i2").view(np.uint8)
    return Array(name="tiles", data=data, role=Role.WEIGHTS)


def _fits(is_dsp: bool) -> Fits:
    def fits(call: Call) -> str | None:
        x, weights, bias = call.inputs
        if weights.dtype is not DType.INT8 or x.dtype is not DType.INT8 or call.op.shift:
            return "the weights are not int8"
        if is_dsp:
            sums = np.abs(weights.data.astype(np.int64)) @ largest_inputs(call)
            return "sums leave 24 bits" if sums.max() >= 2**23 else None
        # products with the bytes of a tile are larger than those with weights
        most = 255 * largest_inputs(call).sum() + np.abs(bias.data.astype(np.int64)).max()
        return "the sums need 64 bits" if most >= 2**31 else None

    return fits


def _kernel(is_dsp: bool) -> Kernel:
    symbol = f"tg_linear_tiles_s8{'_dsp' if is_dsp else ''}"
    return Kernel(
        op=LinearScores,
        symbol=symbol,
        header="tg_linear_tiles.h",
        source=f"{'arm_dsp' if is_dsp else 'portable'}/{symbol}.c",
        needs=frozenset({"dsp"}) if is_dsp else frozenset(),
        fits=_fits(is_dsp),
        lower=_lower(is_dsp),
        scratch_bytes=scratch_bytes,
        specificity=2,
        estimate=lambda call: (1.0 if is_dsp else 4.0) * call.op.macs(call) + 100.0,
    )


KERNELS = (_kernel(True), _kernel(False))
