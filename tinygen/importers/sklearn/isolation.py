"""Isolation forests: how many comparisons isolate a row."""

from dataclasses import replace

import numpy as np

from tinygen.classical import Description, Isolation, Task
from tinygen.importers.sklearn.fitted import features_of, real, require_fitted
from tinygen.importers.sklearn.forests import joined
from tinygen.importers.sklearn.registry import estimator
from tinygen.importers.sklearn.trees import tree_of


@estimator("IsolationForest")
def _isolation(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    usual = item._average_path_length_per_tree
    most = _average_path(int(item._max_samples)) * len(item.estimators_)
    trees = []
    for fitted, chosen, lengths, rest in zip(
        item.estimators_, item.estimators_features_, item._decision_path_lengths, usual, strict=True
    ):
        depths = real(lengths) + real(rest) - 1
        leaves = depths / most if most else np.full(len(depths), 1 / len(item.estimators_))
        tree = tree_of(fitted.tree_, leaves[:, None])
        trees.append(replace(tree, features=np.asarray(chosen, np.int64)[tree.features]))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Isolation(trees=joined(trees, np.zeros(1)), offset=float(item.offset_)),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=(-1, 1),
        has_decision=True,
        score_offset=float(item.offset_),
    )


def _average_path(samples: int) -> float:
    """The mean depth at which a search in a random tree of so many samples ends."""
    if samples <= 1:
        return 0.0
    if samples == 2:
        return 1.0
    return 2.0 * (np.log(samples - 1.0) + np.euler_gamma) - 2.0 * (samples - 1.0) / samples
