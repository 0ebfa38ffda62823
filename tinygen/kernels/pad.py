"""C kernel of Pad."""

from collections.abc import Sequence

from tinygen.ir import Call
from tinygen.kernels.kernel import Array, Kernel, KernelCall, Struct, all_of, int32
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.pad import Pad

MAX_DIMENSIONS = 4

Dimension = tuple[int, int, int]
"""Cells before, of the input, and after."""


def view(shape: Sequence[int], sides: Sequence[tuple[int, int]]) -> list[Dimension]:
    """The dimensions of a box within a larger one, as few as there can be: one without sides belongs to the one before
    it."""
    merged: list[Dimension] = []
    for length, (before, after) in zip(shape, sides, strict=True):
        if merged and before == after == 0:
            merged[-1] = tuple(v * length for v in merged[-1])
        elif merged == [(0, 1, 0)]:
            merged = [(before, length, after)]
        else:
            merged.append((before, length, after))
    return merged


def _view(call: Call) -> list[Dimension]:
    return view(call.inputs[0].shape, call.op.paddings)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    op: Pad = call.op
    view = _view(call)
    view = [(0, 1, 0)] * (MAX_DIMENSIONS - len(view)) + view

    def four(name: str, i: int) -> Array:
        return int32(name, [dimension[i] for dimension in view])

    fields = {
        "shape": four("shape", 1),
        "before": four("before", 0),
        "after": four("after", 2),
        "value": op.quantized_value(call),
    }
    return (KernelCall(params=Struct(tag="tg_pad", fields=fields), inputs=(0,)),)


def _fits(call: Call) -> str | None:
    count = len(_view(call))
    return None if count <= MAX_DIMENSIONS else f"{count} dimensions are padded separately"


def _lead(call: Call) -> int:
    """Runs are copied one after the other; the last is the furthest ahead of what it is copied from."""
    view = _view(call)
    behind, size = 0, 1
    for before, length, after in reversed(view):
        behind += after * size
        size *= before + length + after
    run = view[-1][1]
    return call.output.bytes - behind - (call.inputs[0].bytes - run)


KERNELS = (
    Kernel(
        op=Pad,
        symbol="tg_pad_s8",
        header="tg_pad.h",
        source="portable/tg_pad_s8.c",
        fits=all_of(sizes_fit, _fits),
        lower=_lower,
        lead=_lead,
    ),
)
