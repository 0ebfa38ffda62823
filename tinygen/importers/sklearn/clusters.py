"""Estimators that look for the nearest of a few centres.

Where the distance is Euclidean, linear functions choose it: |x - c|^2 is |x|^2, which is the same for all centres, less
2 c x - |c|^2.
"""

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Linear, Metric, Neighbors, Task
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.registry import estimator


@estimator("KMeans", "MiniBatchKMeans")
def _clusters(item, columns: int) -> Description:
    require_fitted(item, "cluster_centers_")
    centers = real(item.cluster_centers_)
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_nearest(centers, np.ones(centers.shape[1]), np.zeros(len(centers))),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=tuple(range(len(centers))),
        centers=centers,
    )


@estimator("NearestCentroid")
def _centroids(item, columns: int) -> Description:
    require_fitted(item, "centroids_")
    centers = real(item.centroids_)
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_centroid_scorer(item, centers),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
    )


def _centroid_scorer(item, centers: NDArray[np.float64]) -> Linear | Neighbors:
    """With unequal priors scikit-learn divides features by their deviation within classes, and adds 2 log(prior)."""
    priors = real(item.class_prior_)
    is_uniform = np.isclose(priors, 1 / len(priors)).all()
    if item.metric == "euclidean":
        if is_uniform:
            return _nearest(centers, np.ones(centers.shape[1]), np.zeros(len(centers)))
        deviations = real(item.within_class_std_dev_)
        factors = np.where(deviations == 0, 1, 1 / np.where(deviations == 0, 1, deviations) ** 2)
        return _nearest(centers, factors, 2 * np.log(np.maximum(priors, 1e-300)))
    if not is_uniform:
        raise unsupported(item, "priors", item.priors, "'uniform' with metric='manhattan'")
    return Neighbors(
        rows=centers, targets=np.arange(len(centers)), count=1, metric=Metric.MANHATTAN
    )


def _nearest(
    centers: NDArray[np.float64], factors: NDArray[np.float64], added: NDArray[np.float64]
) -> Linear:
    """Scores: minus sum over k of factors[k] * (x[k] - c[k])^2, plus `added`, less what all centres have in common."""
    if len(centers) == 1:  # one score means two classes: this one always means the first
        return Linear(weights=np.zeros_like(centers), bias=-np.ones(1))
    middle = centers.mean(axis=0)
    moved = centers - middle  # smaller numbers: (x - m) and (c - m) are as far from each other
    weights = 2 * moved * factors
    bias = added - (moved**2 * factors).sum(axis=1) - weights @ middle
    return Linear(weights=weights, bias=bias)
