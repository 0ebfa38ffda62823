"""Linear functions by the dual multiply-accumulate of the DSP extension."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.classical.linear_scores import sums_fit
from tinygen.kernels.classical.lowering import TYPE_SUFFIX, int16
from tinygen.kernels.kernel import Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.linear_scores import LinearScores

OUTPUTS, FEATURES = 5, 4
"""Of a step."""

ORDER = {DType.INT8: [0, 2, 1, 3], DType.INT16: [0, 1, 2, 3]}
"""How four features lie in two words: bytes are widened by SXTB16."""


def packed(weights: NDArray[np.int16], dtype: DType) -> NDArray[np.int16]:
    """Weights [outputs, depth] as the kernels read them (tg_linear_scores.h)."""
    outputs, depth = weights.shape
    whole = depth - depth % FEATURES
    parts, first = [], 0
    while first < outputs:
        count = OUTPUTS if outputs - first >= OUTPUTS else 1
        block = weights[first : first + count]
        steps = block[:, :whole].reshape(count, -1, FEATURES)[:, :, ORDER[dtype]]
        parts += [steps.transpose(1, 0, 2).ravel(), block[:, whole:].T.ravel()]
        first += count
    return np.concatenate(parts)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights, bias = call.inputs
    fields = {
        "outputs": weights.shape[0],
        "depth": weights.shape[1],
        "shift": 0,
        "weights": int16("weights", packed(weights.data, x.dtype), Role.WEIGHTS),
        "bias": int32("bias", bias.data),
    }
    return (KernelCall(params=Struct(tag="tg_linear_scores", fields=fields), inputs=(0,)),)


def _kernel(dtype: DType) -> Kernel:
    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not dtype:
            return f"the features are not {dtype.value}"
        return sums_fit(call)

    symbol = f"tg_linear_scores_{TYPE_SUFFIX[dtype]}_dsp"
    return Kernel(
        op=LinearScores,
        symbol=symbol,
        header="tg_linear_scores.h",
        source=f"arm_dsp/{symbol}.c",
        needs=frozenset({"dsp"}),
        fits=fits,
        lower=_lower,
        specificity=1,
        estimate=lambda call: 1.6 * call.op.macs(call) + 20.0,
    )


KERNELS = tuple(_kernel(dtype) for dtype in ORDER)
