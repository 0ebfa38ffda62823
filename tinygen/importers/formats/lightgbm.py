"""Models that LightGBM has saved: text."""

from pathlib import Path

from tinygen.importers.format import Format, first_bytes


def _matches(path: Path) -> bool:
    return first_bytes(path, 20).replace(b"\r", b"").startswith(b"tree\nversion=")


FORMAT = Format(
    name="model of LightGBM",
    suffixes=(".txt", ".lgb", ".model"),
    matches=_matches,
    module="tinygen.importers.sklearn",
    is_pipeline=True,
)
