"""Convolutions with dilated columns as some without, for the Arm DSP extension: a wider pixel stands for neighbours.

The memory is the same: [1, H, W, C] is [1, H, W / d, d * C]. Where every d-th column is read, each of the d pixels that
make a wider one sees nothing but its like: a depthwise convolution is one of d * C channels, any other is one of d
times as many groups. All of them have the weights of the layer.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from tinygen.ir import Call, Range, Tensor
from tinygen.kernels import (
    conv2d_groups_dsp,
    conv2d_runs_dsp,
    depthwise_conv2d_dsp,
    depthwise_planes_dsp,
    depthwise_sliding_dsp,
)
from tinygen.kernels.counts import counts_of
from tinygen.kernels.kernel import Kernel

BEHIND = 20
"""Less specific than the rows that see layers as they are."""

MODULES = (
    conv2d_groups_dsp,
    conv2d_runs_dsp,
    depthwise_conv2d_dsp,
    depthwise_planes_dsp,
    depthwise_sliding_dsp,
)

T = TypeVar("T")


def _reason_against(call: Call) -> str | None:
    op, width = call.op, call.inputs[0].shape[2]
    times, left = op.dilation[1], op.padding.left
    if times == 1 or call.inputs[1].shape[2] == 1 or op.stride[1] > 1:
        return "is only for dilated columns with a stride of 1 to the right"
    if width % times or left % times or op.padding.right % times:
        return f"is only for columns in multiples of {times}"
    return None


def _repeated(tensor: Tensor, times: int, axis: int) -> Tensor:
    """The channels of a constant, which lie along an axis, again and again."""
    data, q = np.concatenate([tensor.data] * times, axis), tensor.quantization
    if q is not None and q.axis is not None:
        q = replace(q, scales=q.scales * times, zero_points=q.zero_points * times)
    return replace(tensor, shape=data.shape, data=data, quantization=q)


def _folded(tensor: Tensor, times: int) -> Tensor:
    first, height, width, channels = tensor.shape
    return replace(tensor, shape=(first, height, width // times, channels * times))


def _range(found: Range | None, times: int) -> Range | None:
    if found is None:
        return None
    return Range(low=np.tile(found.low, times), high=np.tile(found.high, times))


def without_dilation(call: Call) -> Call:
    """The layer with pixels that are as wide as its dilation."""
    op, (x, weights, *bias), times = call.op, call.inputs, call.op.dilation[1]
    padding = replace(op.padding, left=op.padding.left // times, right=op.padding.right // times)
    undilated = replace(op, dilation=(op.dilation[0], 1), padding=padding)
    return replace(
        call,
        node=replace(call.node, op=undilated),
        inputs=(
            _folded(x, times),
            _repeated(weights, times, op.channel_axis()),
            *(_repeated(b, times, 0) for b in bias),
        ),
        outputs=(_folded(call.output, times),),
        input_ranges=(*(_range(r, times) for r in call.input_ranges[:1]), *call.input_ranges[1:]),
    )


def _through(of_undilated: Callable[[Call], T] | None) -> Callable[[Call], T] | None:
    """What a row says of the layer without dilation."""
    return None if of_undilated is None else lambda call: of_undilated(without_dilation(call))


def _undilated(kernel: Kernel) -> Kernel:
    return replace(
        kernel,
        specificity=kernel.specificity - BEHIND,
        fits=lambda call: _reason_against(call) or kernel.fits(without_dilation(call)),
        lower=_through(kernel.lower),
        scratch_bytes=_through(kernel.scratch_bytes),
        counts=lambda call: counts_of(kernel, without_dilation(call)),
        lead=_through(kernel.lead),
        spreads=lambda _: False,
        whole_only=True,
        less_scratch=None,
    )


def _kernels() -> Iterator[Kernel]:
    for module in MODULES:
        yield from (_undilated(kernel) for kernel in module.KERNELS)


KERNELS = tuple(_kernels())
