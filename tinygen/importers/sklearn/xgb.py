"""XGBoost's scikit-learn estimators, by the model's own JSON. Comparisons go left where x < threshold, in float32."""

import json

import numpy as np

from tinygen.classical import Description
from tinygen.importers.sklearn.boosting import boosted_classifier, boosted_regressor
from tinygen.importers.sklearn.fitted import unsupported
from tinygen.importers.sklearn.forests import OneTree, in_column, one_tree
from tinygen.importers.sklearn.registry import estimator

LINEAR_OBJECTIVES = ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror")


@estimator("XGBClassifier", "XGBRFClassifier")
def _classifier(item, columns: int) -> Description:
    learner = _learner(item)
    objective = learner["objective"]["name"]
    if objective not in ("binary:logistic", "multi:softprob", "multi:softmax"):
        raise unsupported(item, "objective", objective, "binary:logistic, multi:softprob")
    trees, start = _trees(item, learner)
    if objective == "binary:logistic":
        start = np.log(start / (1 - start))
    return boosted_classifier(item, columns, trees, start, is_strict=True)


@estimator("XGBRegressor", "XGBRFRegressor")
def _regressor(item, columns: int) -> Description:
    learner = _learner(item)
    objective = learner["objective"]["name"]
    if objective not in LINEAR_OBJECTIVES:
        raise unsupported(item, "objective", objective, ", ".join(LINEAR_OBJECTIVES))
    trees, start = _trees(item, learner)
    return boosted_regressor(item, columns, trees, start, is_strict=True)


def _learner(item) -> dict:
    learner = json.loads(bytes(item.get_booster().save_raw("json")))["learner"]
    if learner["gradient_booster"]["name"] != "gbtree":
        raise unsupported(item, "booster", learner["gradient_booster"]["name"], "gbtree")
    return learner


def _trees(item, learner: dict) -> tuple[list[OneTree], np.ndarray]:
    """The trees that are used for predictions, and the scores before them."""
    model = learner["gradient_booster"]["model"]
    outputs = max(int(learner["learner_model_param"]["num_class"]), 1)
    used = _used_trees(item, model, outputs)
    trees = []
    for tree, output in list(zip(model["trees"], model["tree_info"], strict=True))[:used]:
        if any(tree.get("split_type", ())):
            raise unsupported(item, "enable_categorical", True, "numerical features")
        conditions = np.asarray(tree["split_conditions"], np.float32).astype(np.float64)
        trees.append(
            one_tree(
                left=tree["left_children"],
                right=tree["right_children"],
                features=tree["split_indices"],
                missing_left=tree["default_left"],
                thresholds=conditions,
                values=in_column(conditions, output, outputs),
            )
        )
    base = json.loads(learner["learner_model_param"]["base_score"].replace("E", "e"))
    start = np.broadcast_to(np.atleast_1d(np.asarray(base, np.float64)), (outputs,))
    return trees, start


def _used_trees(item, model: dict, outputs: int) -> int:
    """After early stopping predictions use the trees up to the best iteration."""
    best = item.get_booster().attributes().get("best_iteration")
    total = len(model["trees"])
    if best is None:
        return total
    parallel = int(model["gbtree_model_param"]["num_parallel_tree"])
    return min(total, (int(best) + 1) * outputs * parallel)
