"""How many bits the operators of a model have: a ladder from few to many, of which the first that agrees is taken."""

from dataclasses import dataclass

from tinygen.classical.combination import members_of
from tinygen.classical.description import (
    Description,
    Kernel,
    KernelMachine,
    Linear,
    Neighbors,
    Network,
    Trees,
    WithinRadius,
)

ALL = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Bits of the features of operators. `small_layers` so many hidden layers of a network, the first ones, are int8.

    If `is_wide`, linear scores have weights of 32 bits and sums of 64, and shares of classes in leaves 15 bits.
    """

    bits: int
    small_layers: int = ALL
    is_wide: bool = False

    def __str__(self) -> str:
        if self.is_wide:
            return f"{self.bits} bits, wide sums"
        if self.bits == 8 and self.small_layers != ALL:
            return f"8 bits in {self.small_layers} of the hidden layers"
        return f"{self.bits} bits"


def ladder(description: Description) -> tuple[Precision, ...]:
    """What to try for a model, narrowest first. The last before the wide one is what models have without a wish."""
    sixteen = Precision(bits=16)
    match description.scorer:
        case Network():
            hidden = len(description.scorer.layers) - 1
            fewer = (Precision(bits=8, small_layers=k) for k in range(hidden - 1, 0, -1))
            return (Precision(bits=8), *fewer, sixteen)
        case KernelMachine(kernel=Kernel.RBF | Kernel.POLY):
            return (Precision(bits=8), sixteen, Precision(bits=32))
        case Neighbors() | WithinRadius() | KernelMachine():
            return (Precision(bits=8), sixteen)
        case Linear() | Trees():
            return (sixteen, Precision(bits=16, is_wide=True))
        case scorer if members_of(scorer):
            tried = (rung for member in members_of(scorer) for rung in ladder(member))
            return tuple(sorted(set(tried), key=lambda p: (p.is_wide, p.bits, -p.small_layers)))
        case _:
            return (sixteen,)
