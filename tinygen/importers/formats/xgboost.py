"""Models that XGBoost has saved: a JSON object, or the same as UBJSON."""

from pathlib import Path

from tinygen.importers.format import Format, first_bytes


def _matches(path: Path) -> bool:
    start = first_bytes(path, 200)
    if start.startswith(b"{L"):
        return b"learner{" in start
    return start.lstrip().startswith(b"{") and b'"learner"' in start


FORMAT = Format(
    name="model of XGBoost",
    suffixes=(".json", ".ubj"),
    matches=_matches,
    module="tinygen.importers.sklearn",
    is_pipeline=True,
)
