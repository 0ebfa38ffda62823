"""XGBoost's and LightGBM's own models, in memory and in their files, as estimators that are described as others are.

What they answer is what the library answers. The classes of a model, which has no names for them, are 0, 1, 2, ...
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ModelFileError, ToolMissingError


@dataclass(frozen=True, kw_only=True, eq=False)
class LightgbmModel:
    """A LightGBM booster as its regressor."""

    booster_: object

    @property
    def n_features_(self) -> int:
        return int(self.booster_.num_feature())

    n_features_in_ = n_features_

    @property
    def best_iteration_(self) -> int:
        return int(self.booster_.best_iteration)

    def answers(self, rows: NDArray) -> NDArray:
        """What the booster says: probabilities, or values."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(self.booster_.predict(rows, num_iteration=self.best_iteration_))

    def predict(self, rows: NDArray) -> NDArray:
        return self.answers(rows)


@dataclass(frozen=True, kw_only=True, eq=False)
class LightgbmClassifierModel(LightgbmModel):
    """A LightGBM booster of a classifier as its classifier."""

    @property
    def classes_(self) -> NDArray[np.int64]:
        return np.arange(max(int(self.booster_.dump_model(num_iteration=1)["num_class"]), 2))

    def predict_proba(self, rows: NDArray) -> NDArray:
        found = self.answers(rows)
        return found if found.ndim == 2 else np.stack([1 - found, found], axis=1)

    def predict(self, rows: NDArray) -> NDArray:
        return self.predict_proba(rows).argmax(axis=1)


def booster_of(item: object) -> object | None:
    """The estimator for a booster of either library; None for anything else."""
    if type(item).__name__ != "Booster":
        return None
    match type(item).__module__.partition(".")[0]:
        case "xgboost":
            return _of_xgboost(bytearray(item.save_raw("json")))
        case "lightgbm":
            return _of_lightgbm(item)
    return None


def load_xgboost(path: Path) -> object:
    """The estimator in a file that XGBoost has saved, as JSON or UBJSON."""
    return _read(path, "xgboost", lambda: _of_xgboost(str(path)))


def load_lightgbm(path: Path) -> object:
    """The estimator in a text file that LightGBM has saved."""

    def read() -> object:
        import lightgbm

        return _of_lightgbm(lightgbm.Booster(model_file=str(path)))

    return _read(path, "lightgbm", read)


def _of_xgboost(model: str | bytearray) -> object:
    """XGBoost's classifier or regressor, whichever was trained."""
    import json

    import xgboost

    booster = xgboost.Booster()
    booster.load_model(model)
    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    is_classifier = objective.startswith(("binary:", "multi:"))
    estimator = xgboost.XGBClassifier() if is_classifier else xgboost.XGBRegressor()
    estimator.load_model(model)
    return estimator


def _of_lightgbm(booster: object) -> LightgbmModel:
    objective = booster.dump_model(num_iteration=1).get("objective", "")
    is_classifier = objective.startswith(("binary", "multiclass"))
    return (LightgbmClassifierModel if is_classifier else LightgbmModel)(booster_=booster)


def _read(path: Path, library: str, read: Callable[[], object]) -> object:
    try:
        return read()
    except ImportError as error:
        raise ToolMissingError(
            what=f"reading this file needs the package {library}",
            where=str(path),
            next_step=f"pip install {library}",
        ) from error
    except Exception as error:
        raise ModelFileError(
            what=f"{library} cannot read the model: {str(error).strip().splitlines()[0]}",
            where=str(path),
            next_step="save it again with this version of the library",
        ) from error
