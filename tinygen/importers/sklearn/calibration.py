"""Calibrated classifiers: the mean of curves of the members' scores."""

import numpy as np

from tinygen.classical import (
    Answer,
    Calibrated,
    Description,
    Lines,
    Link,
    Part,
    Sigmoid,
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
from tinygen.importers.sklearn.members import classifier
from tinygen.importers.sklearn.pipeline import describe
from tinygen.importers.sklearn.registry import estimator


@estimator("CalibratedClassifierCV")
def _calibrated(item, columns: int) -> Description:
    require_fitted(item, "calibrated_classifiers_")
    columns, classes = features_of(item, columns), classes_of(item)
    found = item.calibrated_classifiers_
    mean = np.eye(len(classes)) / len(found)
    parts = [
        Part(
            member=_member(item, one, columns, classes),
            answer=Answer.PROBABILITIES,
            weights=mean,
        )
        for one in found
    ]
    return classifier(item, columns, parts, link=Link.IDENTITY)


def _member(item, one, columns: int, classes: tuple[object, ...]) -> Description:
    inner = describe(one.estimator, columns)
    is_decision = hasattr(one.estimator, "decision_function")
    answer = Answer.DECISION if is_decision else Answer.PROBABILITIES
    temperature = one.method == "temperature"
    if temperature and not is_decision:
        raise unsupported(
            item, "method", "temperature", "it with a decision function; sigmoid, ..."
        )
    shared = {
        "features": inner.features,
        "transforms": (),
        "task": Task.CLASSIFY,
        "answer": one.estimator.predict,
        "classes": classes,
    }
    count = len(classes)
    if temperature:
        own = Part(member=inner, answer=answer, weights=np.eye(1 if count == 2 else count))
        beta = float(np.ravel(one.calibrators[0].beta_)[0])
        return Description(
            scorer=Sum(parts=(own,), bias=np.zeros(len(own.weights))),
            link=Link.SIGMOID if count == 2 else Link.SOFTMAX,
            link_factor=2 * beta if count == 2 else beta,
            **shared,
        )
    return Description(scorer=_curves(item, one, inner, answer, classes), **shared)


def _curves(item, one, inner: Description, answer: Answer, classes) -> Calibrated:
    """A curve for every class; those of two classes add up to 1."""
    if len(classes) == 2:
        (calibrator,) = one.calibrators
        weights = np.ones((2, 1)) if answer is Answer.DECISION else np.array([[0.0, 1], [0, 1]])
        curve = _curve(item, calibrator)
        return Calibrated(
            part=Part(member=inner, answer=answer, weights=weights),
            curves=(_complement(curve), curve),
        )
    weights = np.zeros((len(classes), len(inner.classes)))
    curves: list[Sigmoid | Lines] = [NEVER] * len(classes)
    for k, (label, calibrator) in enumerate(zip(inner.classes, one.calibrators, strict=True)):
        place = classes.index(label)
        weights[place, k] = 1
        curves[place] = _curve(item, calibrator)
    part = Part(member=inner, answer=answer, weights=weights)
    return Calibrated(part=part, curves=tuple(curves))


NEVER = Lines(x=np.zeros(1), y=np.zeros(1))
"""Of a class that the member does not know."""


def _curve(item, calibrator) -> Sigmoid | Lines:
    if hasattr(calibrator, "X_thresholds_"):
        return Lines(x=real(calibrator.X_thresholds_), y=real(calibrator.y_thresholds_))
    if hasattr(calibrator, "a_"):
        return Sigmoid(slope=float(calibrator.a_), offset=float(calibrator.b_))
    raise unsupported(item, "method", item.method, "sigmoid, isotonic, temperature")


def _complement(curve: Sigmoid | Lines) -> Sigmoid | Lines:
    """1 less the curve."""
    if isinstance(curve, Sigmoid):
        return Sigmoid(slope=-curve.slope, offset=-curve.offset)
    return Lines(x=curve.x, y=1 - curve.y)
