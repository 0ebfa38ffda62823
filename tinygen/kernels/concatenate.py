"""C kernel of Concatenate: one call for each input, the largest first."""

from itertools import accumulate
from math import prod

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.kernels.lowering import sizes_fit
from tinygen.ops.concatenate import Concatenate

WORD_BYTES = 4


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


def _parts(call: Call) -> dict[int, int]:
    """Where the output's dimensions before the joined one are 1, the inputs lie in it one after the other."""
    if _blocks(call) != 1:
        return {}
    ends = accumulate(t.bytes for t in call.inputs)
    return {i: end - call.inputs[i].bytes for i, end in enumerate(ends)}


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


KERNELS = (
    Kernel(
        op=Concatenate,
        symbol="tg_concatenate_s8",
        header="tg_concatenate.h",
        source="portable/tg_concatenate_s8.c",
        fits=sizes_fit,
        lower=_lower,
        parts=_parts,
        counts=_counts,
        lead=_lead,
        lead_over=_largest,
    ),
)
