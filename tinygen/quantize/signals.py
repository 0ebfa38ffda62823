"""Noise with the statistics of natural signals.

Pixels, audio and sensor readings are correlated: most of their energy is in low frequencies. White noise
averages out in the first layer and would leave the ranges of all others far too small.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_EXPONENTS = (0.0, 0.5, 1.0, 1.5)
"""Amplitudes fall with frequency to the power of these: white noise, and three kinds of natural signals."""

_CHANNEL_CORRELATION = 0.8


def natural_noise(shape: Sequence[int], count: int, seed: int) -> NDArray[np.float64]:
    """`count` signals [count, *shape], channels last, each with mean near 0 and deviation 1; the kinds take turns."""
    rng = np.random.default_rng(seed)
    return np.stack([_signal(shape, _EXPONENTS[i % len(_EXPONENTS)], rng) for i in range(count)])


def _signal(shape: Sequence[int], exponent: float, rng: np.random.Generator) -> NDArray[np.float64]:
    *spatial, channels = shape if len(shape) > 1 else (*shape, 1)
    common = _colored((*spatial, 1), exponent, rng)
    own = _colored((*spatial, channels), exponent, rng)
    mixed = _CHANNEL_CORRELATION * common + (1 - _CHANNEL_CORRELATION) * own
    return (mixed / max(mixed.std(), 1e-9)).reshape(shape)


def _colored(
    shape: tuple[int, ...], exponent: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Noise whose amplitude falls with frequency**exponent over all axes but the last."""
    axes = tuple(range(len(shape) - 1))
    squares = [
        np.square(np.fft.fftfreq(n) * n).reshape(
            [-1 if a == axis else 1 for a in range(len(shape))]
        )
        for axis, n in enumerate(shape[:-1])
    ]
    frequency = np.sqrt(np.maximum(sum(squares), 1.0))
    spectrum = np.fft.fftn(rng.standard_normal(shape), axes=axes) / frequency**exponent
    noise = np.fft.ifftn(spectrum, axes=axes).real
    return noise / max(noise.std(), 1e-9)
