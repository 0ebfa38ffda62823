"""Fitted scikit-learn estimators and pipelines to descriptions (tinygen.classical); files of them, safely.

Each module of this package is a family of estimators; `registry.py` finds them. No arithmetic: what was fitted is
copied out of the estimator's documented attributes.
"""

from pathlib import Path

from tinygen.classical import Description
from tinygen.importers.sklearn.loading import load_estimator
from tinygen.importers.sklearn.pipeline import describe

__all__ = ["describe", "load", "load_estimator"]


def load(path: Path, *, trust: bool = False) -> Description:
    """The pipeline in a file: .skops, or with `trust` a pickle or joblib file, which runs what is in it."""
    return describe(load_estimator(path, trust=trust))
