"""Several classes by classifiers of two, several outputs by estimators of one, chains of them."""

import itertools
from dataclasses import replace

import numpy as np

from tinygen.classical import (
    Answer,
    Description,
    Link,
    Pairs,
    Part,
    Stacked,
    Sum,
    Task,
)
from tinygen.importers.sklearn.fitted import (
    classes_of,
    features_of,
    real,
    require_fitted,
    unsupported,
)
from tinygen.importers.sklearn.forests import leaf
from tinygen.importers.sklearn.members import classifier, members_of, regressor, several, values
from tinygen.importers.sklearn.pipeline import describe
from tinygen.importers.sklearn.registry import estimator


@estimator("OneVsRestClassifier")
def _one_against_rest(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns = features_of(item, columns)
    members, each = members_of(item.estimators_, columns), np.eye(len(item.estimators_))
    if item.multilabel_:
        whole = several(item, columns, members)
        return replace(whole, scorer=replace(whole.scorer, has_probabilities=False))
    parts = [
        _score(fitted, m, each[:, i])
        for i, (fitted, m) in enumerate(zip(item.estimators_, members, strict=True))
    ]
    is_decision = all(p.answer is Answer.DECISION for p in parts)
    half = 0.5 if len(parts) == 1 and parts[0].answer is Answer.PROBABILITIES else 0.0
    bias = np.full(len(parts), -half)
    whole = classifier(item, columns, parts, bias=bias, has_decision=is_decision)
    kinds = {type(fitted).__name__ for fitted in item.estimators_}
    if "_ConstantPredictor" in kinds or not hasattr(item, "predict_proba"):
        return whole
    shares = tuple(_second(m, each[:, i]) for i, m in enumerate(members))
    if len(members) == 1:
        (member,) = members
        shares = (Part(member=member, answer=Answer.PROBABILITIES, weights=np.eye(2)),)
    return replace(whole, scorer=replace(whole.scorer, shares=shares))


def _second(member: Description, weights: np.ndarray) -> Part:
    """The probability of the second of two classes, times weights [outputs]."""
    columns = np.stack([0 * weights, weights], axis=1)
    return Part(member=member, answer=Answer.PROBABILITIES, weights=columns)


@estimator("OneVsOneClassifier")
def _one_against_one(item, columns: int) -> Description:
    """Votes; of equal votes the sum of the scores decides."""
    require_fitted(item, "estimators_")
    if item.pairwise_indices_ is not None:
        raise unsupported(item, "estimator", "a precomputed kernel", "estimators of features")
    columns, count = features_of(item, columns), len(classes_of(item))
    members = members_of(item.estimators_, columns)
    rows = np.eye(len(members))
    parts = [
        _score(fitted, m, rows[:, k])
        for k, (fitted, m) in enumerate(zip(item.estimators_, members, strict=True))
    ]
    if count > 2 and all(p.answer is Answer.DECISION for p in parts):
        decisions = Sum(parts=tuple(parts), bias=np.zeros(len(members)))
        whole = classifier(item, columns, parts, has_decision=True)
        return replace(whole, scorer=Pairs(decisions=decisions, classes=count))
    pairs, each, parts = itertools.combinations(range(count), 2), np.eye(count), []
    for fitted, member, (i, j) in zip(item.estimators_, members, pairs, strict=True):
        votes = np.stack([each[i], each[j]], axis=1)
        parts.append(Part(member=member, answer=Answer.CLASSES, weights=votes))
        parts.append(_score(fitted, member, each[j] - each[i], breaks_ties=True))
    return classifier(item, columns, parts, has_decision=True)


@estimator("OutputCodeClassifier")
def _output_code(item, columns: int) -> Description:
    """The row of the code book that is nearest to the scores: |s - b|^2 is |s|^2 less 2 s b - |b|^2."""
    require_fitted(item, "estimators_")
    columns, book = features_of(item, columns), real(item.code_book_)
    members = members_of(item.estimators_, columns)
    parts = [
        _score(fitted, member, 2 * book[:, k])
        for k, (fitted, member) in enumerate(zip(item.estimators_, members, strict=True))
    ]
    return classifier(item, columns, parts, bias=-(book**2).sum(axis=1))


def _score(fitted, member: Description, weights: np.ndarray, breaks_ties: bool = False) -> Part:
    """What scikit-learn takes as the score of a classifier of two classes, times weights [outputs]."""
    column = np.asarray(weights, np.float64)[:, None]
    if member.task is Task.REGRESS:
        answer = Answer.VALUES
    elif hasattr(fitted, "decision_function"):
        answer = Answer.DECISION
    else:
        return replace(_second(member, column[:, 0]), breaks_ties=breaks_ties)
    return Part(member=member, answer=answer, weights=column, breaks_ties=breaks_ties)


@estimator("_ConstantPredictor")
def _constant(item, columns: int) -> Description:
    """A class that all rows or none of a fit belonged to."""
    score = float(np.ravel(item.y_)[0])
    return Description(
        features=columns,
        transforms=(),
        scorer=leaf([score]),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=(0, 1),
        has_decision=True,
    )


@estimator("MultiOutputClassifier")
def _classifiers(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns = features_of(item, columns)
    return several(item, columns, members_of(item.estimators_, columns))


@estimator("MultiOutputRegressor")
def _regressors(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns = features_of(item, columns)
    return _side_by_side(item, columns, members_of(item.estimators_, columns))


@estimator("ClassifierChain")
def _classifier_chain(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns, method = features_of(item, columns), getattr(item, "chain_method_", "predict")
    if method not in ANSWERS:
        raise unsupported(item, "chain_method", method, ", ".join(ANSWERS))
    links = _chain(item, columns, ANSWERS[method])
    whole = several(item, columns, [links[i] for i in np.argsort(item.order_)])
    # the probabilities of a chain are those of second classes only
    return replace(whole, scorer=replace(whole.scorer, has_probabilities=False))


@estimator("RegressorChain")
def _regressor_chain(item, columns: int) -> Description:
    require_fitted(item, "estimators_")
    columns = features_of(item, columns)
    links = _chain(item, columns, Answer.VALUES)
    return _side_by_side(item, columns, [links[i] for i in np.argsort(item.order_)])


ANSWERS = {
    "predict": Answer.CLASSES,
    "predict_proba": Answer.PROBABILITIES,
    "decision_function": Answer.DECISION,
}


def _chain(item, columns: int, answer: Answer) -> list[Description]:
    """Every estimator behind those before it, whose answers are features behind the others."""
    links: list[Description] = []
    for k, fitted in enumerate(item.estimators_):
        last = describe(fitted, columns + k)
        scorer = Stacked(
            parts=tuple(_link(m, answer, i, k) for i, m in enumerate(links)),
            last=last,
            features_first=True,
        )
        member = Description(
            features=columns,
            transforms=(),
            scorer=scorer,
            task=last.task,
            answer=last.answer,
            classes=last.classes,
        )
        links.append(member if k else last)
    return links


def _link(member: Description, answer: Answer, place: int, outputs: int) -> Part:
    row = {
        Answer.CLASSES: lambda: real(member.classes),
        Answer.PROBABILITIES: lambda: np.array([0.0, 1.0]),
    }.get(answer, lambda: np.ones(1))()
    weights = np.zeros((outputs, len(row)))
    weights[place] = row
    return Part(member=member, answer=answer, weights=weights)


def _side_by_side(item, columns: int, members: list[Description]) -> Description:
    each = np.eye(len(members))
    parts = [values(m, each[:, i : i + 1]) for i, m in enumerate(members)]
    return regressor(item, columns, parts)


@estimator("DummyClassifier")
def _dummy_classifier(item, columns: int) -> Description:
    require_fitted(item, "class_prior_")
    if item.strategy not in ("prior", "most_frequent", "constant"):
        raise unsupported(item, "strategy", item.strategy, "prior, most_frequent, constant")
    classes, prior = classes_of(item), real(item.class_prior_)
    chosen = int(prior.argmax())
    if item.strategy == "constant":
        chosen = classes.index(np.ravel(item.constant).tolist()[0])
    shares = prior if item.strategy == "prior" else np.eye(len(classes))[chosen]
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=leaf(shares),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes,
        link=Link.IDENTITY,
    )


@estimator("DummyRegressor")
def _dummy_regressor(item, columns: int) -> Description:
    require_fitted(item, "constant_")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=leaf(np.ravel(item.constant_)),
        task=Task.REGRESS,
        answer=item.predict,
    )
