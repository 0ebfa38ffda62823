"""Regressors whose answer is a function of another answer: generalized linear models, transformed targets, isotonic."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Curved, Description, Linear, Task
from tinygen.importers.sklearn.fitted import (
    features_of,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.members import outputs_of, regressor, values
from tinygen.importers.sklearn.pipeline import describe
from tinygen.importers.sklearn.registry import estimator

MOST_LOGARITHM = 700.0


@estimator("PoissonRegressor", "GammaRegressor", "TweedieRegressor")
def _generalized(item, columns: int) -> Description:
    """The mean by its logarithm, or as it is (TweedieRegressor with power 0)."""
    require_fitted(item, "coef_")
    weights, bias = np.atleast_2d(real(item.coef_)), np.atleast_1d(real(item.intercept_))
    member = Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Linear(weights=weights, bias=bias),
        task=Task.REGRESS,
        answer=lambda rows: rows @ weights.T + bias,
    )
    link = getattr(item, "link", "auto")
    is_plain = link == "identity" or (link == "auto" and getattr(item, "power", 1) <= 0)
    if is_plain:
        return regressor(item, columns, [values(member, np.eye(1))])
    return curved(item, columns, member, exponential)


def exponential(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """What has a logarithm."""
    return np.exp(np.minimum(rows, MOST_LOGARITHM))


def logistic(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability that has these log-odds."""
    return 1 / (1 + np.exp(-np.maximum(rows, -MOST_LOGARITHM)))


def signed_square(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """What has a square root, with its sign."""
    return rows * np.abs(rows)


@estimator("TransformedTargetRegressor")
def _transformed_target(item, columns: int) -> Description:
    """A regressor of functions of values, which are taken back: one matrix, where the function is affine."""
    require_fitted(item, "regressor_")
    columns = features_of(item, columns)
    member = describe(item.regressor_, columns)
    outputs = outputs_of(member)

    def taken_back(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(item.transformer_.inverse_transform(rows), np.float64)

    slopes, start = _slopes(item, taken_back, outputs)
    if np.allclose(slopes, slopes[0], rtol=1e-6, atol=1e-9 * np.abs(slopes[0]).max()):
        return regressor(item, columns, [values(member, slopes[0].T)], start)
    if slopes[:, ~np.eye(outputs, dtype=bool)].any():
        raise unsupported(item, "transformer", item.transformer_, "functions of single columns")
    return curved(item, columns, member, taken_back, outputs)


SIZES = np.ldexp(1.0, np.arange(0, 21, 2))


def _slopes(
    item, taken_back: Callable[[NDArray], NDArray], outputs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a step of each column adds, [steps of many sizes, columns, outputs], divided by it; and the row at zero."""
    start = taken_back(np.zeros((1, outputs)))
    if start.shape != (1, outputs):
        raise unsupported(item, "transformer", item.transformer_, "functions of single columns")
    sizes = np.concatenate([SIZES, -SIZES])
    rows = (sizes[:, None, None] * np.eye(outputs)).reshape(-1, outputs)
    with np.errstate(all="ignore"):
        found = (taken_back(rows) - start[0]).reshape(len(sizes), outputs, outputs)
    return found / sizes[:, None, None], start[0]


@estimator("IsotonicRegression")
def _isotonic(item, columns: int) -> Description:
    """Straight lines between points; beyond them as at the ends, whatever `out_of_bounds` is."""
    require_fitted(item, "X_thresholds_")
    x, y = real(item.X_thresholds_), real(item.y_thresholds_)
    member = Description(
        features=1,
        transforms=(),
        scorer=Linear(weights=np.eye(1), bias=np.zeros(1)),
        task=Task.REGRESS,
        answer=lambda rows: rows,
    )
    scorer = Curved(
        part=values(member, np.eye(1)), function=lambda rows: np.interp(rows, x, y), knots=(x,)
    )
    return Description(
        features=1,
        transforms=(),
        scorer=scorer,
        task=Task.REGRESS,
        answer=lambda rows: np.interp(np.asarray(rows)[:, 0], x, y),
    )


def curved(
    item,
    columns: int,
    member: Description,
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    outputs: int = 1,
) -> Description:
    """A regressor whose answer is a function of each value of a member."""
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Curved(part=values(member, np.eye(outputs)), function=function),
        task=Task.REGRESS,
        answer=item.predict,
    )
