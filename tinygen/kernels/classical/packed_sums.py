"""Sums of several outputs in one word: each has bits of its own, so that a leaf is one number and is added at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.kernels.classical.forest import Forest

MOST_BITS = 64


@dataclass(frozen=True, kw_only=True)
class PackedSums:
    """Output c is `unit` times the `widths[c]` bits of the word from bit `shifts[c]` up.

    No sum is negative or leaves its bits, so that none disturbs another: they hold the sum of the largest leaves of all
    trees.
    """

    unit: int
    widths: tuple[int, ...]

    @property
    def shifts(self) -> tuple[int, ...]:
        return tuple(sum(self.widths[:c]) for c in range(len(self.widths)))

    @property
    def ctype(self) -> str:
        return "uint32_t" if sum(self.widths) <= 32 else "uint64_t"

    def leaf(self, values: NDArray[np.int64]) -> str:
        """What a leaf adds to the word, as C."""
        parts = zip(values, self.shifts, strict=True)
        bits = sum(int(value) // self.unit << shift for value, shift in parts)
        return f"{bits}u" if self.ctype == "uint32_t" else f"{bits}ull"

    def output(self, c: int) -> str:
        """The sum of an output, as C."""
        bits = f"((sum >> {self.shifts[c]}) & {(1 << self.widths[c]) - 1}u)"
        return f"(int32_t){bits} * {self.unit}" if self.unit > 1 else f"(int32_t){bits}"


def packed_sums(forest: Forest) -> PackedSums | None:
    """The shortest fields that hold all sums; None where they do not fit in a word."""
    if forest.leaves.min() < 0 or not forest.roots:
        return None
    unit = max(int(np.gcd.reduce(forest.leaves, axis=None)), 1)
    largest = [forest.leaves[forest.leaves_below(root)].max(axis=0) for root in forest.roots]
    sums = np.sum(largest, axis=0) // unit
    widths = tuple(max(int(total).bit_length(), 1) for total in sums)
    if sum(widths) > MOST_BITS or max(widths) > 31:
        return None
    return PackedSums(unit=unit, widths=widths)
