"""Transformers that are neither a matrix nor functions of one column each. `apply` is the transformer itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ops.classical.normalized import Norm

Rows = NDArray[np.float64]
"""[samples, columns]"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Polynomial:
    """Output k is the product over the columns i of x[i] ^ powers[k, i]."""

    powers: NDArray[np.int64]
    apply: Callable[[Rows], Rows]

    @property
    def outputs(self) -> int:
        return len(self.powers)


@dataclass(frozen=True, kw_only=True, eq=False)
class Normalization:
    """Rows divided by their length; rows of zeros stay."""

    norm: Norm
    columns: int
    apply: Callable[[Rows], Rows]

    @property
    def outputs(self) -> int:
        return self.columns


@dataclass(frozen=True, kw_only=True, eq=False)
class Imputation:
    """Output k is x[sources[k]], or values[k] where that is `missing`, a number or NaN."""

    sources: NDArray[np.int64]
    values: NDArray[np.float64]
    missing: float
    apply: Callable[[Rows], Rows]

    @property
    def outputs(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, kw_only=True, eq=False)
class Factorization:
    """The y >= 0 with the least |x - components^T y|^2 / 2 + l1 * sum of y + l2 * |y|^2 / 2.

    components [outputs, columns], none of them negative.
    """

    components: NDArray[np.float64]
    l1: float
    l2: float
    apply: Callable[[Rows], Rows]

    @property
    def outputs(self) -> int:
        return len(self.components)


@dataclass(frozen=True, kw_only=True, eq=False)
class Branches:
    """The columns behind several chains of transformers, all of which see the same columns."""

    chains: tuple[tuple[object, ...], ...]
    outputs: int
    apply: Callable[[Rows], Rows]


Special = Polynomial | Normalization | Imputation | Factorization | Branches


def takes_nan(transforms: Sequence[object]) -> bool:
    """True where something puts numbers in place of NaN."""
    return any(
        (isinstance(t, Imputation) and np.isnan(t.missing))
        or (isinstance(t, Branches) and any(takes_nan(chain) for chain in t.chains))
        for t in transforms
    )


def imputed_columns(transforms: Sequence[object], columns: int) -> NDArray[np.bool_]:
    """Where numbers are put in place of NaN by a transformer in front; all columns where there is no such."""
    first = transforms[0] if transforms else None
    if not isinstance(first, Imputation) or not np.isnan(first.missing):
        return np.ones(columns, np.bool_)
    found = np.zeros(columns, np.bool_)
    found[first.sources[~np.isnan(first.values)]] = True
    left_out = np.setdiff1d(np.arange(columns), first.sources)
    found[left_out] = True  # nothing reads these
    return found
