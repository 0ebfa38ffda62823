"""Estimators that look for the stored rows nearest to a row."""

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Metric, Neighbors, Task
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.registry import estimator

METRICS = {
    "euclidean": Metric.EUCLIDEAN,
    "sqeuclidean": Metric.EUCLIDEAN,
    "l2": Metric.EUCLIDEAN,
    "manhattan": Metric.MANHATTAN,
    "cityblock": Metric.MANHATTAN,
    "l1": Metric.MANHATTAN,
    "chebyshev": Metric.CHEBYSHEV,
    "infinity": Metric.CHEBYSHEV,
    "cosine": Metric.COSINE,
}

EXPONENTS = {1: Metric.MANHATTAN, 2: Metric.EUCLIDEAN, np.inf: Metric.CHEBYSHEV}
"""Of the Minkowski distance."""


@estimator("KNeighborsClassifier")
def _classifier(item, columns: int) -> Description:
    require_fitted(item, "_fit_X")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_neighbors(item, np.asarray(item._y, np.int64)),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
    )


@estimator("KNeighborsRegressor")
def _regressor(item, columns: int) -> Description:
    require_fitted(item, "_fit_X")
    targets = real(item._y)
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_neighbors(item, targets.reshape(len(targets), -1)),
        task=Task.REGRESS,
        answer=item.predict,
    )


def _neighbors(item, targets: NDArray) -> Neighbors:
    if item.weights not in ("uniform", "distance", None):
        raise unsupported(item, "weights", item.weights, "'uniform', 'distance'")
    return Neighbors(
        rows=_rows(item),
        targets=targets,
        count=int(item.n_neighbors),
        metric=_metric(item),
        is_weighted=item.weights == "distance",
    )


def _rows(item) -> NDArray[np.float64]:
    if hasattr(item._fit_X, "toarray"):
        raise UnsupportedError(
            what=f"{type(item).__name__} was fitted on a sparse matrix",
            next_step="fit it on an array: X.toarray()",
        )
    return real(item._fit_X)


def _metric(item) -> Metric:
    """The metric in force; scikit-learn has replaced `minkowski` where it knows a name for it."""
    name = item.effective_metric_
    if name == "minkowski":
        exponent = item.effective_metric_params_.get("p", item.p)
        weighted = item.effective_metric_params_.get("w") is not None
        if exponent not in EXPONENTS or weighted:
            raise unsupported(item, "p", exponent, "1, 2, inf, without weights of features")
        return EXPONENTS[exponent]
    squared = name == "sqeuclidean" and item.weights == "distance"
    if name not in METRICS or squared:
        raise unsupported(item, "metric", item.metric, ", ".join(sorted({m.value for m in Metric})))
    return METRICS[name]
