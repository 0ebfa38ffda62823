"""Features that are sums of kernels (Nystroem): with the linear model behind them they are a kernel machine."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.description import Description, KernelMachine, Linear, Link, Rows
from tinygen.errors import UnsupportedError


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelFeatures:
    """The scores of a machine of one group as new columns; `apply` is the transformer itself."""

    machine: KernelMachine
    apply: Callable[[Rows], NDArray]

    @property
    def outputs(self) -> int:
        return self.machine.coefficients.shape[1]


def merged(description: Description) -> Description:
    """The description with a kernel machine in place of kernel features and the linear model behind them.

    Raises UnsupportedError where something else is behind them.
    """
    places = [i for i, t in enumerate(description.transforms) if isinstance(t, KernelFeatures)]
    if not places:
        return description
    first, rest = places[0], description.transforms[places[0] + 1 :]
    features: KernelFeatures = description.transforms[first]
    is_last = len(places) == 1 and isinstance(description.scorer, Linear)
    before = algebra.as_matrix(rest, features.outputs) if is_last else None
    if before is None:
        raise UnsupportedError(
            what="sums of kernels (Nystroem) are in front of something that is not linear",
            where=type(description.scorer).__name__,
            next_step="supported behind Nystroem: scalers, projections, linear models",
        )
    linear = _differences(algebra.collapse(description.scorer, before), description)
    machine = replace(
        features.machine,
        coefficients=features.machine.coefficients @ linear.weights.T,
        bias=linear.weights @ features.machine.bias + linear.bias,
    )
    return replace(
        description,
        transforms=description.transforms[:first],
        scorer=machine,
        link=description.link if description.link is Link.SIGMOID else Link.NONE,
    )


def _differences(linear: Linear, description: Description) -> Linear:
    """Two scores of a classifier are one."""
    if len(description.classes) != 2 or linear.outputs != 2:
        return linear
    weights, bias = linear.weights, linear.bias
    return Linear(weights=weights[1:] - weights[:1], bias=np.diff(bias))
