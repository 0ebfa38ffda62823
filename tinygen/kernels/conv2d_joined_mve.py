"""Convolutions in groups for Helium (MVE) as ones in fewer groups: some groups are one, with zeros between them.

Small groups leave vectors of sixteen inputs and tiles of four outputs half empty, and every group lays out its own
columns. Groups that are one share what they would have left empty, which is worth products with zeros.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from tinygen.ir import Call, Tensor
from tinygen.kernels import conv2d_mve
from tinygen.kernels.counts import counts_of
from tinygen.kernels.kernel import Kernel

BEHIND = 20
"""Less specific than the rows that see layers as they are."""

GROUPS = (2, 3, 4, 6, 8)
"""How many may be one."""

MOST_CHANNELS = 32
"""Of the input of groups that are one: with more there is nothing left to fill."""

T = TypeVar("T")


def _reason_against(call: Call, count: int) -> str | None:
    groups, channels = call.op.groups(call), call.inputs[1].shape[3]
    if groups % count:
        return f"is only for several times {count} groups"
    if count * channels > MOST_CHANNELS:
        return f"is only for groups of up to {MOST_CHANNELS // count} channels"
    return None


def _joined_weights(call: Call, count: int) -> Tensor:
    """[O, KH, KW, I] -> [O, KH, KW, count * I]: those of group g of some that are one are the g-th of the inputs."""
    weights = call.inputs[1]
    outputs, height, width, inputs = weights.shape
    data = np.zeros((outputs, height, width, count, inputs), np.int8)
    for o in range(outputs):
        group = o * call.op.groups(call) // outputs
        data[o, :, :, group % count] = weights.data[o]
    joined = data.reshape(outputs, height, width, -1)
    return replace(weights, shape=joined.shape, data=joined)


def joined(call: Call, count: int) -> Call:
    """The layer with so many groups for one."""
    x, _, *bias = call.inputs
    return replace(call, inputs=(x, _joined_weights(call, count), *bias))


def _of_joined(kernel: Kernel, count: int) -> Kernel:
    def through(of_joined: Callable[[Call], T]) -> Callable[[Call], T]:
        """What the row says of the layer with fewer groups."""
        return lambda call: of_joined(joined(call, count))

    return replace(
        kernel,
        specificity=kernel.specificity - BEHIND,
        fits=lambda call: _reason_against(call, count) or kernel.fits(joined(call, count)),
        lower=through(kernel.lower),
        scratch_bytes=through(kernel.scratch_bytes),
        counts=through(lambda call: counts_of(kernel, call)),
        lead=through(kernel.lead),
        spreads=through(kernel.spreads),
    )


KERNELS = tuple(_of_joined(conv2d_mve.COLUMNS, count) for count in GROUPS)
