"""Random features that stand for a kernel: cosines of projections, products of projections."""

import itertools

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Columns, Matrix, Polynomial, Transform
from tinygen.importers.sklearn.fitted import real, require_fitted, unsupported
from tinygen.importers.sklearn.registry import transformer
from tinygen.importers.sklearn.rows import MOST_DEGREE


@transformer("RBFSampler")
def _cosines(item, columns: int) -> tuple[Transform, ...]:
    require_fitted(item, "random_weights_")
    return _cosines_of(real(item.random_weights_), real(item.random_offset_))


@transformer("SkewedChi2Sampler")
def _skewed(item, columns: int) -> tuple[Transform, ...]:
    """Features at or below -skewedness, which scikit-learn refuses, count as slightly above it."""
    require_fitted(item, "random_weights_")
    skew = float(item.skewedness)
    least = np.finfo(np.float32).eps * max(skew, 1.0)
    logarithm = Columns(
        sources=np.arange(columns),
        signs=np.ones(columns, np.int64),
        apply=lambda rows: np.log(np.maximum(rows + skew, least)),
    )
    return (logarithm, *_cosines_of(real(item.random_weights_), real(item.random_offset_)))


def _cosines_of(
    weights: NDArray[np.float64], offsets: NDArray[np.float64]
) -> tuple[Transform, ...]:
    """sqrt(2 / outputs) * cos(x weights + offsets); weights [columns, outputs]."""
    count = len(offsets)
    factor = np.sqrt(2 / count)
    cosine = Columns(
        sources=np.arange(count),
        signs=np.zeros(count, np.int64),
        apply=lambda rows: factor * np.cos(rows),
    )
    return Matrix(weights=weights.T, bias=offsets), cosine


@transformer("AdditiveChi2Sampler")
def _additive(item, columns: int) -> Columns:
    """Functions of single columns; below 0, where scikit-learn refuses, as at 0."""
    blocks = 2 * int(item.sample_steps) - 1

    def apply(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return item.transform(np.maximum(rows, 0))

    return Columns(
        sources=np.tile(np.arange(columns), blocks),
        signs=np.zeros(blocks * columns, np.int64),
        apply=apply,
    )


@transformer("PolynomialCountSketch")
def _sketch(item, columns: int) -> tuple[Transform, ...]:
    """Spectra of sketches, which are projections; their products; and the spectrum taken back, a matrix."""
    require_fitted(item, "indexHash_")
    degree, count = int(item.degree), int(item.n_components)
    if degree > MOST_DEGREE:
        raise unsupported(item, "degree", degree, f"up to {MOST_DEGREE}")
    sketches = np.zeros((degree, count, columns + 1))
    root = np.sqrt(np.append(np.full(columns, float(item.gamma)), float(item.coef0)))
    hashed = np.asarray(item.indexHash_), real(item.bitHash_)
    for d, j in np.ndindex(hashed[0].shape):
        sketches[d, hashed[0][d, j], j] = hashed[1][d, j] * root[j]
    spectra = np.fft.rfft(sketches, axis=1)
    frequencies = spectra.shape[1]
    parts = np.concatenate([spectra.real, spectra.imag], axis=1).reshape(-1, columns + 1)
    powers, taken_back = _complex_products(degree, frequencies, count)
    projection = Matrix(weights=parts[:, :-1], bias=parts[:, -1])
    products = Polynomial(powers=powers, apply=lambda rows: _products(rows, powers))
    return projection, products, Matrix(weights=taken_back, bias=np.zeros(count))


def _complex_products(
    degree: int, frequencies: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Powers [products, columns] of the real and imaginary parts, and what every product adds to the outputs."""
    powers, added = [], []
    basis = np.fft.irfft(np.eye(frequencies), count, axis=1)
    turned = np.fft.irfft(1j * np.eye(frequencies), count, axis=1)
    for frequency in range(frequencies):
        for imaginary in itertools.product((0, 1), repeat=degree):
            row = np.zeros((degree, 2, frequencies), np.int64)
            row[np.arange(degree), imaginary, frequency] = 1
            turns = sum(imaginary)
            sign = (1, 1, -1, -1)[turns % 4]
            powers.append(row.ravel())
            added.append(sign * (turned if turns % 2 else basis)[frequency])
    return np.array(powers), np.array(added).T


def _products(rows: NDArray[np.float64], powers: NDArray[np.int64]) -> NDArray[np.float64]:
    factors = [np.flatnonzero(row) for row in powers]
    return np.stack([rows[:, f].prod(axis=1) for f in factors], axis=1)
