"""Voting, bagging, boosting by weights, stacking."""

from dataclasses import replace

import numpy as np

from tinygen.classical import Answer, Description, Link, Median, Part, Stacked, Sum, Task
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.members import (
    classifier,
    members_of,
    outputs_of,
    probabilities,
    regressor,
    shares_of,
    values,
    vote,
)
from tinygen.importers.sklearn.pipeline import describe
from tinygen.importers.sklearn.registry import estimator


@estimator("VotingClassifier")
def _voting_classifier(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns, count = features_of(item, columns), len(classes_of(item))
    members = members_of(item.estimators_, columns)
    weights = shares_of(item._weights_not_none, len(members))
    if item.voting == "soft":
        parts = [probabilities(m, count, w) for m, w in zip(members, weights, strict=True)]
        return classifier(item, columns, parts, link=Link.IDENTITY)
    return classifier(
        item, columns, [vote(m, count, w) for m, w in zip(members, weights, strict=True)]
    )


@estimator("VotingRegressor")
def _voting_regressor(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns = features_of(item, columns)
    members = members_of(item.estimators_, columns)
    weights = shares_of(item._weights_not_none, len(members))
    parts = [values(m, w * np.eye(1)) for m, w in zip(members, weights, strict=True)]
    return regressor(item, columns, parts)


@estimator("BaggingClassifier")
def _bagging_classifier(item, columns: int) -> Description:
    """The mean of the members' probabilities; a member without is a vote for its class."""
    require_fitted(item, "estimators_")
    columns, count = features_of(item, columns), len(classes_of(item))
    members = members_of(item.estimators_, columns, item.estimators_features_)
    parts = [
        (probabilities if hasattr(fitted, "predict_proba") else vote)(m, count, 1 / len(members))
        for m, fitted in zip(members, item.estimators_, strict=True)
    ]
    whole = classifier(item, columns, parts, link=Link.IDENTITY)
    if not hasattr(item, "decision_function"):
        return whole
    mean = np.eye(1 if count == 2 else count) / len(members)
    decisions = tuple(Part(member=m, answer=Answer.DECISION, weights=mean) for m in members)
    return replace(whole, scorer=replace(whole.scorer, decisions=decisions))


@estimator("BaggingRegressor")
def _bagging_regressor(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns = features_of(item, columns)
    members = members_of(item.estimators_, columns, item.estimators_features_)
    mean = np.eye(outputs_of(members[0])) / len(members)
    return regressor(item, columns, [values(m, mean) for m in members])


@estimator("AdaBoostClassifier")
def _boosted_classifier(item, columns: int) -> Description:
    """SAMME: weighted votes; of K classes each vote takes 1 / (K - 1) from the classes it is not for."""
    require_fitted(item, "estimators_")
    columns, classes = features_of(item, columns), list(classes_of(item))
    members = members_of(item.estimators_, columns)
    weights = real(item.estimator_weights_)[: len(members)]
    weights = weights / real(item.estimator_weights_).sum()
    count = len(classes)
    parts, bias = [], np.zeros(1)
    for member, weight in zip(members, weights, strict=True):
        numbers = np.array([classes.index(c) for c in member.classes])
        if count == 2:
            rows = 2 * weight * (2.0 * numbers[None] - 1)
        else:
            rows = weight * count / max(count - 1, 1) * (numbers[None] == np.arange(count)[:, None])
        parts.append(Part(member=member, answer=Answer.CLASSES, weights=rows))
    if count > 2:
        bias = np.full(count, -weights.sum() / max(count - 1, 1))
    return classifier(
        item,
        columns,
        parts,
        bias=bias,
        link=Link.SIGMOID if count == 2 else Link.SOFTMAX,
        link_factor=1.0 if count == 2 else 1 / max(count - 1, 1),
        has_decision=True,
    )


@estimator("AdaBoostRegressor")
def _boosted_regressor(item, columns: int) -> Description:
    """The weighted median of the members' values."""
    require_fitted(item, "estimators_")
    columns = features_of(item, columns)
    members = members_of(item.estimators_, columns)
    each = np.eye(len(members))
    parts = tuple(values(m, each[:, i : i + 1]) for i, m in enumerate(members))
    weights = real(item.estimator_weights_)[: len(members)]
    if not weights.any():  # a single member that is no better than chance
        weights = np.ones(len(members))
    scorer = Median(values=Sum(parts=parts, bias=np.zeros(len(members))), weights=weights)
    return Description(
        features=columns, transforms=(), scorer=scorer, task=Task.REGRESS, answer=item.predict
    )


@estimator("StackingClassifier")
def _stacking_classifier(item, columns: int) -> Description:
    require_fitted(item, "final_estimator_")
    stacked = _stacked(item, columns)
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=stacked,
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
    )


@estimator("StackingRegressor")
def _stacking_regressor(item, columns: int) -> Description:
    require_fitted(item, "final_estimator_")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_stacked(item, columns),
        task=Task.REGRESS,
        answer=item.predict,
    )


def _stacked(item, columns: int) -> Stacked:
    columns = features_of(item, columns)
    members = members_of(item.estimators_, columns)
    rows = [_stacked_rows(item, m, s) for m, s in zip(members, item.stack_method_, strict=True)]
    total, parts, first = sum(len(r) for _, r in rows), [], 0
    for member, (answer, own) in zip(members, rows, strict=True):
        weights = np.zeros((total, own.shape[1]))
        weights[first : first + len(own)] = own
        parts.append(Part(member=member, answer=answer, weights=weights))
        first += len(own)
    inputs = total + (columns if item.passthrough else 0)
    last = describe(item.final_estimator_, inputs)
    return Stacked(parts=tuple(parts), last=last, features_last=bool(item.passthrough))


def _stacked_rows(item, member: Description, method: str) -> tuple[Answer, np.ndarray]:
    """What a member answers, and which columns of it the last estimator sees."""
    if member.task is Task.REGRESS:
        return Answer.VALUES, np.eye(outputs_of(member))
    count = len(member.classes)
    if method == "predict_proba":
        return Answer.PROBABILITIES, np.eye(count)[1:] if count == 2 else np.eye(count)
    if method == "decision_function":
        return Answer.DECISION, np.eye(1 if count == 2 else count)
    if not all(isinstance(c, int | float) for c in member.classes):
        raise unsupported(item, "stack_method", method, "'predict_proba', 'decision_function'")
    return Answer.CLASSES, real(member.classes)[None]
