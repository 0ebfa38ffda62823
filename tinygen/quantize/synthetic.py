"""Samples for a model that came without data: noise with the statistics of natural signals.

Pixels, audio and sensor readings are correlated: most of their energy is in low frequencies. White noise
averages out in the first layer and would leave the ranges of all others far too small.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Graph, Tensor
from tinygen.quantize.calibration import Calibration, Interval
from tinygen.quantize.training_ranges import expected_ranges, input_interval

DEFAULT_INPUT_RANGE: Interval = (0.0, 1.0)
"""What inputs are taken to lie in where nothing in the model says otherwise."""

_COUNT = 48
_SEED = 20
_EXPONENTS = (0.0, 0.5, 1.0, 1.5)
"""Amplitudes fall with frequency to the power of these: white noise, and three kinds of natural signals."""

_CHANNEL_CORRELATION = 0.8


def synthetic_calibration(
    graph: Graph, input_range: Interval | None = None, count: int = _COUNT
) -> Calibration:
    """Make samples inside of `input_range` for a float graph, best before its batch normalizations are folded.

    Their statistics tell how large the activations were in training. Without a range, it comes from a
    normalization at the model's input or from the first batch normalization, else it is DEFAULT_INPUT_RANGE.
    """
    rng = np.random.default_rng(_SEED)
    ranges = {
        t.name: input_range or input_interval(graph, t) or DEFAULT_INPUT_RANGE
        for t in graph.input_tensors
    }
    samples = {t.name: _samples(t, ranges[t.name], count, rng) for t in graph.input_tensors}
    return Calibration(
        samples=samples,
        source="synthetic samples",
        input_ranges=ranges,
        expected_ranges=expected_ranges(graph),
        is_synthetic=True,
    )


def _samples(
    tensor: Tensor, interval: Interval, count: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    unit = np.stack([_sample(tensor.shape[1:], i, rng) for i in range(count)])
    low, high = interval
    return np.clip(low + (high - low) * unit, low, high).astype(np.float32)


def _sample(shape: Sequence[int], index: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """One signal in [0, 1]: noise of one of the spectra, with a brightness and contrast of its own."""
    *spatial, channels = shape if len(shape) > 1 else (*shape, 1)
    exponent = _EXPONENTS[index % len(_EXPONENTS)]
    common = _colored_noise((*spatial, 1), exponent, rng)
    own = _colored_noise((*spatial, channels), exponent, rng)
    mixed = _CHANNEL_CORRELATION * common + (1 - _CHANNEL_CORRELATION) * own
    contrast, brightness = rng.uniform(0.08, 0.35), rng.uniform(0.3, 0.7)
    signal = brightness + contrast * mixed / max(mixed.std(), 1e-9)
    return np.clip(signal, 0.0, 1.0).reshape(shape)


def _colored_noise(
    shape: tuple[int, ...], exponent: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Noise whose amplitude falls with frequency**exponent over all axes but the last."""
    axes = tuple(range(len(shape) - 1))
    squares = [
        np.square(np.fft.fftfreq(n) * n).reshape([-1 if a == axis else 1 for a in range(len(shape))])
        for axis, n in enumerate(shape[:-1])
    ]
    frequency = np.sqrt(np.maximum(sum(squares), 1.0))
    spectrum = np.fft.fftn(rng.standard_normal(shape), axes=axes) / frequency**exponent
    noise = np.fft.ifftn(spectrum, axes=axes).real
    return noise / max(noise.std(), 1e-9)
