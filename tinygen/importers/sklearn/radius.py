"""Estimators that ask all stored rows within a radius, and the local outlier factor."""

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Link, LocalOutliers, Metric, Task, WithinRadius
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    place,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.neighbors import Stored, stored_of
from tinygen.importers.sklearn.registry import estimator


@estimator("RadiusNeighborsClassifier")
def _classifier(item, columns: int) -> Description:
    require_fitted(item, "_fit_X")
    classes = classes_of(item)
    outlier = None if item.outlier_label_ is None else item.outlier_label_[0]
    if outlier not in classes:
        raise unsupported(
            item, "outlier_label", item.outlier_label, "'most_frequent', or one of the classes"
        )
    stored, targets = stored_of(item), np.asarray(item._y, np.int64).ravel()
    return Description(
        features=features_of(item, columns),
        transforms=stored.transforms,
        scorer=_within(item, stored, targets, classes.index(outlier)),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
        link=Link.IDENTITY,
    )


@estimator("RadiusNeighborsRegressor")
def _regressor(item, columns: int) -> Description:
    require_fitted(item, "_fit_X")
    stored, targets = stored_of(item), real(item._y)
    return Description(
        features=features_of(item, columns),
        transforms=stored.transforms,
        scorer=_within(item, stored, targets.reshape(len(targets), -1)),
        task=Task.REGRESS,
        answer=item.predict,
    )


def _within(item, stored: Stored, targets: NDArray, outlier: int = 0) -> WithinRadius:
    if item.weights not in ("uniform", "distance", None):
        raise unsupported(item, "weights", item.weights, "'uniform', 'distance'")
    if stored.metric in (Metric.COSINE, Metric.HAMMING) or stored.metric.is_wide:
        raise unsupported(item, "metric", item.metric, "euclidean, manhattan, chebyshev")
    return WithinRadius(
        rows=stored.rows,
        targets=targets,
        radius=float(item.radius),
        outlier=outlier,
        metric=stored.metric,
        is_weighted=item.weights == "distance",
    )


@estimator("LocalOutlierFactor")
def _outliers(item, columns: int) -> Description:
    require_fitted(item, "_fit_X")
    if not item.novelty:
        raise UnsupportedError(
            what=f"{place(item)}(novelty=False) has no answers for new rows",
            where="parameter novelty",
            next_step="fit it with novelty=True",
        )
    stored = stored_of(item)
    if stored.metric is not Metric.EUCLIDEAN:
        raise unsupported(item, "metric", item.metric, "euclidean, seuclidean, mahalanobis")
    count = int(item.n_neighbors_)
    return Description(
        features=features_of(item, columns),
        transforms=stored.transforms,
        scorer=LocalOutliers(
            rows=stored.rows,
            count=count,
            reaches=real(item._distances_fit_X_)[:, count - 1],
            densities=real(item._lrd),
            offset=float(item.offset_),
        ),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=(-1, 1),
        has_decision=True,
        score_offset=float(item.offset_),
    )
