"""Calibration data: samples of what the model will see, as floats."""

import math
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import CalibrationError, UsageError
from tinygen.ir import Graph, Tensor

MAX_BOUND = float(np.finfo(np.float32).max)
"""Inputs are float32 numbers."""

MAX_FILE_BYTES = 4 * 2**30
"""Uncompressed size of a calibration file; a few hundred samples are enough."""

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """Samples by input name: float32 [N, ...] with the input's shape behind the batch, N equal for all inputs.

    `input_ranges` are bounds of inputs that are known and need not be observed, such as 0..255 of bytes.
    `expected_ranges` bound other tensors from what training left in the model; used with synthetic samples only.
    """

    samples: Mapping[str, NDArray[np.float32]]
    source: str
    input_ranges: Mapping[str, Interval] = field(default_factory=dict)
    expected_ranges: Mapping[str, Interval] = field(default_factory=dict)
    is_synthetic: bool = False

    @property
    def count(self) -> int:
        return len(next(iter(self.samples.values())))

    def first(self, count: int) -> "Calibration":
        """The same with at most `count` samples, spread evenly over all."""
        if count >= self.count:
            return self
        chosen = np.linspace(0, self.count - 1, count).round().astype(int)
        return Calibration(
            samples={name: x[chosen] for name, x in self.samples.items()},
            source=self.source,
            input_ranges=self.input_ranges,
            expected_ranges=self.expected_ranges,
            is_synthetic=self.is_synthetic,
        )

    def chunks(self, size: int) -> Iterator[dict[str, NDArray[np.float32]]]:
        """The samples in pieces of at most `size`."""
        for start in range(0, self.count, size):
            yield {name: x[start : start + size] for name, x in self.samples.items()}


def check_input_range(interval: Interval | None) -> None:
    """Raise UsageError for an interval that is empty or beyond float32."""
    if interval is None:
        return
    low, high = interval
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError(
            what=f"the input range {low:g} to {high:g} is empty or not finite",
            next_step="give two numbers, the lower one first: 0,255",
        )
    if max(-low, high) > MAX_BOUND:
        raise UsageError(
            what=f"the input range {low:g} to {high:g} is beyond what float32 holds",
            next_step=f"give numbers between -{MAX_BOUND:.3g} and {MAX_BOUND:.3g}",
        )


def arrays_by_input(arrays: Mapping[str, NDArray], graph: Graph) -> dict[str, NDArray]:
    """Arrays as users name them, under the full names of the inputs; what is no input's is left out.

    An input's array has the input's name, or its short name: `meta` for `serving_default_meta:0`, as TensorFlow
    spells an input `meta`. For the only input it may also be `x`, or the only array.
    """
    inputs = [tensor.name for tensor in graph.input_tensors]
    short = [_short_name(name) for name in inputs]
    keys = {
        name: [name, *([own] if short.count(own) == 1 and own not in inputs else [])]
        for name, own in zip(inputs, short, strict=True)
    }
    if len(inputs) == 1:
        keys[inputs[0]] += ["x", *(arrays if len(arrays) == 1 else [])]
    found = {name: next((k for k in names if k in arrays), None) for name, names in keys.items()}
    return {name: arrays[key] for name, key in found.items() if key is not None}


def _short_name(name: str) -> str:
    return name.removeprefix("serving_default_").removesuffix(":0")


def calibration_from_arrays(
    arrays: Mapping[str, NDArray], graph: Graph, source: str = "arrays"
) -> Calibration:
    """Check arrays by input name (see `arrays_by_input`) against a graph's inputs and convert them to float32.

    Integers are taken as the numbers they are, without scaling: bytes become 0.0 to 255.0, and for them the
    input's range is taken as exactly that. Raises CalibrationError.
    """
    samples, ranges = {}, {}
    found = arrays_by_input(arrays, graph)
    for tensor in graph.input_tensors:
        if tensor.name not in found:
            raise CalibrationError(
                what=f"there is no array for the input '{tensor.name}'",
                where=f"{source}, which holds {_listed(arrays)}",
                next_step=f"store an array named '{_short_name(tensor.name)}' of shape {_expected(tensor)}",
            )
        array = found[tensor.name]
        samples[tensor.name] = _as_float(array, tensor, source)
        if array.dtype == np.uint8:
            ranges[tensor.name] = (0.0, 255.0)
    if len({len(x) for x in samples.values()}) != 1:
        counts = ", ".join(f"'{name}': {len(x)}" for name, x in samples.items())
        raise CalibrationError(
            what=f"the inputs have different numbers of samples ({counts})",
            where=source,
            next_step="give the same number of samples for every input",
        )
    return Calibration(samples=samples, source=source, input_ranges=ranges)


