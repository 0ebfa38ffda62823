"""Calibrated classifiers: the mean of curves of the members' scores."""

from dataclasses import replace

import numpy as np

from tinygen.classical import (
    Answer,
    Calibrated,
    Curved,
    Description,
    Gaussian,
    Linear,
    Lines,
    Link,
    Network,
    Part,
    Quadratic,
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
    shared = {
        "features": inner.features,
        "transforms": (),
        "task": Task.CLASSIFY,
        "answer": one.estimator.predict,
        "classes": classes,
    }
    count = len(classes)
    if temperature and not is_decision:
        return _warmer(inner, float(np.ravel(one.calibrators[0].beta_)[0]), shared)
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


LEAST = 1e-12
KNOTS = np.array([0.0, *2.0 ** (np.arange(-120, 1) / 8)])
"""Of probabilities, between which their logarithm is off by less than 0.001; at 0 it is that of LEAST."""


EXPONENTIAL = (Gaussian, Linear, Network, Quadratic)
"""Scorers whose probabilities are exponentials of scores: a factor of their logarithms is one of the scores."""


def _warmer(inner: Description, beta: float, shared: dict) -> Description:
    """Probabilities to the power of beta, over their sum."""
    if inner.link in (Link.SIGMOID, Link.SOFTMAX) and isinstance(inner.scorer, EXPONENTIAL):
        return replace(inner, link_factor=beta * inner.link_factor)
    return Description(
        scorer=Sum(parts=(_logarithms(inner),), bias=np.zeros(len(inner.classes))),
        link=Link.SOFTMAX,
        link_factor=beta,
        **shared,
    )


def _logarithms(inner: Description) -> Part:
    """The logarithms of the probabilities of all classes."""
    each = np.eye(len(inner.classes))
    part = Part(member=inner, answer=Answer.PROBABILITIES, weights=each)
    curved = Description(
        features=inner.features,
        transforms=(),
        scorer=Curved(
            part=part,
            function=lambda rows: np.log(np.maximum(rows, 0) + LEAST),
            knots=(KNOTS,) * len(each),
        ),
        task=Task.REGRESS,
        answer=inner.answer,
    )
    return Part(member=curved, answer=Answer.VALUES, weights=each)


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
