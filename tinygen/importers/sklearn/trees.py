"""Decision trees and forests of scikit-learn."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Link, Task, Trees
from tinygen.errors import ModelFileError
from tinygen.importers.sklearn.fitted import classes_of, features_of, require_fitted
from tinygen.importers.sklearn.registry import estimator


@estimator("DecisionTreeClassifier", "ExtraTreeClassifier")
def _tree_classifier(item, columns: int) -> Description:
    require_fitted(item, "tree_")
    return _classifier(item, [item.tree_], columns)


@estimator("DecisionTreeRegressor", "ExtraTreeRegressor")
def _tree_regressor(item, columns: int) -> Description:
    require_fitted(item, "tree_")
    return _regressor(item, [item.tree_], columns)


@estimator("RandomForestClassifier", "ExtraTreesClassifier")
def _forest_classifier(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    return _classifier(item, [e.tree_ for e in item.estimators_], columns)


@estimator("RandomForestRegressor", "ExtraTreesRegressor")
def _forest_regressor(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    return _regressor(item, [e.tree_ for e in item.estimators_], columns)


def _classifier(item, trees: Sequence[object], columns: int) -> Description:
    """The mean of the trees' class shares."""
    classes = classes_of(item)
    values = []
    for tree in trees:
        counts = tree.value[:, 0, :]  # shares since scikit-learn 1.3, counts before
        values.append(counts / counts.sum(axis=1, keepdims=True) / len(trees))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=joined(trees, values, np.zeros(len(classes))),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
        link=Link.IDENTITY,
    )


def _regressor(item, trees: Sequence[object], columns: int) -> Description:
    """The mean of the trees' values."""
    values = [tree.value[:, :, 0] / len(trees) for tree in trees]
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=joined(trees, values, np.zeros(values[0].shape[1])),
        task=Task.REGRESS,
        answer=item.predict,
    )


def joined(trees: Sequence[object], values: Sequence[NDArray], bias: NDArray[np.float64]) -> Trees:
    """Trees of scikit-learn as one: `values` are the rows [nodes, outputs] that each tree's leaves add."""
    parts = [_split(tree) for tree in trees]
    inner_before = np.cumsum([0, *(len(p[0]) for p in parts)])
    leaves_before = np.cumsum([0, *(p[3].size for p in parts)])
    children, roots = [], []
    for (_, _, below, _, root), inner, leaf in zip(
        parts, inner_before, leaves_before, strict=False
    ):
        children.append(np.where(below >= 0, below + inner, below - leaf))
        roots.append(root + inner if root >= 0 else root - leaf)
    return Trees(
        features=np.concatenate([p[0] for p in parts]),
        thresholds=np.concatenate([p[1] for p in parts]),
        children=np.concatenate(children).reshape(-1, 2),
        roots=np.array(roots),
        leaves=np.concatenate([v[p[3]] for v, p in zip(values, parts, strict=True)]),
        bias=np.asarray(bias, np.float64),
    )


def _check(tree) -> None:
    """A tree from a file may hold any numbers: every reference must lead forward, every feature must exist."""
    left, right, node = tree.children_left, tree.children_right, np.arange(tree.node_count)
    inner = left >= 0
    forward = (left > node) & (right > node) & (left < len(node)) & (right < len(node))
    known = (tree.feature >= 0) & (tree.feature < tree.n_features)
    if not (forward & known)[inner].all() or (right[~inner] >= 0).any():
        raise ModelFileError(
            what="a tree of the estimator is damaged: a node that does not exist is referred to",
            next_step="store the estimator again",
        )


def _split(tree) -> tuple[NDArray, NDArray, NDArray, NDArray, int]:
    """Features, thresholds and children of the inner nodes, the nodes that are leaves, the root.

    Children are inner nodes i, or ~i for the leaf i, counted within the tree.
    """
    _check(tree)
    is_leaf = tree.children_left < 0
    place = np.where(is_leaf, -np.cumsum(is_leaf), np.cumsum(~is_leaf) - 1)
    inner, leaves = np.flatnonzero(~is_leaf), np.flatnonzero(is_leaf)
    children = np.stack([tree.children_left[inner], tree.children_right[inner]], axis=1)
    return (
        tree.feature[inner].astype(np.int64),
        tree.threshold[inner].astype(np.float64),
        place[children] if len(inner) else np.zeros((0, 2), np.int64),
        leaves,
        int(place[0]),
    )
