"""Convolutions of upright signals, which are one column wide: every kernel once more, for the layer laid on its side.

The memory is the same: [1, T, 1, C] with a kernel of [K, 1] is [1, 1, T, C] with one of [1, K]. Kernels compute pixels
of a row side by side, so that one column leaves them nothing to share.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from tinygen.ir import Call, Tensor
from tinygen.kernels.counts import counts_of
from tinygen.kernels.kernel import Fits, Kernel
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.convolution import ConvolutionOperator
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Padding

BEHIND = 100
"""Less specific than all rows that see layers as they are."""

T = TypeVar("T")


def _turned_pair(pair: tuple[int, int]) -> tuple[int, int]:
    return pair[1], pair[0]


def _turned_tensor(tensor: Tensor) -> Tensor:
    """Height and width exchanged, of which one is 1: the elements stay where they are."""
    n, height, width, channels = tensor.shape
    shape = (n, width, height, channels)
    data = None if tensor.data is None else tensor.data.reshape(shape)
    return replace(tensor, shape=shape, data=data)


def turned(call: Call) -> Call:
    """The layer laid on its side."""
    op: ConvolutionOperator = call.op
    p = op.padding
    on_its_side = replace(
        op,
        stride=_turned_pair(op.stride),
        dilation=_turned_pair(op.dilation),
        padding=Padding(top=p.left, bottom=p.right, left=p.top, right=p.bottom),
    )
    return replace(
        call,
        node=replace(call.node, op=on_its_side),
        inputs=(*(_turned_tensor(t) for t in call.inputs[:2]), *call.inputs[2:]),
        outputs=(_turned_tensor(call.output),),
    )


def _is_upright(call: Call) -> str | None:
    columns = (call.inputs[0].shape[2], call.output.shape[2], call.inputs[1].shape[2])
    if columns != (1, 1, 1) or call.inputs[1].shape[1] == 1:
        return "is only for signals of one column"
    return None


def _fits(kernel: Kernel) -> Fits:
    return lambda call: _is_upright(call) or kernel.fits(turned(call))


def _through(of_turned: Callable[[Call], T] | None) -> Callable[[Call], T] | None:
    """What a row says of the layer on its side."""
    return None if of_turned is None else lambda call: of_turned(turned(call))


def _upright(kernel: Kernel) -> Kernel:
    return replace(
        kernel,
        specificity=kernel.specificity - BEHIND,
        fits=_fits(kernel),
        lower=_through(kernel.lower),
        scratch_bytes=_through(kernel.scratch_bytes),
        counts=lambda call: counts_of(kernel, turned(call)),
        lead=_through(kernel.lead),
        estimate=_through(kernel.estimate),
        whole_only=True,
        less_scratch=None,
    )


def _kernels() -> Iterator[Kernel]:
    """Those of all other modules that are written for some core."""
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        name = f"{__package__}.{info.name}"
        found = () if name == __name__ else getattr(importlib.import_module(name), "KERNELS", ())
        yield from (k for k in found if k.op in (Conv2D, DepthwiseConv2D) and k.needs)


KERNELS = tuple(_upright(kernel) for kernel in _kernels())
