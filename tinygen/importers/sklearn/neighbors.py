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
from tinygen.importers.sklearn.members import regressor, several, values
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
    "hamming": Metric.HAMMING,
    "cosine": Metric.COSINE,
}

EXPONENTS = {1: Metric.MANHATTAN, 2: Metric.EUCLIDEAN, np.inf: Metric.CHEBYSHEV}
"""Of the Minkowski distance."""


@estimator("KNeighborsClassifier")
def _classifier(item, columns: int) -> Description:
    require_fitted(item, "_fit_X")
    if isinstance(item.classes_, list):
        found = [tuple(np.asarray(c).tolist()) for c in item.classes_]
        members = [_classifier_of(item, columns, item._y[:, k], c) for k, c in enumerate(found)]
        return several(item, columns, members)
    return _classifier_of(item, columns, item._y, classes_of(item))


def _classifier_of(
    item, columns: int, targets: NDArray, classes: tuple[object, ...]
) -> Description:
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_neighbors(item, np.asarray(targets, np.int64)),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
    )


@estimator("KNeighborsRegressor")
def _regressor(item, columns: int) -> Description:
    require_fitted(item, "_fit_X")
    targets = real(item._y).reshape(len(item._y), -1)
    spreads = np.ptp(targets, axis=0)
    if spreads.max() <= ALIKE * spreads.min():
        return _regressor_of(item, columns, targets)
    members = [_regressor_of(item, columns, column[:, None]) for column in targets.T]
    each = np.eye(len(members))
    parts = [values(m, each[:, k : k + 1]) for k, m in enumerate(members)]
    return regressor(item, columns, parts)


ALIKE = 8.0
"""Values of which the spreads differ by more than this get scales of their own."""


def _regressor_of(item, columns: int, targets: NDArray[np.float64]) -> Description:
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_neighbors(item, targets),
        task=Task.REGRESS,
        answer=item.predict,
    )


def _neighbors(item, targets: NDArray) -> Neighbors:
    if item.weights not in ("uniform", "distance", None):
        raise unsupported(item, "weights", item.weights, "'uniform', 'distance'")
    return Neighbors(
        rows=rows_of(item),
        targets=targets,
        count=int(item.n_neighbors),
        metric=metric_of(item),
        is_weighted=item.weights == "distance",
    )


def rows_of(item) -> NDArray[np.float64]:
    if hasattr(item._fit_X, "toarray"):
        raise UnsupportedError(
            what=f"{type(item).__name__} was fitted on a sparse matrix",
            next_step="fit it on an array: X.toarray()",
        )
    return real(item._fit_X)


def metric_of(item) -> Metric:
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
