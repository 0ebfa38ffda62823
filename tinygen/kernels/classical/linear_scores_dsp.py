"""Linear functions by the dual multiply-accumulate of the DSP extension."""

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType
from tinygen.kernels.classical.linear_scores import sums_fit
from tinygen.kernels.classical.lowering import TYPE_SUFFIX
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Role, Struct, int32
from tinygen.ops.classical.linear_scores import LinearScores

BLOCKS, FEATURES = (5, 1), 4
"""Outputs of a block, the largest first; features of a step."""

ORDER = {DType.INT8: [0, 2, 1, 3], DType.INT16: [0, 1, 2, 3]}
"""How four features lie in two words: bytes are widened by SXTB16."""


def packed(weights: NDArray[np.int16], dtype: DType) -> NDArray[np.uint32]:
    """Weights [outputs, depth] as the kernels read them (tg_linear_scores.h): two in a word."""
    outputs, depth = weights.shape
    whole = depth - depth % FEATURES
    parts, first = [], 0
    while first < outputs:
        count = next(b for b in BLOCKS if b <= outputs - first)
        block = weights[first : first + count]
        steps = block[:, :whole].reshape(count, -1, FEATURES)[:, :, ORDER[dtype]]
        rest = block[:, whole:].T.ravel()
        words = steps.reshape(count, -1, 2, 2).transpose(1, 2, 0, 3)
        parts += [words.ravel(), np.stack([rest, 0 * rest], axis=1).ravel()]
        first += count
    return np.ascontiguousarray(np.concatenate(parts), dtype="<i2").view("<u4")


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, weights, bias = call.inputs
    words = packed(weights.data, x.dtype)
    fields = {
        "outputs": weights.shape[0],
        "depth": weights.shape[1],
        "weights": Array(name="weights", data=words, role=Role.WEIGHTS),
        "bias": int32("bias", bias.data),
    }
    return (KernelCall(params=Struct(tag="tg_linear_scores_dsp", fields=fields), inputs=(0,)),)


def _kernel(dtype: DType) -> Kernel:
    def fits(call: Call) -> str | None:
        if call.inputs[0].dtype is not dtype:
            return f"the features are not {dtype.value}"
        if call.inputs[1].dtype is not DType.INT16:
            return "the weights are not int16"
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
        estimate=lambda call: 1.5 * call.op.macs(call) + 20.0,
    )


KERNELS = tuple(_kernel(dtype) for dtype in ORDER)
