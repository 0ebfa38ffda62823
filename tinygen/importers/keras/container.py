"""The two containers of Keras models: HDF5 files and .keras archives. Told apart by content, not by name."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygen.errors import ModelFileError
from tinygen.importers.keras import architecture, hdf5
from tinygen.importers.keras.architecture import ModelRecord
from tinygen.importers.keras.limits import MAX_CONFIG_BYTES, MAX_WEIGHTS_FILE_BYTES
from tinygen.importers.keras.weights import (
    NamedWeights,
    NumberedWeights,
    WeightStore,
    snake_case,
)

_CONFIG, _WEIGHTS, _METADATA = "config.json", "model.weights.h5", "metadata.json"
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ARCHIVE_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError, OverflowError
)  # fmt: skip
"""What zipfile raises for damaged archives (NotImplementedError is a RuntimeError)."""


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """Architecture and weights; the weights can be read while the file is open."""

    model: ModelRecord
    store: WeightStore
    is_keras_2: bool
    """Keras 2 and before: some functions had other definitions."""


@contextmanager
def opened(path: Path) -> Iterator[SavedModel]:
    """Open a .h5 or .keras file. Raises ModelFileError for everything that is neither, or damaged."""
    try:
        with path.open("rb") as file:
            head = file.read(len(hdf5.HDF5_MAGIC))
    except OSError as error:
        raise ModelFileError(
            what=f"the file cannot be read: {error.strerror}", where=str(path)
        ) from error
    if head == hdf5.HDF5_MAGIC:
        with hdf5.opened(path, path.name) as file:
            yield _from_hdf5(file, path.name)
    elif head.startswith(b"PK\x03\x04"):
        with _opened_archive(path) as (config, metadata, file):
            model = architecture.parse(config, f"{path.name}, {_CONFIG}")
            store = NumberedWeights(root=file, folders=architecture.folders(model, snake_case))
            yield SavedModel(model=model, store=store, is_keras_2=_is_keras_2(metadata))
    else:
        raise ModelFileError(
            what="the file is neither HDF5 nor a .keras archive",
            where=path.name,
            next_step="save the model with model.save('model.keras')",
        )


def _from_hdf5(file: Any, name: str) -> SavedModel:
    config = file.attrs.get("model_config")
    if isinstance(config, bytes):
        config = config.decode("utf-8", errors="replace")
    if not isinstance(config, str):
        raise ModelFileError(
            what="the file holds weights only, no architecture",
            where=name,
            next_step="save the whole model: model.save(...) instead of model.save_weights(...)",
        )
    root = hdf5.child(file, "model_weights", name)
    if root is None:
        raise ModelFileError(
            what="the file holds an architecture but no weights ('model_weights')",
            where=name,
            next_step="save the whole model: model.save(...)",
        )
    version = file.attrs.get("keras_version", "")
    if isinstance(version, bytes):
        version = version.decode("ascii", errors="replace")
    return SavedModel(
        model=architecture.parse(config, name),
        store=NamedWeights(root=root),
        is_keras_2=_is_old(version),
    )


def _is_keras_2(metadata: bytes) -> bool:
    """What the archive says about the Keras that wrote it; nothing where it says nothing."""
    try:
        entries = json.loads(metadata)
    except (ValueError, RecursionError):
        return False
    return isinstance(entries, dict) and _is_old(entries.get("keras_version"))


def _is_old(version: Any) -> bool:
    return isinstance(version, str) and version.startswith(("1.", "2."))


@contextmanager
def _opened_archive(path: Path) -> Iterator[tuple[bytes, bytes, Any]]:
    """Yield config.json, metadata.json and the open HDF5 file of the weights. Nothing is unpacked to disk."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = _entry(archive, _CONFIG, MAX_CONFIG_BYTES, path.name)
            has_metadata = _METADATA in archive.namelist()
            metadata = (
                _entry(archive, _METADATA, MAX_CONFIG_BYTES, path.name) if has_metadata else b""
            )
            weights = _entry(archive, _WEIGHTS, MAX_WEIGHTS_FILE_BYTES, path.name)
    except _ARCHIVE_DAMAGE as error:
        raise ModelFileError(
            what="the .keras archive is damaged or truncated",
            where=f"{path.name} ({error})",
            next_step="save the model again, or copy the file again in binary mode",
        ) from error
    with hdf5.opened(io.BytesIO(weights), f"{path.name}, {_WEIGHTS}") as file:
        yield config, metadata, file


def _entry(archive: zipfile.ZipFile, name: str, most_bytes: int, where: str) -> bytes:
    """Read one entry, after its declared size has been checked; zipfile never returns more than that."""
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) != 1:
        raise ModelFileError(
            what=f"the archive holds {len(found)} entries '{name}', needed is one",
            where=where,
            next_step="save the whole model with model.save('model.keras')",
        )
    info = found[0]
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise ModelFileError(what=f"'{name}' is encrypted or packed in an unknown way", where=where)
    if info.file_size > most_bytes:
        raise ModelFileError(
            what=f"'{name}' unpacks to {info.file_size} bytes",
            where=where,
            next_step=f"at most {most_bytes} bytes are read",
        )
    return archive.read(info)
