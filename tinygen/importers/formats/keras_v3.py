"""Keras 3: a zip archive with the architecture as JSON and the weights as HDF5."""

import zipfile
from pathlib import Path

from tinygen.importers.format import Format, first_bytes

_ZIP_MARK = b"PK\x03\x04"
_MEMBERS = {"config.json", "metadata.json"}


def _matches(path: Path) -> bool:
    if first_bytes(path, len(_ZIP_MARK)) != _ZIP_MARK:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return _MEMBERS.issubset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # a damaged archive


FORMAT = Format(
    name="Keras 3 model",
    suffixes=(".keras",),
    matches=_matches,
    module="tinygen.importers.keras",
)
