"""What estimators made of estimators have in common: their members, and sums of what these answer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import Answer, Columns, Description, Part, Several, Sum, Task
from tinygen.importers.sklearn.fitted import classes_of, features_of, real
from tinygen.importers.sklearn.pipeline import describe


def members_of(
    fitted: Sequence[object], columns: int, features: Sequence[NDArray] | None = None
) -> list[Description]:
    """Descriptions of members; `features` are the columns that each of them sees."""
    if features is None:
        return [describe(item, columns) for item in fitted]
    return [
        _on_columns(describe(item, len(chosen)), np.asarray(chosen, np.int64), columns)
        for item, chosen in zip(fitted, features, strict=True)
    ]


def _on_columns(member: Description, chosen: NDArray[np.int64], columns: int) -> Description:
    if np.array_equal(chosen, np.arange(columns)):
        return member
    selection = Columns(
        sources=chosen,
        signs=np.ones(len(chosen), np.int64),
        apply=lambda rows: rows[:, chosen],
        factors=np.ones(len(chosen)),
        offsets=np.zeros(len(chosen)),
    )
    transforms = (selection, *member.transforms)
    return replace(member, features=columns, transforms=transforms)


def shares_of(weights: object, count: int) -> NDArray[np.float64]:
    """Weights that add up to 1; equal ones for None."""
    found = np.ones(count) if weights is None else real(weights)
    return found / found.sum()


def probabilities(member: Description, classes: int, weight: float) -> Part:
    """The probabilities of a member, at the places of its classes: numbers of the whole's classes."""
    return Part(
        member=member,
        answer=Answer.PROBABILITIES,
        weights=weight * places(member.classes, classes),
    )


def vote(member: Description, classes: int, weight: float) -> Part:
    """A vote for the class that a member predicts."""
    return Part(
        member=member, answer=Answer.CLASSES, weights=weight * places(member.classes, classes)
    )


def places(numbers: Sequence[object], classes: int) -> NDArray[np.float64]:
    """[classes, member's classes]: 1 where a member's class has this number."""
    found = np.zeros((classes, len(numbers)))
    found[np.asarray(numbers, np.int64), np.arange(len(numbers))] = 1
    return found


def values(member: Description, weights: NDArray[np.float64]) -> Part:
    """The values of a regressor."""
    return Part(member=member, answer=Answer.VALUES, weights=weights)


def outputs_of(member: Description) -> int:
    """How many values a regressor has."""
    scorer = member.scorer
    if hasattr(scorer, "outputs"):
        return scorer.outputs
    rows = np.zeros((1, member.features))
    return int(np.asarray(member.answer(rows)).size)


def regressor(item, columns: int, parts: Sequence[Part], bias: object = None) -> Description:
    """A regressor that is a sum of parts."""
    outputs = len(parts[0].weights)
    start = np.zeros(outputs) if bias is None else np.broadcast_to(real(bias), (outputs,))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Sum(parts=tuple(parts), bias=start),
        task=Task.REGRESS,
        answer=item.predict,
    )


def classifier(item, columns: int, parts: Sequence[Part], **choices: object) -> Description:
    """A classifier whose scores are a sum of parts; `choices` are further fields."""
    bias = choices.pop("bias", np.zeros(len(parts[0].weights)))
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Sum(parts=tuple(parts), bias=bias),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        **choices,
    )


def several(item, columns: int, members: list[Description]) -> Description:
    """Classifiers side by side."""
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=Several(members=tuple(members), has_probabilities=hasattr(item, "predict_proba")),
        task=Task.CLASSIFY_EACH,
        answer=item.predict,
        classes=tuple(m.classes for m in members),
    )
