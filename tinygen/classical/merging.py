"""Sums of trees are one forest, what linear functions make of linear functions is one: rewrites in real numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.combination import Answer, Part, Stacked, Sum
from tinygen.classical.description import Description, Linear, Link, Matrix, Task, Trees
from tinygen.classical.members import in_front
from tinygen.classical.tree_nodes import winners
from tinygen.ir import DType
from tinygen.ops.classical.operator import float_of_order, float_order


def merged(description: Description, dtype: DType) -> Description:
    """The same model without parts, where all of them are of one kind; else as it was.

    dtype: that of the features, on which comparisons of trees are folded.
    """
    if isinstance(description.scorer, Stacked):
        return _stack_of_linear(description, dtype) or description
    if not isinstance(description.scorer, Sum):
        return description
    parts = [
        replace(p, member=merged(in_front(description, p.member), dtype))
        for p in description.scorer.parts
    ]
    if any(p.breaks_ties for p in parts):
        return description
    for kind in (_sum_of_trees, _sum_of_linear):
        scorer = kind(parts, description, dtype)
        if scorer is not None:
            return replace(description, transforms=(), scorer=scorer)
    return description


@dataclass(frozen=True, kw_only=True, eq=False)
class _Answers:
    """Answers of a member whose scorer has rows of numbers: leaves, or weights of features and a bias."""

    rows: NDArray[np.float64]
    bias: NDArray[np.float64]


def _sum_of_trees(parts: Sequence[Part], whole: Description, dtype: DType) -> Trees | None:
    found = []
    for part in parts:
        answers = _tree_answers(part)
        if answers is None:
            return None
        found.append((part, answers))
    forests = {id(p.member.scorer): _on_raw_features(p.member, dtype) for p, _ in found}
    leaves, bias, trees = [], np.array(whole.scorer.bias, np.float64), []
    for part, answers in found:
        forest = forests[id(part.member.scorer)]
        rows = answers.rows
        if part.answer is Answer.VALUES:  # leaves measured from their middle need fewer bits
            middle = (rows.max(axis=0) + rows.min(axis=0)) / 2
            rows, bias = rows - middle, bias + part.weights @ middle * len(forest.roots)
        leaves.append(rows @ part.weights.T)
        bias = bias + part.weights @ answers.bias
        trees.append(forest)
    return _joined(trees, leaves, bias)


def _tree_answers(part: Part) -> _Answers | None:
    member, trees = part.member, part.member.scorer
    if not isinstance(trees, Trees) or not algebra.works_by_columns(member.transforms):
        return None
    if part.answer is Answer.CLASSES:
        if len(trees.roots) != 1:
            return None
        found = winners(trees.leaves + trees.bias)
        shares = (found[:, None] == np.arange(part.weights.shape[1])).astype(np.float64)
        return _Answers(rows=shares, bias=np.zeros(part.weights.shape[1]))
    fits = {
        Answer.VALUES: member.task is Task.REGRESS,
        Answer.PROBABILITIES: member.link is Link.IDENTITY,
        Answer.DECISION: member.has_decision,
    }
    return _Answers(rows=trees.leaves, bias=trees.bias) if fits[part.answer] else None


def _on_raw_features(member: Description, dtype: DType) -> Trees:
    """The same trees, whose comparisons are with raw features."""
    features, order, children, _ = algebra.ordered_trees(
        member.scorer, member.transforms, member.features, dtype
    )
    if dtype is DType.FLOAT32:
        least = int(float_order(np.array([-np.finfo(np.float32).max]))[0])
        thresholds = float_of_order(np.maximum(order, least)).astype(np.float64)
        thresholds = np.where(order < least, -np.inf, thresholds)
    else:
        thresholds = order.astype(np.float64)
    return replace(
        member.scorer,
        features=features,
        thresholds=thresholds,
        children=children,
        number=np.float64,
        is_strict=False,
        missing_left=None,
    )


def _joined(
    forests: Sequence[Trees], leaves: Sequence[NDArray[np.float64]], bias: NDArray[np.float64]
) -> Trees:
    """All forests as one, with these leaves [leaves, outputs]."""
    inner = np.cumsum([0, *(len(f.features) for f in forests)])
    before = np.cumsum([0, *(len(rows) for rows in leaves)])

    def moved(references: NDArray[np.int64], i: int) -> NDArray[np.int64]:
        return np.where(references >= 0, references + inner[i], references - before[i])

    return replace(
        forests[0],
        features=np.concatenate([f.features for f in forests]),
        thresholds=np.concatenate([f.thresholds for f in forests]),
        children=np.concatenate([moved(f.children, i) for i, f in enumerate(forests)]),
        roots=np.concatenate([moved(f.roots, i) for i, f in enumerate(forests)]),
        leaves=np.concatenate(leaves),
        bias=bias,
    )


def _sum_of_linear(parts: Sequence[Part], whole: Description, dtype: DType) -> Linear | None:
    weights = np.zeros((whole.scorer.outputs, whole.features))
    bias = np.array(whole.scorer.bias, np.float64)
    for part in parts:
        linear = _linear_answer(part)
        if linear is None:
            return None
        weights += part.weights @ linear.weights
        bias += part.weights @ linear.bias
    return Linear(weights=weights, bias=bias)


def _linear_answer(part: Part) -> Linear | None:
    """What a member answers, as a linear function of raw features."""
    member, linear = part.member, part.member.scorer
    wanted: dict[Answer, Callable[[], bool]] = {
        Answer.VALUES: lambda: member.task is not Task.CLASSIFY,
        Answer.DECISION: lambda: member.has_decision,
    }
    if not isinstance(linear, Linear) or not wanted.get(part.answer, lambda: False)():
        return None
    before = algebra.as_matrix(member.transforms, member.features)
    if before is None:
        return None
    if member.task is Task.CLASSIFY and linear.outputs == 2:  # a decision between two
        linear = Linear(
            weights=linear.weights[1:] - linear.weights[:1], bias=linear.bias[1:] - linear.bias[:1]
        )
    return algebra.collapse(linear, before)


def _stack_of_linear(description: Description, dtype: DType) -> Description | None:
    """A linear model of linear answers, and of features, as a linear model of the features."""
    stacked: Stacked = description.scorer
    before = algebra.as_matrix(description.transforms, description.features)
    bias = np.zeros(len(stacked.parts[0].weights) if stacked.parts else 0)
    inner = replace(description, scorer=Sum(parts=stacked.parts, bias=bias), task=Task.TRANSFORM)
    answers = merged(inner, dtype).scorer
    if before is None or not isinstance(answers, Linear):
        return None
    columns = [answers]
    if stacked.features_first:
        columns.insert(0, before)
    if stacked.features_last:
        columns.append(before)
    weights = np.concatenate([c.weights for c in columns])
    stage = Matrix(weights=weights, bias=np.concatenate([c.bias for c in columns]))
    last = replace(
        stacked.last, features=description.features, transforms=(stage, *stacked.last.transforms)
    )
    last = merged(last, dtype)
    whole = algebra.as_matrix(last.transforms, last.features)
    if whole is None or not isinstance(last.scorer, Linear):
        return None
    return replace(last, transforms=(), scorer=algebra.collapse(last.scorer, whole))