def load_calibration(path: Path, graph: Graph) -> Calibration:
    """Read samples from an .npz or .npy file.

    One array [N, ...] per input, named as `arrays_by_input` says. Raises CalibrationError for everything else;
    nothing in the file is run.
    """
    return calibration_from_arrays(_read(path), graph, path.name)


def read_rows(path: Path) -> NDArray:
    """The rows [N, features] of an .npy file, or of an .npz file: array `x` or `X`, or the only one."""
    arrays = _read(path)
    found = next((arrays[key] for key in ("x", "X") if key in arrays), None)
    if found is None and len(arrays) == 1:
        (found,) = arrays.values()
    if found is not None and found.dtype.kind not in "fiu":
        raise CalibrationError(
            what=f"the rows are {found.dtype}, not numbers",
            where=path.name,
            next_step="store what the firmware will give: rows.astype(numpy.float32), or integers",
        )
    if found is None:
        raise CalibrationError(
            what="there is no array of rows in the file",
            where=f"{path.name}, which holds {_listed(arrays)}",
            next_step="save it as numpy.savez('calibration.npz', x=rows)",
        )
    return found


def _read(path: Path) -> dict[str, NDArray]:
    try:
        if zipfile.is_zipfile(path):
            _check_archive(path)
        # mapping the file makes numpy compare the declared size with the file's before it allocates
        loaded = np.load(path, allow_pickle=False, mmap_mode="r")
        if isinstance(loaded, np.ndarray):
            return {"x": np.asarray(loaded)}
        with loaded:
            return {name: np.asarray(loaded[name]) for name in loaded.files}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        if isinstance(error, ValueError) and "pickle" in str(error).lower():
            reason = "the file holds Python objects, which are never loaded"
        else:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CalibrationError(
            what=f"the calibration file cannot be read: {reason}",
            where=str(path),
            next_step="save plain arrays: numpy.savez('calibration.npz', x=samples)",
        ) from error


def _check_archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        total = sum(info.file_size for info in archive.infolist())
        for info in archive.infolist():
            _check_declared_size(archive, info)
    if total > MAX_FILE_BYTES:
        raise ValueError(f"it unpacks to {total} bytes, at most {MAX_FILE_BYTES} are read")


def _check_declared_size(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """An array's header may declare any shape; it must be what the entry holds."""
    if not info.filename.endswith(".npy"):
        return
    with archive.open(info) as entry:
        version = np.lib.format.read_magic(entry)
        reader = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = reader(entry)
    declared = dtype.itemsize * int(np.prod(shape, dtype=object))
    if not dtype.hasobject and declared > info.file_size:
        raise ValueError(f"'{info.filename}' declares {declared} bytes but holds {info.file_size}")


def _as_float(array: NDArray, tensor: Tensor, source: str) -> NDArray[np.float32]:
    where = f"{source}, input '{tensor.name}'"
    next_step = f"give numbers of shape {_expected(tensor)}"
    if array.dtype.kind not in "fiu":
        raise CalibrationError(
            what=f"the samples are {array.dtype}", where=where, next_step=next_step
        )
    if array.shape[1:] != tensor.shape[1:] or array.ndim != len(tensor.shape):
        raise CalibrationError(
            what=f"the samples have shape {list(array.shape)}", where=where, next_step=next_step
        )
    if array.shape[0] == 0:
        raise CalibrationError(what="there are no samples", where=where, next_step=next_step)
    with np.errstate(over="ignore"):
        samples = np.asarray(array, np.float32)
    if not np.isfinite(samples).all():
        raise CalibrationError(
            what="the samples hold NaN or infinite values",
            where=where,
            next_step="remove or repair these samples",
        )
    return samples


def _expected(tensor: Tensor) -> str:
    return f"[N, {', '.join(str(d) for d in tensor.shape[1:])}]"


def _listed(arrays: Mapping[str, NDArray]) -> str:
    return ", ".join(f"'{name}'" for name in arrays) or "nothing"
