"""XGBoost's scikit-learn estimators, by the model's own JSON. Comparisons go left where x < threshold, in float32."""

import json

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Description
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.boosting import boosted_classifier, boosted_regressor
from tinygen.importers.sklearn.curved import exponential, logistic
from tinygen.importers.sklearn.fitted import place, unsupported
from tinygen.importers.sklearn.forests import OneTree, in_column, one_tree
from tinygen.importers.sklearn.registry import estimator

CLASSIFY = ("binary:logistic", "multi:softprob", "multi:softmax")
AS_IT_IS = (
    "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror",
    "reg:quantileerror", "rank:ndcg", "rank:map", "rank:pairwise"
)  # fmt: skip
REGRESS = {
    **dict.fromkeys(AS_IT_IS),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), exponential),
    "reg:logistic": logistic,
}
"""And what makes the answer of the sum of the trees."""

START = {exponential: np.log, logistic: lambda p: np.log(p / (1 - p)), None: lambda p: p}
"""The sum before the first tree, of `base_score`."""


@estimator("XGBClassifier", "XGBRFClassifier")
def _classifier(item, columns: int) -> Description:
    learner = _learner(item, CLASSIFY)
    trees, start = _trees(item, learner)
    if _targets(learner) > 1:
        raise UnsupportedError(
            what=f"{place(item)} of several labels is not supported",
            next_step=f"fit MultiOutputClassifier({place(item)}())",
        )
    if learner["objective"]["name"] == "binary:logistic":
        start = START[logistic](start)
    return boosted_classifier(item, columns, trees, start, is_strict=True)


@estimator("XGBRegressor", "XGBRFRegressor", "XGBRanker")
def _regressor(item, columns: int) -> Description:
    learner = _learner(item, tuple(REGRESS))
    function = REGRESS[learner["objective"]["name"]]
    trees, start = _trees(item, learner)
    if function is not None and len(start) > 1:
        raise unsupported(item, "objective", learner["objective"]["name"], "of one target")
    return boosted_regressor(
        item, columns, trees, START[function](start), is_strict=True, function=function
    )


def _learner(item, objectives: tuple[str, ...]) -> dict:
    """The model's own JSON, with an objective that is known."""
    missing = getattr(item, "missing", np.nan)
    if missing is not None and not np.isnan(missing):
        raise unsupported(item, "missing", missing, "nan")
    learner = json.loads(bytes(item.get_booster().save_raw("json")))["learner"]
    objective = learner["objective"]["name"]
    if objective not in objectives:
        raise unsupported(item, "objective", objective, ", ".join(objectives))
    return learner


def _targets(learner: dict) -> int:
    return int(learner["learner_model_param"].get("num_target", 1))


def _forest(item, learner: dict) -> tuple[dict, NDArray[np.float64]]:
    """The trees as JSON, and what each of them counts."""
    booster = learner["gradient_booster"]
    if booster["name"] == "dart":
        return booster["gbtree"]["model"], np.asarray(booster["weight_drop"], np.float64)
    if booster["name"] != "gbtree":
        raise unsupported(item, "booster", booster["name"], "gbtree, dart")
    return booster["model"], np.ones(len(booster["model"]["trees"]))


def _trees(item, learner: dict) -> tuple[list[OneTree], np.ndarray]:
    """The trees that are used for predictions, and the scores before them."""
    model, factors = _forest(item, learner)
    outputs = max(int(learner["learner_model_param"]["num_class"]), _targets(learner), 1)
    used = _used_trees(item, model, outputs)
    trees = []
    known = list(zip(model["trees"], model["tree_info"], factors, strict=True))
    for tree, output, factor in known[:used]:
        if any(tree.get("split_type", ())):
            raise unsupported(item, "enable_categorical", True, "numerical features")
        if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
            raise unsupported(item, "multi_strategy", "multi_output_tree", "one_output_per_tree")
        conditions = np.asarray(tree["split_conditions"], np.float32).astype(np.float64)
        trees.append(
            one_tree(
                left=tree["left_children"],
                right=tree["right_children"],
                features=tree["split_indices"],
                missing_left=tree["default_left"],
                thresholds=conditions,
                values=in_column(factor * conditions, output, outputs),
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
