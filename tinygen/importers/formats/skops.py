"""Fitted scikit-learn estimators as data: a ZIP archive with a schema."""

import zipfile
from pathlib import Path

from tinygen.importers.format import Format, first_bytes


def _matches(path: Path) -> bool:
    if first_bytes(path, 2) != b"PK":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "schema.json" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


FORMAT = Format(
    name="skops file of a scikit-learn estimator",
    suffixes=(".skops",),
    matches=_matches,
    module="tinygen.importers.sklearn",
    is_pipeline=True,
)
