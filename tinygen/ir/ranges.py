"""Intervals of the integers that a tensor can hold, one per channel of its last axis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Range:
    """low[c] <= q <= high[c] for every element of channel c; int64 arrays of shape [channels]."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.low.shape != self.high.shape or self.low.ndim != 1 or (self.low > self.high).any():
            raise ValueError("a range needs low <= high, one pair per channel")

    @classmethod
    def full(cls, channels: int, low: int = -128, high: int = 127) -> "Range":
        return cls(low=np.full(channels, low, np.int64), high=np.full(channels, high, np.int64))

    @property
    def is_constant(self) -> NDArray[np.bool_]:
        """Channels that can hold one value only."""
        return self.low == self.high

    @property
    def channels(self) -> int:
        return self.low.shape[0]
