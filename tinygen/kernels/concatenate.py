"""C kernel of Concatenate: one call for each input, the largest first."""

from dataclasses import replace
from itertools import accumulate
from math import prod

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import INT16_MAX, sizes_fit
from tinygen.ops.concatenate import Concatenate

WORD_BYTES = 4

ARMV7M = frozenset({"thumb2", "unaligned"})
"""Words may lie anywhere."""


def _blocks(call: Call) -> int:
    """Pieces of every input."""
    return prod(call.output.shape[: call.op.axis])


def _sizes(call: Call) -> list[int]:
    """Bytes of a piece of every input."""
    return [prod(tensor.shape[call.op.axis :]) for tensor in call.inputs]


def _largest(call: Call) -> int:
    """Of those that are not constant."""
    sizes = [0 if t.is_constant else t.bytes for t in call.inputs]
    return sizes.index(max(sizes))


def _lower(call: Call) -> tuple[KernelCall, ...]:
    sizes = _sizes(call)
    calls = [
        KernelCall(
            params=Struct(
                tag="tg_concatenate",
                fields={
                    "blocks": _blocks(call),
                    "size": size,
                    "out_step": sum(sizes),
                    "offset": end - size,
                },
            ),
            inputs=(i,),
        )
        for i, (size, end) in enumerate(zip(sizes, accumulate(sizes), strict=True))
    ]
    first = calls.pop(_largest(call))
    return first, *calls


def _lead(call: Call) -> int:
    """Over the input that is copied first: its pieces move apart, the last is the furthest ahead."""
    sizes, index = _sizes(call), _largest(call)
    others = sum(sizes) - sizes[index]
    return (_blocks(call) - 1) * others + sum(sizes[: index + 1])


def _joins_pixels(call: Call) -> bool:
    """Whether pieces are as long as the last dimension."""
    return call.op.axis == len(call.output.shape) - 1


def _parts(call: Call) -> dict[int, int]:
    """Where the output's dimensions before the joined one are 1, the inputs lie in it one after the other."""
    sizes = _sizes(call)
    if _blocks(call) != 1 and not (_joins_pixels(call) and sum(sizes) <= INT16_MAX):
        return {}
    return {i: end - sizes[i] for i, end in enumerate(accumulate(sizes))}


def _parts_step(call: Call) -> int | None:
    """Where channels are joined, the pixels of every input lie a pixel of the output apart."""
    return None if _blocks(call) == 1 else sum(_sizes(call))


def _counts(call: Call) -> dict[str, float]:
    """Pieces that are copied in words, and those that are copied by the library, where the size is no multiple of 4."""
    sizes, blocks = _sizes(call), _blocks(call)
    words = [size for size in sizes if (size | sum(sizes)) % WORD_BYTES == 0]
    others = [size for size in sizes if (size | sum(sizes)) % WORD_BYTES != 0]
    return {
        "calls": len(sizes),
        "pieces": blocks * len(words),
        "words": blocks * sum(words) / WORD_BYTES,
        "other pieces": blocks * len(others),
        "other bytes": blocks * sum(others),
    }


def _counts_v7m(call: Call) -> dict[str, float]:
    sizes, blocks = _sizes(call), _blocks(call)
    return {
        "calls": len(sizes),
        "pieces": blocks * len(sizes),
        "sixteens": blocks * sum(size // 16 for size in sizes),
        "words": blocks * sum(size % 16 // WORD_BYTES for size in sizes),
        "single bytes": blocks * sum(size % 2 for size in sizes),
        "byte pairs": blocks * sum(size % 4 // 2 for size in sizes),
    }


_PORTABLE = Kernel(
    op=Concatenate,
    symbol="tg_concatenate_s8",
    header="tg_concatenate.h",
    source="portable/tg_concatenate_s8.c",
    fits=sizes_fit,
    lower=_lower,
    parts=_parts,
    parts_step=_parts_step,
    spreads=_joins_pixels,
    counts=_counts,
    lead=_lead,
    lead_over=_largest,
)

KERNELS = (
    replace(
        _PORTABLE,
        symbol="tg_concatenate_s8_v7m",
        source="armv7m/tg_concatenate_s8_v7m.c",
        needs=ARMV7M,
        counts=_counts_v7m,
    ),
    _PORTABLE,
)
