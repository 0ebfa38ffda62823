"""Inputs to verify with: extremes first, then random bytes; or those of a file."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UsageError
from tinygen.ir import Graph, Tensor
from tinygen.quantize import arrays_by_input

SEED = 20240229


def generate(graph: Graph, count: int) -> dict[str, NDArray[np.int8]]:
    """Return `count` samples for every input: constant, alternating and edge patterns, then random bytes."""
    generator = np.random.default_rng(SEED)
    return {t.name: _samples(t, count, generator) for t in graph.input_tensors}


def _samples(tensor: Tensor, count: int, generator: np.random.Generator) -> NDArray[np.int8]:
    if not tensor.dtype.is_integer:
        return _real_samples(tensor, count, generator)
    shape, (low, high) = (count, *tensor.shape[1:]), tensor.dtype.limits
    x = generator.integers(low, high, shape, tensor.dtype.numpy, endpoint=True)
    flat = x.reshape(count, -1)
    alternating = np.where(np.arange(flat.shape[1]) % 2, high, low)
    patterns = (low, high, alternating, -1 - alternating, tensor.zero_point)
    for row, pattern in zip(flat, patterns, strict=False):
        row[:] = pattern
    for row in flat[len(patterns) : len(patterns) + count // 4]:
        row[:] = np.where(row < 0, low, high)  # random corners of the input space
    return x


def _real_samples(
    tensor: Tensor, count: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Infinities, zeros, then numbers of all sizes: random bits, NaN among them."""
    bits = generator.integers(-(2**31), 2**31, (count, *tensor.shape[1:]), np.int64)
    x = bits.astype(np.int32).view(np.float32)
    for row, value in zip(x, (-np.inf, np.inf, 0.0, -0.0, np.nan), strict=False):
        row[:] = value
    return x


def read(path: Path, graph: Graph, columns: tuple[int, ...] = ()) -> dict[str, NDArray[np.int8]]:
    """Read int8 samples, or real ones that are quantized here, from .npy or .npz.

    Arrays are named as `arrays_by_input` says. `columns` are those of an array [N, features] that the input has, where
    it has not all of them.
    """
    try:
        data = np.load(path, allow_pickle=False)
        is_array = isinstance(data, np.ndarray)
        arrays = {"x": data} if is_array else {key: data[key] for key in data.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(
            what="the samples cannot be read",
            where=str(path),
            next_step="give an .npy or .npz file of plain numbers",
        ) from error
    found = arrays_by_input(arrays, graph)
    if columns:
        found = {name: _columns_of(x, columns) for name, x in found.items()}
    for tensor in graph.input_tensors:
        if tensor.name not in found:
            raise UsageError(
                what=f"no samples for the input '{tensor.name}'",
                where=str(path),
                next_step=f"the file holds {', '.join(arrays) or 'nothing'}; name an array after the input",
            )
    convert = _whole if graph.methods else quantize_input
    return {t.name: _checked(t, found[t.name], path, convert) for t in graph.input_tensors}


def _columns_of(x: NDArray, columns: tuple[int, ...]) -> NDArray:
    """These columns of an array that has more; another array as it is."""
    has_more = x.ndim == 2 and x.shape[1] > max(columns) and x.shape[1] != len(columns)
    return x[:, columns] if has_more else x


def _checked(
    tensor: Tensor, x: NDArray, path: Path, convert: Callable[[NDArray, Tensor], NDArray]
) -> NDArray[np.int8]:
    if x.size == 0 or x.size % tensor.size or x.dtype.kind not in "fiu":
        raise UsageError(
            what=f"samples for '{tensor.name}' are {x.dtype}{list(x.shape)}",
            where=str(path),
            next_step=f"give [N, {', '.join(map(str, tensor.shape[1:]))}]",
        )
    x = x.reshape(-1, *tensor.shape[1:])
    return x if x.dtype == tensor.dtype.numpy else convert(x, tensor)


def _whole(real: NDArray, tensor: Tensor) -> NDArray:
    """Features of a classical model, which are integers of the tensor's type whatever type they have here."""
    if not tensor.dtype.is_integer:
        return np.asarray(real, tensor.dtype.numpy)
    found = np.clip(np.rint(real), *tensor.dtype.limits)
    if (found != real).any():
        raise UsageError(
            what=f"data for '{tensor.name}' are not {tensor.dtype.value} numbers",
            next_step="give --io float, or samples as the firmware will have them",
        )
    return found.astype(tensor.dtype.numpy)


def quantize_input(real: NDArray, tensor: Tensor) -> NDArray:
    """Real inputs in a tensor's integer units: nearest, ties away from zero, saturated (rule Q2)."""
    if not np.isfinite(real).all():
        raise UsageError(what=f"data for '{tensor.name}' holds NaN or infinite values")
    from tinygen.fixedpoint import round_half_away

    if not tensor.dtype.is_integer:
        return np.asarray(real, tensor.dtype.numpy)
    steps = np.asarray(real, np.float32) / np.float32(tensor.quantization.scale)
    whole = round_half_away(steps) + tensor.zero_point
    return np.clip(whole, *tensor.dtype.limits).astype(tensor.dtype.numpy)
