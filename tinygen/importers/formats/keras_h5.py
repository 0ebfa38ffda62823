"""Keras up to version 2, and TensorFlow's Keras 3 on request: an HDF5 file."""

from pathlib import Path

from tinygen.importers.format import Format, first_bytes

_HDF5_MARK = b"\x89HDF\r\n\x1a\n"


def _matches(path: Path) -> bool:
    return first_bytes(path, len(_HDF5_MARK)) == _HDF5_MARK


FORMAT = Format(
    name="Keras HDF5 model",
    suffixes=(".h5", ".hdf5", ".keras"),
    matches=_matches,
    module="tinygen.importers.keras",
)
