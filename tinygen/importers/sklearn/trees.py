"""Decision trees and forests of scikit-learn."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Link, Task
from tinygen.errors import ModelFileError
from tinygen.importers.sklearn.fitted import classes_of, features_of, require_fitted
from tinygen.importers.sklearn.forests import OneTree, joined, one_tree
from tinygen.importers.sklearn.members import several
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
    """The mean of the trees' class shares; of several outputs a classifier for each."""
    if isinstance(item.classes_, list):
        found = [tuple(np.asarray(c).tolist()) for c in item.classes_]
        members = [_classifier_of(item, trees, columns, c, k) for k, c in enumerate(found)]
        return several(item, columns, members)
    return _classifier_of(item, trees, columns, classes_of(item), 0)


def _classifier_of(
    item, trees: Sequence[object], columns: int, classes: tuple[object, ...], output: int
) -> Description:
    parts = []
    for tree in trees:
        counts = tree.value[
            :, output, : len(classes)
        ]  # shares since scikit-learn 1.3, counts before
        shares = counts / counts.sum(axis=1, keepdims=True)
        parts.append(tree_of(tree, shares / len(trees)))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=joined(parts, np.zeros(len(classes))),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
        link=Link.IDENTITY,
    )


def _regressor(item, trees: Sequence[object], columns: int) -> Description:
    """The mean of the trees' values."""
    parts = [tree_of(tree, tree.value[:, :, 0] / len(trees)) for tree in trees]
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=joined(parts, np.zeros(trees[0].value.shape[1])),
        task=Task.REGRESS,
        answer=item.predict,
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


def tree_of(tree, values: NDArray[np.float64]) -> OneTree:
    """A tree of scikit-learn; `values` are the rows [nodes, outputs] that its leaves add."""
    _check(tree)
    return one_tree(
        left=tree.children_left,
        right=tree.children_right,
        features=tree.feature,
        thresholds=tree.threshold,
        values=values,
        missing_left=getattr(tree, "missing_go_to_left", None),
    )
