"""Fully connected layers through kernels of convolutions, for the Arm DSP extension: where a network has such a kernel
anyway, its last layer costs no code.

A layer is a 1x1 convolution over an image of one row, whose pixels are the rows of the layer's input.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from tinygen.ir import Call, Range
from tinygen.kernels import conv2d_dsp, conv2d_strips_dsp
from tinygen.kernels.kernel import Kernel
from tinygen.kernels.lowering import INT16_MAX
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.scaled import ChannelMultipliers

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class _Pointwise(Conv2D):
    """The convolution that computes the layer `dense`, with the layer's own multipliers and bounds."""

    dense: Call

    def channel_multipliers(self, call: Call) -> ChannelMultipliers:
        return self.dense.op.channel_multipliers(self.dense)

    def accumulator_range(self, call: Call, x: Range) -> Range:
        return self.dense.op.accumulator_range(self.dense, x)


def _pointwise(call: Call) -> Call:
    """The layer as a convolution."""
    x, weights = call.inputs[:2]
    outputs, depth = weights.shape
    pixels = call.output.size // outputs
    return replace(
        call,
        node=replace(call.node, op=_Pointwise(dense=call, activation=call.op.activation)),
        inputs=(
            replace(x, shape=(1, 1, pixels, depth)),
            replace(
                weights,
                shape=(outputs, 1, 1, depth),
                data=weights.data.reshape(outputs, 1, 1, depth),
            ),
            *call.inputs[2:],
        ),
        outputs=(replace(call.output, shape=(1, 1, pixels, outputs)),),
    )


def _through(of_convolution: Callable[[Call], T]) -> Callable[[Call], T]:
    """What a convolution's row says of the layer."""
    return lambda call: of_convolution(_pointwise(call))


def _fits(kernel: Kernel) -> Callable[[Call], str | None]:
    def fits(call: Call) -> str | None:
        if call.inputs[1].quantization.zero_points[0] != 0:
            return "is only for weights with the zero point 0"
        if max(call.output.size // call.output.channels, *call.inputs[1].shape) > INT16_MAX:
            return f"takes no more than {INT16_MAX} rows and channels"
        return kernel.fits(_pointwise(call))

    return fits


def _dense(kernel: Kernel) -> Kernel:
    """The row of a convolution as one of FullyConnected."""
    assert kernel.scratch_bytes is not None and kernel.counts is not None
    return replace(
        kernel,
        op=FullyConnected,
        specificity=-2,
        fits=_fits(kernel),
        lower=_through(kernel.lower),
        scratch_bytes=_through(kernel.scratch_bytes),
        counts=_through(kernel.counts),
        lead=None,
        spreads=_through(kernel.spreads),
        less_scratch=None,
    )


KERNELS = tuple(_dense(kernel) for kernel in (conv2d_strips_dsp.STRIPS, *conv2d_dsp.KERNELS))
