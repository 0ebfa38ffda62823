"""Pipelines: transformers, then an estimator."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Answer, Description, Linear, Part, Stacked, Task
from tinygen.classical.description import Rows
from tinygen.classical.kernel_features import merged
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn import registry
from tinygen.importers.sklearn.fitted import features_of, require_fitted
from tinygen.importers.sklearn.nets import NetStep, as_values, net_of


def describe(fitted: object, columns: int | None = None) -> Description:
    """The description of a fitted estimator or pipeline. Raises UnsupportedError, ConversionError.

    `columns` is how many features a member of another estimator has, for those that do not know it.
    """
    steps = steps_of(fitted)
    if not steps:
        raise UnsupportedError(what="the pipeline has no steps")
    features = columns = features_of(steps[0], columns)
    transforms = []
    for place, step in enumerate(steps[:-1]):
        if isinstance(step, NetStep):
            last = _behind_net(step, steps[place + 1 :])
            break
        transforms += registry.describe_transformer(step, columns)
        columns = transforms[-1].outputs
    else:
        last = _last(steps[-1], columns)
    whole = replace(
        last,
        features=features,
        transforms=(*transforms, *last.transforms),
        answer=_answer(fitted, steps),
        probabilities=_probabilities(fitted, steps),
    )
    return merged(whole)


def _last(step: object, columns: int) -> Description:
    """The last step: an estimator, or a transformer whose columns are the answer."""
    if hasattr(step, "predict") or not registry.is_transformer(step):
        return registry.describe_estimator(step, columns)
    transforms = registry.describe_transformer(step, columns)
    count = transforms[-1].outputs
    return Description(
        features=columns,
        transforms=transforms,
        scorer=Linear(weights=np.eye(count), bias=np.zeros(count)),
        task=Task.TRANSFORM,
        answer=step.transform,
    )


def _behind_net(net: NetStep, steps: list[object]) -> Description:
    """Steps whose features are what a net answers."""
    rest = describe(steps, net.outputs)
    part = Part(member=as_values(net), answer=Answer.VALUES, weights=np.eye(net.outputs))
    return replace(rest, transforms=(), scorer=Stacked(parts=(part,), last=rest))


def _answer(fitted: object, steps: list[object]) -> Callable[[Rows], NDArray]:
    """What the estimator or the list of steps itself answers."""
    last = steps[-1]
    is_net = len(steps) == 1 and isinstance(last, NetStep)
    if isinstance(fitted, list | tuple) or fitted is last or is_net:
        own = last.predict if hasattr(last, "predict") else last.transform
        return (lambda rows: own(_through(steps[:-1], rows))) if len(steps) > 1 else own
    own = fitted.predict if hasattr(fitted, "predict") else fitted.transform
    return (lambda rows: last.classes_of(own(rows))) if isinstance(last, NetStep) else own


def _probabilities(fitted: object, steps: list[object]) -> Callable[[Rows], NDArray] | None:
    """What gives probabilities: the estimator, else its last step; None where nothing does."""
    own, last = (getattr(item, "predict_proba", None) for item in (fitted, steps[-1]))
    if own is not None or last is None:
        return own
    return lambda rows: last(_through(steps[:-1], rows))


def _through(steps: list[object], rows: Rows) -> Rows:
    for step in steps:
        rows = step.transform(rows)
    return rows


def steps_of(fitted: object) -> list[object]:
    """The steps of a pipeline, those of pipelines in it included; 'passthrough' left out.

    Of a search over parameters those of the best estimator. Keras models, and what wraps them, are NetSteps.
    """
    if isinstance(fitted, list | tuple):
        return [step for item in fitted for step in steps_of(item)]
    net = net_of(fitted)
    if net is not None:
        return [net]
    if type(fitted).__name__ in BEST:
        require_fitted(fitted, BEST[type(fitted).__name__])
        return steps_of(getattr(fitted, BEST[type(fitted).__name__]))
    if type(fitted).__name__ != "Pipeline":
        return [fitted]
    found = []
    for _, step in fitted.steps:
        if step is not None and step != "passthrough":
            found += steps_of(step)
    return found


BEST = {
    "GridSearchCV": "best_estimator_",
    "RandomizedSearchCV": "best_estimator_",
    "HalvingGridSearchCV": "best_estimator_",
    "HalvingRandomSearchCV": "best_estimator_",
    "FrozenEstimator": "estimator",
}
"""Where estimators that only choose or keep another one have it."""
