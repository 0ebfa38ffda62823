"""Estimators that look for the stored rows nearest to a row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import (
    Columns,
    Description,
    Link,
    Matrix,
    Metric,
    Neighbors,
    Task,
    Transform,
)
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
    "canberra": Metric.CANBERRA,
    "braycurtis": Metric.BRAYCURTIS,
}

EXPONENTS = {1: Metric.MANHATTAN, 2: Metric.EUCLIDEAN, np.inf: Metric.CHEBYSHEV}
"""Of the Minkowski distance."""

LEAST_EXPONENT, LARGEST_EXPONENT = 0.25, 6.0
"""Of other Minkowski distances: of larger powers of small gaps no bits are left."""


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
    stored = stored_of(item)
    return Description(
        features=features_of(item, columns),
        transforms=stored.transforms,
        scorer=_neighbors(item, np.asarray(targets, np.int64), stored),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
        link=Link.IDENTITY,
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
    stored = stored_of(item)
    return Description(
        features=features_of(item, columns),
        transforms=stored.transforms,
        scorer=_neighbors(item, targets, stored),
        task=Task.REGRESS,
        answer=item.predict,
    )


def _neighbors(item, targets: NDArray, stored: "Stored") -> Neighbors:
    if item.weights not in ("uniform", "distance", None):
        raise unsupported(item, "weights", item.weights, "'uniform', 'distance'")
    return Neighbors(
        rows=stored.rows,
        targets=targets,
        count=int(item.n_neighbors),
        metric=stored.metric,
        is_weighted=item.weights == "distance",
        exponent=stored.exponent,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Stored:
    """Rows [N, columns] behind transformers, and the metric between them and features behind these."""

    rows: NDArray[np.float64]
    metric: Metric
    transforms: tuple[Transform, ...] = ()
    exponent: float = 2.0


def stored_of(item) -> Stored:
    """The rows of an estimator; metrics with weights are others between scaled or projected rows."""
    rows, name = real(item._fit_X), item.effective_metric_
    given = item.effective_metric_params_
    if name == "seuclidean" and "V" in given:
        return _scaled(rows, 1 / np.sqrt(real(given["V"])), Metric.EUCLIDEAN)
    if name in ("seuclidean", "mahalanobis") and not given:
        raise unsupported(item, "metric_params", item.metric_params, "'V' of the metric, or 'VI'")
    if name == "mahalanobis":
        inverse = np.linalg.inv(real(given["V"])) if "VI" not in given else real(given["VI"])
        root = np.linalg.cholesky(inverse).T
        whitening = Matrix(weights=root, bias=np.zeros(len(root)))
        return Stored(rows=rows @ root.T, metric=Metric.EUCLIDEAN, transforms=(whitening,))
    metric, exponent = metric_of(item), float(given.get("p", item.p))
    if metric is Metric.CANBERRA:  # a column's own scale changes nothing
        sizes = np.abs(rows).max(axis=0)
        return _scaled(rows, 1 / np.where(sizes == 0, 1, sizes), metric)
    if given.get("w") is None:
        return Stored(rows=rows, metric=metric, exponent=exponent)
    if metric not in (Metric.EUCLIDEAN, Metric.MANHATTAN, Metric.MINKOWSKI):
        raise unsupported(item, "metric_params", item.metric_params, "'w' with a finite p")
    return _scaled(rows, real(given["w"]) ** (1 / exponent), metric, exponent)


def _scaled(
    rows: NDArray[np.float64],
    factors: NDArray[np.float64],
    metric: Metric,
    exponent: float = 2.0,
) -> Stored:
    columns = Columns(
        sources=np.arange(len(factors)),
        signs=np.ones(len(factors), np.int64),
        apply=lambda x: x * factors,
        factors=factors,
        offsets=np.zeros(len(factors)),
    )
    return Stored(rows=rows * factors, metric=metric, transforms=(columns,), exponent=exponent)


def metric_of(item) -> Metric:
    """The metric in force; scikit-learn has replaced `minkowski` where it knows a name for it."""
    name = item.effective_metric_
    if name == "minkowski":
        exponent = item.effective_metric_params_.get("p", item.p)
        if exponent not in EXPONENTS and not LEAST_EXPONENT <= exponent <= LARGEST_EXPONENT:
            known = f"{LEAST_EXPONENT:g} to {LARGEST_EXPONENT:g}, inf"
            raise unsupported(item, "p", exponent, known)
        return EXPONENTS.get(exponent, Metric.MINKOWSKI)
    squared = name == "sqeuclidean" and item.weights == "distance"
    if name not in METRICS or squared:
        known = ", ".join(sorted({m.value for m in Metric}))
        raise unsupported(
            item, "metric", item.metric, f"{known}, minkowski, seuclidean, mahalanobis"
        )
    return METRICS[name]
