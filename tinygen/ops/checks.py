"""What operators demand of their inputs, said as user errors; bounds of inputs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import Multiplier, quantize_multiplier
from tinygen.ir import Call, Operator, Range, Tensor

MAX_FACTOR = 2.0**30
"""Requantization factors stay below this, so that every shift is at most 30 (rules A6 and A7)."""


def unsupported(
    op: Operator, inputs: Sequence[Tensor], what: str, supported: str
) -> UnsupportedError:
    """An error about an operator on these inputs, for use where the layer's name is not known."""
    names = ", ".join(f"'{t.name}'" for t in inputs) or "no input"
    return UnsupportedError(
        what=f"{op.label()}: {what}",
        where=f"{op.label()} of {names}",
        next_step=f"supported: {supported}",
    )


def expect_inputs(op: Operator, inputs: Sequence[Tensor], least: int, most: int) -> None:
    """Raise UnsupportedError unless there are `least` to `most` inputs, not all of them scalars."""
    if not least <= len(inputs) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise unsupported(op, inputs, f"has {len(inputs)} inputs", f"{wanted} inputs")
    if not any(t.shape for t in inputs):
        raise unsupported(op, inputs, "its input is a scalar", "tensors of rank 1 and above")


def expect_rank(op: Operator, inputs: Sequence[Tensor], index: int, rank: int) -> None:
    """Raise UnsupportedError unless input `index` has the given rank."""
    shape = inputs[index].shape
    if len(shape) != rank:
        raise unsupported(
            op, inputs, f"input {index} has shape {list(shape)}", f"rank {rank} for input {index}"
        )


def expect_constants(op: Operator, inputs: Sequence[Tensor], first: int) -> None:
    """Raise UnsupportedError unless inputs `first` and later are constants."""
    for tensor in inputs[first:]:
        if not tensor.is_constant:
            raise unsupported(op, inputs, f"'{tensor.name}' is computed", "constant parameters")


def multiplier(call: Call, factor: float) -> Multiplier:
    """The fixed-point form of a factor (A1); UnsupportedError where no sane model leads to it."""
    if not 0.0 <= factor < MAX_FACTOR:
        raise call.unsupported(
            f"the scales demand a requantization by {factor:.3g}", "factors from 0 to 2**30"
        )
    return quantize_multiplier(factor)


def multiplier_of_int8(call: Call, factor: float) -> Multiplier:
    """As `multiplier`, for differences of int8 values: what it makes of them fits in int32."""
    m = multiplier(call, factor)
    expect_int32(call, Range.full(1, -255, 255), m.shift)
    return m


def expect_int32(call: Call, acc: Range, shifts: NDArray[np.int64] | int) -> None:
    """Raise UnsupportedError if accumulators in these bounds can leave int32, scaled or not.

    Otherwise no step of rules A6 and A7 overflows, and requantization is monotone.
    """
    largest = np.maximum(np.abs(acc.low), np.abs(acc.high))
    # 256: room for the zero point that is added afterwards
    if (largest >= (2**31 - 256) >> np.maximum(shifts, 0)).any():
        channel = int(np.argmax(largest << np.maximum(shifts, 0)))
        raise call.unsupported(
            f"channel {channel}: an accumulator up to {largest.max()} leaves int32 when scaled",
            "accumulators that stay in int32: the bias or the scales of this layer are broken",
        )


def input_range(tensor: Tensor, known: Range | None, channels: int) -> Range:
    """Bounds of an input broadcast to `channels`: the known ones, or those of a constant."""
    if known is None:
        data = tensor.data.astype(np.int64).reshape(-1, tensor.channels)
        known = Range(low=data.min(0), high=data.max(0))
    return Range(
        low=np.broadcast_to(known.low, channels), high=np.broadcast_to(known.high, channels)
    )


def union(ranges: Sequence[Range]) -> Range:
    """The smallest range that contains all of these, channel by channel."""
    return Range(
        low=np.min([r.low for r in ranges], axis=0), high=np.max([r.high for r in ranges], axis=0)
    )
