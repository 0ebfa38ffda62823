"""Scalers: every column times a factor, plus an offset."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Columns
from tinygen.importers.sklearn.fitted import real, require_fitted
from tinygen.importers.sklearn.registry import transformer


@transformer("StandardScaler")
def _standard(item, columns: int) -> Columns:
    require_fitted(item, "n_features_in_")
    factors = 1 / real(item.scale_) if item.with_std else np.ones(columns)
    means = real(item.mean_) if item.with_mean else np.zeros(columns)
    return _affine(item, factors, -means * factors)


@transformer("MinMaxScaler")
def _min_max(item, columns: int) -> Columns:
    require_fitted(item, "scale_")
    found = _affine(item, real(item.scale_), real(item.min_))
    # clipped columns are no lines, but their comparisons fold and tables have them
    return replace(found, factors=None, offsets=None) if item.clip else found


@transformer("MaxAbsScaler")
def _max_abs(item, columns: int) -> Columns:
    require_fitted(item, "scale_")
    factors = 1 / real(item.scale_)
    return _affine(item, factors, np.zeros(columns))


@transformer("RobustScaler")
def _robust(item, columns: int) -> Columns:
    require_fitted(item, "n_features_in_")
    factors = 1 / real(item.scale_) if item.with_scaling else np.ones(columns)
    centers = real(item.center_) if item.with_centering else np.zeros(columns)
    return _affine(item, factors, -centers * factors)


def _affine(item, factors: NDArray[np.float64], offsets: NDArray[np.float64]) -> Columns:
    return Columns(
        sources=np.arange(len(factors)),
        signs=np.where(factors < 0, -1, 1),
        apply=item.transform,
        factors=factors,
        offsets=offsets,
    )
