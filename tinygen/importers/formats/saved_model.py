"""TensorFlow's SavedModel: a folder."""

from pathlib import Path

from tinygen.importers.format import Format


def _matches(path: Path) -> bool:
    return path.is_dir() and (path / "saved_model.pb").is_file()


FORMAT = Format(
    name="SavedModel",
    suffixes=(),
    matches=_matches,
    module="tinygen.importers.saved_model",
)
