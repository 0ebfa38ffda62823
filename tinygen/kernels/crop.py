"""C kernel of Crop."""

from itertools import accumulate
from operator import mul

import numpy as np

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct, all_of, int32
from tinygen.kernels.lowering import sizes_fit
from tinygen.kernels.pad import MAX_DIMENSIONS, Dimension, view
from tinygen.ops.crop import Crop

WORD_BYTES = 4


def _view(call: Call) -> list[Dimension]:
    return view(call.output.shape, call.op.crops)


def _box(call: Call) -> tuple[list[Dimension], list[int], int]:
    """The dimensions, steps between cells of the input, and the cell where the box begins."""
    found = _view(call)
    found = [(0, 1, 0)] * (MAX_DIMENSIONS - len(found)) + found
    lengths = [sum(dimension) for dimension in found]
    steps = list(accumulate(reversed(lengths[1:]), mul))[::-1]
    first = sum(before * step for (before, _, _), step in zip(found, [*steps, 1], strict=True))
    return found, steps, first


def _lower(call: Call) -> tuple[KernelCall, ...]:
    found, steps, first = _box(call)
    fields = {
        "shape": int32("shape", [kept for _, kept, _ in found]),
        "steps": int32("steps", steps),
        "first": first,
    }
    return (KernelCall(params=Struct(tag="tg_crop", fields=fields), inputs=(0,)),)


def _fits(call: Call) -> str | None:
    count = len(_view(call))
    return None if count <= MAX_DIMENSIONS else f"{count} dimensions are cropped separately"


def _counts(call: Call) -> dict[str, float]:
    """Runs, and their words as far as they are aligned, and their other bytes."""
    found, steps, first = _box(call)
    (rows, columns, cells, run) = (kept for _, kept, _ in found)
    i, j, k = np.indices((rows, columns, cells)).reshape(3, -1)
    reads = first + i * steps[0] + j * steps[1] + k * steps[2]
    writes = run * np.arange(len(reads))
    words = int(((reads | writes) % WORD_BYTES == 0).sum()) * (run // WORD_BYTES)
    return {
        "call": 1,
        "runs": len(reads),
        "words": words,
        "bytes": call.output.bytes - WORD_BYTES * words,
    }


KERNELS = (
    Kernel(
        op=Crop,
        symbol="tg_crop_s8",
        header="tg_crop.h",
        source="portable/tg_crop_s8.c",
        fits=all_of(sizes_fit, _fits),
        lower=_lower,
        lead=lambda _: 0,  # runs move to the front, one after the other
        counts=_counts,
    ),
)
