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

from tinygen.ir import Call
from tinygen.kernels.counts import counts_of
from tinygen.kernels.kernel import Fits, Kernel
from tinygen.kernels.turning import turned
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D

BEHIND = 100
"""Less specific than all rows that see layers as they are."""

T = TypeVar("T")


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
        spreads=_through(kernel.spreads),
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
