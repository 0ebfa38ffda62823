"""C kernels for Helium (MVE) of every elementwise function of one value."""

import dataclasses

from tinygen.kernels import mve, unary
from tinygen.kernels.kernel import Kernel


def _for_helium(kernel: Kernel) -> Kernel:
    """The same with the same parameters; clips stay before tables."""
    symbol = f"{kernel.symbol}_mve"
    return dataclasses.replace(
        kernel,
        symbol=symbol,
        header="tg_unary_mve.h",
        source=f"arm_mve/{symbol}.c",
        needs=mve.MVE,
        specificity=mve.SPECIFICITY + kernel.specificity,
        counts=lambda call: {"call": 1, "vectors": mve.steps_of(call.output.size)},
    )


KERNELS = tuple(_for_helium(kernel) for kernel in unary.KERNELS)
