"""Classifiers of two classes that compare a score of another classifier with a threshold."""

from dataclasses import replace

import numpy as np

from tinygen.classical import Answer, Description, Part
from tinygen.importers.sklearn.fitted import classes_of, features_of, require_fitted, unsupported
from tinygen.importers.sklearn.members import classifier
from tinygen.importers.sklearn.pipeline import describe
from tinygen.importers.sklearn.registry import estimator

TINY = 2.0**-40
"""A score that is the threshold counts as above it."""


@estimator("FixedThresholdClassifier")
def _fixed(item, columns: int) -> Description:
    inner = getattr(item, "estimator_", item.estimator)
    method = _method(item, inner)
    threshold = item.threshold
    if threshold == "auto":
        threshold = 0.5 if method == "predict_proba" else 0.0
    return _compared(item, columns, inner, method, float(threshold), item.pos_label)


@estimator("TunedThresholdClassifierCV")
def _tuned(item, columns: int) -> Description:
    require_fitted(item, "estimator_")
    label = item._curve_scorer._get_pos_label()
    method = _method(item, item.estimator_)
    return _compared(item, columns, item.estimator_, method, float(item.best_threshold_), label)


def _method(item, inner) -> str:
    if item.response_method != "auto":
        return item.response_method
    return "predict_proba" if hasattr(inner, "predict_proba") else "decision_function"


def _compared(
    item, columns: int, inner, method: str, threshold: float, label: object
) -> Description:
    columns, classes = features_of(inner, columns), classes_of(item)
    if len(classes) != 2:
        raise unsupported(item, "estimator", inner, "classifiers of two classes")
    member = describe(inner, columns)
    is_first = label is not None and label == classes[0]
    sign = -1.0 if is_first else 1.0
    if method == "predict_proba":
        weights = np.array([[sign, 0.0]] if is_first else [[0.0, sign]])
        part = Part(member=member, answer=Answer.PROBABILITIES, weights=weights)
        bias = -sign * threshold
    else:  # of the first class the decision is that of the second times -1
        part = Part(member=member, answer=Answer.DECISION, weights=np.eye(1))
        bias = -sign * threshold
    added = 0.0 if is_first else TINY * max(abs(threshold), 1.0)
    whole = classifier(item, columns, [part], bias=np.array([bias + added]))
    return replace(whole, features=columns)
