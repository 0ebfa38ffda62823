"""How many bits the operators of a model have: a ladder from few to many, of which the first that agrees is taken."""

from dataclasses import dataclass, replace

from tinygen.classical.algebra import works_by_columns
from tinygen.classical.combination import Stacked, holds, members_of
from tinygen.classical.description import (
    Description,
    Isolation,
    Kernel,
    KernelMachine,
    Linear,
    LocalOutliers,
    Metric,
    Neighbors,
    Network,
    Trees,
    WithinRadius,
)

ALL = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Bits of the features of operators. `small_layers` so many hidden layers of a network, the first ones, are int8.

    If `has_wide_columns`, columns that are computed only to be compared by trees have 31 bits, else those of products
    of 16. If `is_wide`, linear scores have weights of 32 bits and sums of 64, and shares of classes in leaves 15 bits.
    """

    bits: int
    small_layers: int = ALL
    has_wide_columns: bool = False
    is_wide: bool = False

    def __str__(self) -> str:
        if self.is_wide:
            return f"{self.bits} bits, wide sums"
        if self.has_wide_columns:
            return f"{self.bits} bits, columns that trees compare of 31"
        if self.bits == 8 and self.small_layers != ALL:
            return f"8 bits in {self.small_layers} of the hidden layers"
        return f"{self.bits} bits"


def ladder(description: Description) -> tuple[Precision, ...]:
    """What to try for a model, narrowest first. The last before the wide one is what models have without a wish."""
    rungs = _ladder(description)
    if not compares_columns(description):
        return rungs
    plain = [rung for rung in rungs if not rung.is_wide]
    wide = [replace(rung, has_wide_columns=True) for rung in rungs if rung.is_wide]
    return (*plain, replace(plain[-1], has_wide_columns=True), *wide)


def compares_columns(description: Description) -> bool:
    """True if trees compare columns that are computed: what is rounded there may send a row another way."""
    scorer = description.scorer
    if isinstance(scorer, Trees | Isolation):
        return not works_by_columns(description.transforms)
    if isinstance(scorer, Stacked) and holds(scorer.last, Trees):
        return True
    before = description.transforms
    return any(
        compares_columns(replace(member, transforms=(*before, *member.transforms)))
        for member in members_of(scorer)
    )


def _ladder(description: Description) -> tuple[Precision, ...]:
    sixteen = Precision(bits=16)
    match description.scorer:
        case Network():
            hidden = len(description.scorer.layers) - 1
            fewer = (Precision(bits=8, small_layers=k) for k in range(hidden - 1, 0, -1))
            return (Precision(bits=8), *fewer, sixteen)
        case KernelMachine(kernel=kernel) if kernel.is_wide:
            return (Precision(bits=32),)
        case KernelMachine(kernel=Kernel.RBF | Kernel.POLY):
            return (Precision(bits=8), sixteen, Precision(bits=32))
        case Neighbors(metric=metric) if metric.is_wide:
            return (Precision(bits=32),)
        case Neighbors(metric=Metric.HAMMING) | KernelMachine():
            return (Precision(bits=8), sixteen)
        case Neighbors(metric=Metric.COSINE) | LocalOutliers():
            return (sixteen, Precision(bits=32))
        case Neighbors() | WithinRadius():
            return (Precision(bits=8), sixteen, Precision(bits=32))
        case Linear() | Trees():
            return (sixteen, Precision(bits=16, is_wide=True))
        case scorer if members_of(scorer):
            tried = (rung for member in members_of(scorer) for rung in _ladder(member))
            return tuple(sorted(set(tried), key=lambda p: (p.is_wide, p.bits, -p.small_layers)))
        case _:
            return (sixteen,)
