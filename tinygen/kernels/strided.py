"""C kernel of operators that take elements at regular distances: Transpose, StridedSlice, Tile."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from tinygen.ir import Call, Operator
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of, int32
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.tile import Tile
from tinygen.ops.transpose import Transpose

MAX_DIMENSIONS = 8
"""TG_STRIDED_DIMENSIONS"""

Axis = tuple[int, int]
"""Length, and elements from one index to the next in the input."""


def _steps(shape: Sequence[int]) -> list[int]:
    """Of a tensor in row-major order."""
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]


def _transposed(call: Call) -> list[Axis]:
    shape = call.inputs[0].shape
    steps = _steps(shape)
    return [(shape[axis], steps[axis]) for axis in call.op.permutation]


def _sliced(call: Call) -> list[Axis]:
    first, *steps = _steps(call.inputs[0].shape)
    strides = zip(steps, call.op.strides, strict=True)
    lengths = zip(call.op.lengths, (step * stride for step, stride in strides), strict=True)
    return [(call.output.shape[0], first), *lengths]


def _tiled(call: Call) -> list[Axis]:
    shape = call.inputs[0].shape
    axes = zip(shape, _steps(shape), call.op.times, strict=True)
    return [axis for length, step, times in axes for axis in ((times, 0), (length, step))]


def _first(call: Call) -> int:
    """The element of the input that comes first."""
    if not isinstance(call.op, StridedSlice):
        return 0
    steps = _steps(call.inputs[0].shape)[1:]
    return sum(start * step for start, step in zip(call.op.starts, steps, strict=True))


def merged(axes: Sequence[Axis]) -> list[Axis]:
    """The same elements with as few axes as there can be, and one at least."""
    found: list[Axis] = []
    for length, step in axes:
        if length == 1:
            continue
        if found and found[-1][1] == step * length:
            found[-1] = (found[-1][0] * length, step)
        else:
            found.append((length, step))
    return found or [(1, 1)]


def _row(op: type[Operator], axes_of: Callable[[Call], list[Axis]]) -> Kernel:
    def fits(call: Call) -> str | None:
        count = len(merged(axes_of(call)))
        return None if count <= MAX_DIMENSIONS else f"{count} dimensions move separately"

    def lower(call: Call) -> tuple[KernelCall, ...]:
        lengths, steps = zip(*merged(axes_of(call)), strict=True)
        fields = {
            "shape": int32("shape", np.array(lengths)),
            "steps": int32("steps", np.array(steps)),
            "rank": len(lengths),
            "first": _first(call),
        }
        return (KernelCall(params=Struct(tag="tg_strided", fields=fields), inputs=(0,)),)

    def counts(call: Call) -> dict[str, float]:
        """Runs of neighbours, and single elements where they are apart."""
        length, step = merged(axes_of(call))[-1]
        singles = 0 if step == 1 else call.output.size
        copied = call.output.size - singles
        return {"call": 1, "runs": call.output.size // length, "copied": copied, "singles": singles}

    return Kernel(
        op=op,
        symbol="tg_strided_s8",
        header="tg_strided.h",
        source="portable/tg_strided_s8.c",
        fits=all_of(sizes_fit, fits),
        lower=lower,
        counts=counts,
    )


KERNELS = (_row(Transpose, _transposed), _row(StridedSlice, _sliced), _row(Tile, _tiled))
