"""What the kernels for the Arm DSP extension share: the feature, and words of two int16."""

import numpy as np
from numpy.typing import NDArray

DSP = frozenset({"dsp"})
"""Features that these kernels need."""


def pairs(halves: NDArray[np.int64]) -> NDArray[np.int64]:
    """[..., 2 n] values of int16 -> [..., n] words as int32, the first value in the low half."""
    low = halves[..., 0::2] & 0xFFFF
    return low + halves[..., 1::2] * 0x10000


def padded(values: NDArray[np.int64], axis: int, multiple: int) -> NDArray[np.int64]:
    """Zeros added at the end of an axis, up to a multiple of its length."""
    extra = -values.shape[axis] % multiple
    widths = [(0, extra if i == axis else 0) for i in range(values.ndim)]
    return np.pad(values, widths)
