"""Pipelines: transformers, then an estimator."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import (
    Answer,
    Description,
    Imputation,
    Linear,
    Part,
    Stacked,
    Task,
    Transform,
)
from tinygen.classical.description import Rows
from tinygen.classical.kernel_features import merged
from tinygen.errors import ConversionError, UnsupportedError
from tinygen.importers.sklearn import registry
from tinygen.importers.sklearn.boosters import booster_of
from tinygen.importers.sklearn.fitted import (
    features_of,
    names_of,
    real,
    require_fitted,
    with_names,
)
from tinygen.importers.sklearn.imputing import imputed_first
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
        _check_width(step, columns)
        if isinstance(step, NetStep):
            last = _behind_net(step, steps[place + 1 :])
            break
        transforms += registry.describe_transformer(step, columns)
        columns = transforms[-1].outputs
    else:
        _check_width(steps[-1], columns)
        last = _last(steps[-1], columns)
    names, probabilities = names_of(steps[0]), _probabilities(fitted, steps)
    whole = replace(
        last,
        features=features,
        transforms=_imputed_first((*transforms, *last.transforms), features),
        answer=with_names(_answer(fitted, steps), names),
        probabilities=None if probabilities is None else with_names(probabilities, names),
        names=names,
    )
    return merged(whole)


def _imputed_first(transforms: tuple[Transform, ...], features: int) -> tuple[Transform, ...]:
    """The same with a missing number put in place before anything is done with it."""
    if any(isinstance(t, Imputation) for t in transforms[1:]):
        imputation, (rest,) = imputed_first([transforms], features)
        return rest if imputation is None else (imputation, *rest)
    return transforms


def _check_width(step: object, columns: int) -> None:
    """Raise ConversionError for a step that was fitted on another number of columns than there are."""
    wanted = getattr(step, "n_features_in_", columns)
    if wanted != columns:
        raise ConversionError(
            what=f"{type(step).__name__} was fitted on {wanted} columns, but gets {columns}",
            where="the steps of the pipeline",
            next_step="give all steps, in the order in which they were fitted",
        )


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
        answer=_columns_of(step),
    )


def _behind_net(net: NetStep, steps: list[object]) -> Description:
    """Steps whose features are what a net answers."""
    rest = describe(steps, net.outputs)
    part = Part(member=as_values(net), answer=Answer.VALUES, weights=np.eye(net.outputs))
    return replace(rest, transforms=(), scorer=Stacked(parts=(part,), last=rest))


def _answer(fitted: object, steps: list[object]) -> Callable[[Rows], NDArray]:
    """What the estimator or the list of steps itself answers."""
    last = steps[-1]
    is_own = len(steps) == 1 and isinstance(last, NetStep)
    if isinstance(fitted, list | tuple) or fitted is last or is_own or booster_of(fitted):
        own = last.predict if hasattr(last, "predict") else _columns_of(last)
        return (lambda rows: own(_through(steps[:-1], rows))) if len(steps) > 1 else own
    own = fitted.predict if hasattr(fitted, "predict") else _columns_of(fitted)
    return (lambda rows: last.classes_of(own(rows))) if isinstance(last, NetStep) else own


def _columns_of(step: object) -> Callable[[Rows], NDArray]:
    """What a transformer makes of rows; encoders may return sparse matrices."""
    return lambda rows: real(step.transform(rows))


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

    Of a search over parameters those of the best estimator. Keras models, and what wraps them, are NetSteps; boosters
    of XGBoost and LightGBM are estimators.
    """
    if isinstance(fitted, list | tuple):
        return [step for item in fitted for step in steps_of(item)]
    own = net_of(fitted) or booster_of(fitted)
    if own is not None:
        return [own]
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
