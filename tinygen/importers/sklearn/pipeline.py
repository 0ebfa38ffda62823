"""Pipelines: transformers, then an estimator."""

from dataclasses import replace

from tinygen.classical import Description
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn import registry
from tinygen.importers.sklearn.fitted import features_of


def describe(fitted: object) -> Description:
    """The description of a fitted estimator or pipeline. Raises UnsupportedError, ConversionError."""
    steps = steps_of(fitted)
    if not steps:
        raise UnsupportedError(what="the pipeline has no steps")
    features = columns = features_of(steps[0])
    transforms = []
    for step in steps[:-1]:
        transform = registry.describe_transformer(step, columns)
        columns = _columns_behind(transform)
        transforms.append(transform)
    last = registry.describe_estimator(steps[-1], columns)
    answer = fitted.predict if hasattr(fitted, "predict") else fitted.transform
    return replace(last, features=features, transforms=tuple(transforms), answer=answer)


def steps_of(fitted: object) -> list[object]:
    """The steps of a pipeline, those of pipelines in it included; 'passthrough' left out."""
    if type(fitted).__name__ != "Pipeline":
        return [fitted]
    found = []
    for _, step in fitted.steps:
        if step is not None and step != "passthrough":
            found += steps_of(step)
    return found


def _columns_behind(transform) -> int:
    return len(transform.bias) if hasattr(transform, "bias") else len(transform.sources)
