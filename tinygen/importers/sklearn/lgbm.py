"""LightGBM's scikit-learn estimators, by the model's own dump. Comparisons go left where x <= threshold, in float64."""

import numpy as np

from tinygen.classical import Description
from tinygen.importers.sklearn.boosting import boosted_classifier, boosted_regressor
from tinygen.importers.sklearn.fitted import require_fitted, unsupported
from tinygen.importers.sklearn.forests import OneTree, in_column, one_tree
from tinygen.importers.sklearn.registry import estimator

CLASSIFY = ("binary", "multiclass")
REGRESS = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")


@estimator("LGBMClassifier")
def _classifier(item, columns: int) -> Description:
    trees, start = _trees(item, CLASSIFY)
    return boosted_classifier(item, columns, trees, start, np.float64)


@estimator("LGBMRegressor")
def _regressor(item, columns: int) -> Description:
    trees, start = _trees(item, REGRESS)
    return boosted_regressor(item, columns, trees, start, np.float64)


def _trees(item, objectives: tuple[str, ...]) -> tuple[list[OneTree], np.ndarray]:
    require_fitted(item, "n_features_")
    dump = item.booster_.dump_model(num_iteration=item.best_iteration_ or -1)
    objective = dump["objective"].split()[0]
    if objective not in objectives:
        raise unsupported(item, "objective", objective, ", ".join(objectives))
    outputs = int(dump["num_tree_per_iteration"])
    trees = [
        _tree(item, info["tree_structure"], i % outputs, outputs)
        for i, info in enumerate(dump["tree_info"])
    ]
    return trees, np.zeros(outputs)


def _tree(item, root: dict, output: int, outputs: int) -> OneTree:
    """A tree of the dump, whose nodes are nested, as one list with parents before children."""
    left, right, features, thresholds, values = [], [], [], [], []
    pending = [(root, None, None)]
    while pending:
        node, siblings, parent = pending.pop()
        place = len(left)
        if siblings is not None:
            siblings[parent] = place
        is_leaf = "leaf_value" in node
        if not is_leaf and node["decision_type"] != "<=":
            raise unsupported(item, "categorical_feature", True, "numerical features")
        for values_of, value in (
            (left, -1),
            (right, -1),
            (features, 0 if is_leaf else node["split_feature"]),
            (thresholds, 0.0 if is_leaf else node["threshold"]),
            (values, node["leaf_value"] if is_leaf else 0.0),
        ):
            values_of.append(value)
        if not is_leaf:
            pending += [(node["right_child"], right, place), (node["left_child"], left, place)]
    return one_tree(
        left=left,
        right=right,
        features=features,
        thresholds=thresholds,
        values=in_column(values, output, outputs),
    )
