"""Fitted scikit-learn estimators and pipelines to descriptions (tinygen.classical); files of them, safely.

Each module of this package is a family of estimators; `registry.py` finds them. No arithmetic: what was fitted is
copied out of the estimator's documented attributes.
"""

from pathlib import Path

from tinygen.classical import Description
from tinygen.errors import ModelFileError, TinygenError
from tinygen.importers.sklearn.loading import load_estimator
from tinygen.importers.sklearn.pipeline import describe

__all__ = ["describe", "load", "load_estimator"]


def load(path: Path, *, trust: bool = False) -> Description:
    """The pipeline in a file: .skops, or with `trust` a pickle or joblib file, which runs what is in it.

    Raises ModelFileError for a file whose parts do not fit together.
    """
    estimator = load_estimator(path, trust=trust)
    try:
        return describe(estimator)
    except TinygenError:
        raise
    except Exception as error:  # of arrays of other shapes or types than fit() makes
        text = str(error).strip() or type(error).__name__
        raise ModelFileError(
            what=f"the parts of the estimator do not fit together: {text.splitlines()[0]}",
            where=str(path),
            next_step="store it again with this version of scikit-learn",
        ) from error
