"""Boosted trees of scikit-learn: every tree adds to the score of one class."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description, Link, Task
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.curved import curved, exponential
from tinygen.importers.sklearn.fitted import classes_of, features_of, require_fitted, unsupported
from tinygen.importers.sklearn.forests import OneTree, in_column, joined, one_tree
from tinygen.importers.sklearn.registry import estimator
from tinygen.importers.sklearn.trees import tree_of


@estimator("GradientBoostingClassifier")
def _gradient_classifier(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    factors = {"log_loss": 1.0, "exponential": 2.0}
    if item.loss not in factors:
        raise unsupported(item, "loss", item.loss, ", ".join(factors))
    trees, start = _gradient_trees(item), _gradient_start(item)
    return boosted_classifier(item, columns, trees, start, link_factor=factors[item.loss])


@estimator("GradientBoostingRegressor")
def _gradient_regressor(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    return boosted_regressor(item, columns, _gradient_trees(item), _gradient_start(item))


def _gradient_trees(item) -> list[OneTree]:
    outputs = item.estimators_.shape[1]
    return [
        tree_of(e.tree_, in_column(item.learning_rate * e.tree_.value[:, 0, 0], k, outputs))
        for stage in item.estimators_
        for k, e in enumerate(stage)
    ]


def _gradient_start(item) -> np.ndarray:
    """The scores before the first tree, which do not depend on the features."""
    if item.init not in (None, "zero"):
        raise unsupported(item, "init", item.init, "None, 'zero'")
    start = np.asarray(item._raw_predict_init(np.zeros((1, item.n_features_in_), np.float32)))
    return start.ravel().astype(np.float64)


@estimator("HistGradientBoostingClassifier")
def _histogram_classifier(item, columns: int) -> Description:
    require_fitted(item, "_predictors")
    return boosted_classifier(
        item, columns, _histogram_trees(item), item._baseline_prediction.ravel(), np.float64
    )


@estimator("HistGradientBoostingRegressor")
def _histogram_regressor(item, columns: int) -> Description:
    require_fitted(item, "_predictors")
    if item.loss not in HISTOGRAM_LOSSES:
        raise unsupported(item, "loss", item.loss, ", ".join(HISTOGRAM_LOSSES))
    start = np.ravel(item._baseline_prediction)
    function = HISTOGRAM_LOSSES[item.loss]
    return boosted_regressor(
        item, columns, _histogram_trees(item), start, np.float64, function=function
    )


HISTOGRAM_LOSSES = {
    "squared_error": None,
    "absolute_error": None,
    "quantile": None,
    "poisson": exponential,
    "gamma": exponential,
}
"""And what makes the answer of the sum of the trees."""


def _histogram_trees(item) -> list[OneTree]:
    stages = item._predictors
    found = []
    for stage in stages:
        for k, predictor in enumerate(stage):
            nodes = predictor.nodes
            if nodes["is_categorical"].any():
                raise UnsupportedError(
                    what=f"{type(item).__name__} with categorical features is not supported",
                    next_step="encode categories as numbers before the estimator",
                )
            is_leaf = nodes["is_leaf"].astype(bool)
            found.append(
                one_tree(
                    left=np.where(is_leaf, -1, nodes["left"].astype(np.int64)),
                    right=np.where(is_leaf, -1, nodes["right"].astype(np.int64)),
                    features=nodes["feature_idx"],
                    thresholds=nodes["num_threshold"],
                    values=in_column(nodes["value"], k, len(stage)),
                    missing_left=nodes["missing_go_to_left"],
                )
            )
    return found


def boosted_classifier(
    item,
    columns: int,
    trees: list[OneTree],
    start: np.ndarray,
    number: type = np.float32,
    is_strict: bool = False,
    link_factor: float = 1.0,
) -> Description:
    """One score for two classes, positive for the second; else one for every class."""
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=joined(trees, start, number=number, is_strict=is_strict),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=Link.SIGMOID if len(start) == 1 else Link.SOFTMAX,
        link_factor=link_factor,
        has_decision=True,
    )


def boosted_regressor(
    item,
    columns: int,
    trees: list[OneTree],
    start: np.ndarray,
    number: type = np.float32,
    is_strict: bool = False,
    function: Callable[[NDArray], NDArray] | None = None,
) -> Description:
    """The sum of the trees, or a function of it."""
    sums = Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=joined(trees, start, number=number, is_strict=is_strict),
        task=Task.REGRESS,
        answer=item.predict,
    )
    return sums if function is None else curved(item, columns, sums, function)
