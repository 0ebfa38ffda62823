"""Estimators that look for the nearest of a few centres.

Where the distance is Euclidean, linear functions choose it: |x - c|^2 is |x|^2, which is the same for all centres, less
2 c x - |c|^2.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import (
    Description,
    Linear,
    Metric,
    Neighbors,
    Stacked,
    Task,
    Trees,
)
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    place,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.forests import leaf
from tinygen.importers.sklearn.members import values
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


@estimator("MeanShift", "AffinityPropagation")
def _exemplars(item, columns: int) -> Description:
    require_fitted(item, "cluster_centers_")
    centers = real(item.cluster_centers_)
    if not len(centers):
        raise UnsupportedError(
            what=f"{place(item)} has found no clusters", next_step="fit it until it converges"
        )
    return replace(_clusters(item, columns), centers=None)


@estimator("BisectingKMeans")
def _bisected(item, columns: int) -> Description:
    """A tree whose comparisons are: which of two centers is nearer."""
    require_fitted(item, "cluster_centers_")
    columns = features_of(item, columns)
    nodes = _inner_nodes(item._bisecting_tree)
    count = len(item.cluster_centers_)
    mean = real(getattr(item, "_X_mean", np.zeros(columns)))
    nearer = _nearer([real([n.left.center, n.right.center]) + mean for n in nodes], columns)
    last = Description(
        features=max(len(nodes), 1),
        transforms=(),
        scorer=_decisions(item._bisecting_tree, nodes, count),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=tuple(range(count)),
    )
    return Description(
        features=columns,
        transforms=(),
        scorer=Stacked(parts=(values(nearer, np.eye(len(nodes))),), last=last)
        if nodes
        else last.scorer,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=last.classes,
        centers=real(item.cluster_centers_),
    )


def _inner_nodes(root) -> list[object]:
    pending, found = [root], []
    while pending:
        node = pending.pop()
        if node.left is not None:
            found.append(node)
            pending += [node.left, node.right]
    return found


def _nearer(pairs: list[NDArray[np.float64]], columns: int) -> Description:
    """Scores that are above 0 where the second of two centers is nearer than the first."""
    found = [_nearest(pair, np.ones(columns), np.zeros(2)) for pair in pairs]
    weights = np.array([np.diff(f.weights, axis=0)[0] for f in found]).reshape(-1, columns)
    linear = Linear(weights=weights, bias=np.array([np.diff(f.bias)[0] for f in found]))
    return Description(
        features=columns,
        transforms=(),
        scorer=linear,
        task=Task.REGRESS,
        answer=lambda rows: rows @ linear.weights.T + linear.bias,
    )


def _decisions(root, nodes: list[object], count: int) -> Trees:
    """The tree on the scores of its inner nodes: to the left where a score is not above 0."""
    places = {id(n): k for k, n in enumerate(nodes)}
    if not nodes:
        return leaf(np.eye(count)[0])

    def reference(node) -> int:
        return places[id(node)] if node.left is not None else ~int(node.label)

    return Trees(
        features=np.arange(len(nodes)),
        thresholds=np.zeros(len(nodes)),
        children=np.array([[reference(n.left), reference(n.right)] for n in nodes]),
        roots=np.array([0]),
        leaves=np.eye(count),
        bias=np.zeros(count),
    )


@estimator("Birch")
def _birch(item, columns: int) -> Description:
    """Subclusters, several of which may have the same label."""
    require_fitted(item, "subcluster_centers_")
    centers, labels = real(item.subcluster_centers_), np.asarray(item.subcluster_labels_)
    classes, targets = np.unique(labels, return_inverse=True)
    scorer = Neighbors(rows=centers, targets=targets, count=1)
    if len(classes) == len(centers):
        order = np.argsort(labels)
        scorer = _nearest(centers[order], np.ones(centers.shape[1]), np.zeros(len(centers)))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=scorer,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=tuple(classes.tolist()),
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
