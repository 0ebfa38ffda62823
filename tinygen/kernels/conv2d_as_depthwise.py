"""Convolutions in groups of one input channel: every kernel of DepthwiseConv2D takes them, which is what they are."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from tinygen.ir import Call, Tensor
from tinygen.kernels.counts import counts_of
from tinygen.kernels.dsp import DSP
from tinygen.kernels.kernel import Fits, Kernel
from tinygen.kernels.mve import MVE
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D

BEHIND = 10
"""Less specific than the rows of convolutions."""

OTHER_VIEWS = ("conv2d_as_depthwise", "upright")
"""Modules that make rows of the rows of others."""

SIMD = DSP | MVE
"""Features of cores whose convolutions take one input channel as well as many."""

CHANNEL_AXIS = 3
"""Of the weights of a depthwise convolution."""

T = TypeVar("T")


def _depthwise_weights(weights: Tensor) -> Tensor:
    """[O, KH, KW, 1] -> [1, KH, KW, O]"""
    data = weights.data.transpose(3, 1, 2, 0)
    q = weights.quantization
    axis = None if q.axis is None else CHANNEL_AXIS
    return replace(weights, shape=data.shape, data=data, quantization=replace(q, axis=axis))


def as_depthwise(call: Call) -> Call:
    """The layer as a depthwise convolution."""
    op: Conv2D = call.op
    x, weights, *bias = call.inputs
    depthwise = DepthwiseConv2D(
        stride=op.stride, dilation=op.dilation, padding=op.padding, activation=op.activation
    )
    return replace(
        call,
        node=replace(call.node, op=depthwise),
        inputs=(x, _depthwise_weights(weights), *bias),
    )


def _is_depthwise(kernel: Kernel, call: Call) -> str | None:
    if call.inputs[1].shape[3] != 1:
        return "is only for groups of one input channel"
    if call.op.groups(call) == 1 and kernel.needs & SIMD:
        return "is only for several groups: convolutions of one channel have faster kernels"
    return None


def _fits(kernel: Kernel) -> Fits:
    return lambda call: _is_depthwise(kernel, call) or kernel.fits(as_depthwise(call))


def _through(of_depthwise: Callable[[Call], T] | None) -> Callable[[Call], T] | None:
    """What a depthwise row says of the layer."""
    return None if of_depthwise is None else lambda call: of_depthwise(as_depthwise(call))


def _convolution(kernel: Kernel) -> Kernel:
    return replace(
        kernel,
        op=Conv2D,
        specificity=kernel.specificity - BEHIND,
        fits=_fits(kernel),
        lower=_through(kernel.lower),
        scratch_bytes=_through(kernel.scratch_bytes),
        counts=lambda call: counts_of(kernel, as_depthwise(call)),
        lead=_through(kernel.lead),
        estimate=_through(kernel.estimate),
        whole_only=True,
        less_scratch=None,
    )


def _kernels() -> Iterator[Kernel]:
    """Those of all modules that see layers as they are."""
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if info.name not in OTHER_VIEWS:
            module = importlib.import_module(f"{__package__}.{info.name}")
            yield from (k for k in getattr(module, "KERNELS", ()) if k.op is DepthwiseConv2D)


KERNELS = tuple(_convolution(kernel) for kernel in _kernels())
