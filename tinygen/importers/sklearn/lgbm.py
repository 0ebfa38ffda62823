"""LightGBM's scikit-learn estimators, by the model's own dump. Comparisons go left where x <= threshold, in float64."""

import numpy as np

from tinygen.classical import Description
from tinygen.importers.sklearn.boosting import boosted_classifier, boosted_regressor
from tinygen.importers.sklearn.curved import exponential, logistic, signed_square
from tinygen.importers.sklearn.fitted import require_fitted, unsupported
from tinygen.importers.sklearn.forests import OneTree, in_column, one_tree
from tinygen.importers.sklearn.registry import estimator

CLASSIFY = ("binary", "multiclass")
AS_IT_IS = (
    "regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg"
)  # fmt: skip
REGRESS = {
    **dict.fromkeys(AS_IT_IS),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), exponential),
    "regression sqrt": signed_square,
    "cross_entropy": logistic,
}
"""And what makes the answer of the sum of the trees."""


@estimator("LGBMClassifier", "LightgbmClassifierModel")
def _classifier(item, columns: int) -> Description:
    dump = _dump(item)
    name, _, settings = dump["objective"].partition(" ")
    if name not in CLASSIFY:
        raise unsupported(item, "objective", name, ", ".join(CLASSIFY))
    trees, start = _trees(item, dump)
    factor = float(settings.partition("sigmoid:")[2] or 1) if name == "binary" else 1.0
    return boosted_classifier(item, columns, trees, start, np.float64, link_factor=factor)


@estimator("LGBMRegressor", "LGBMRanker", "LightgbmModel")
def _regressor(item, columns: int) -> Description:
    dump = _dump(item)
    name = dump["objective"].partition(" ")[0]
    known = dump["objective"] if dump["objective"] in REGRESS else name
    if known not in REGRESS:
        raise unsupported(item, "objective", name, ", ".join(REGRESS))
    trees, start = _trees(item, dump)
    return boosted_regressor(item, columns, trees, start, np.float64, function=REGRESS[known])


def _dump(item) -> dict:
    """The model's own description of itself."""
    require_fitted(item, "n_features_")
    return item.booster_.dump_model(num_iteration=item.best_iteration_ or -1)


def _trees(item, dump: dict) -> tuple[list[OneTree], np.ndarray]:
    """The trees, of a random forest with their share of the mean, and the scores before them."""
    outputs = int(dump["num_tree_per_iteration"])
    rounds = len(dump["tree_info"]) // outputs
    share = 1 / rounds if dump.get("average_output") else 1.0
    trees = [
        _tree(item, info["tree_structure"], i % outputs, outputs, share)
        for i, info in enumerate(dump["tree_info"])
    ]
    return trees, np.zeros(outputs)


def _check(item, node: dict) -> None:
    """Raise UnsupportedError for what a tree of comparisons with numbers does not have."""
    if "leaf_coeff" in node:
        raise unsupported(item, "linear_tree", True, "False")
    if node.get("decision_type", "<=") != "<=":
        raise unsupported(item, "categorical_feature", True, "numerical features")
    if node.get("missing_type") == "Zero":
        raise unsupported(item, "zero_as_missing", True, "False")


def _goes_left_without(node: dict) -> bool:
    """Whether NaN goes left, which counts as 0 in features that had none in training."""
    return node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0


def _tree(item, root: dict, output: int, outputs: int, share: float) -> OneTree:
    """A tree of the dump, whose nodes are nested, as one list with parents before children."""
    left, right, features, thresholds, values, missing_left = [], [], [], [], [], []
    pending = [(root, None, None)]
    while pending:
        node, siblings, parent = pending.pop()
        place = len(left)
        if siblings is not None:
            siblings[parent] = place
        is_leaf = "leaf_value" in node
        _check(item, node)
        for values_of, value in (
            (left, -1),
            (right, -1),
            (features, 0 if is_leaf else node["split_feature"]),
            (thresholds, 0.0 if is_leaf else node["threshold"]),
            (values, share * node["leaf_value"] if is_leaf else 0.0),
            (missing_left, not is_leaf and _goes_left_without(node)),
        ):
            values_of.append(value)
        if not is_leaf:
            pending += [(node["right_child"], right, place), (node["left_child"], left, place)]
    return one_tree(
        left=left,
        right=right,
        features=features,
        thresholds=thresholds,
        missing_left=missing_left,
        values=in_column(values, output, outputs),
    )
