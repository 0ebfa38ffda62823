"""Fitted scikit-learn estimators as a pickle or joblib file: a program, which is run only on request."""

from pathlib import Path

from tinygen.importers.format import Format, first_bytes

_MARKS = (
    *(bytes([0x80, protocol]) for protocol in range(2, 6)),
    *(bytes([0x78, level]) for level in (0x01, 0x5E, 0x9C, 0xDA)),
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
)
"""Pickles of protocols 2 to 5; what joblib compresses by zlib, gzip, bz2, xz."""


def _matches(path: Path) -> bool:
    return first_bytes(path, 6).startswith(_MARKS)


FORMAT = Format(
    name="pickle or joblib file of a scikit-learn estimator",
    suffixes=(".joblib", ".pkl", ".pickle"),
    matches=_matches,
    module="tinygen.importers.sklearn",
    is_pipeline=True,
)
