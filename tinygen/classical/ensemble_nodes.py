"""Models made of models, in one graph: what members answer is joined by integer operators."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import merging
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import (
    Calibrated,
    Median,
    Pairs,
    Part,
    Several,
    Stacked,
    Sum,
    members_of,
)
from tinygen.classical.curve_nodes import curves_of
from tinygen.classical.description import Description, Linear, Link, Rows, Task, Transform, Trees
from tinygen.classical.members import Build, Members, in_front, scaled_columns
from tinygen.classical.probabilities import add_probabilities
from tinygen.classical.stages import Stage, beside, features_of, joined, narrowed
from tinygen.classical.weighted import Term, as_int32, combined, scores_of
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.classical.narrow import Narrow
from tinygen.ops.classical.pair_votes import PairVotes
from tinygen.ops.classical.shares import Shares
from tinygen.ops.classical.weighted_median import WeightedMedian

MEDIAN_WEIGHTS = 2**29
"""What weights of a median add up to, about."""


def build(
    graph: GraphBuilder, description: Description, samples: Rows, bits: int, build_any: Build
) -> None:
    """Add the methods of a model made of models."""
    members = Members(graph=graph, samples=samples, bits=bits, build=build_any)
    if isinstance(description.scorer, Sum) and description.scorer.shares:
        inner = replace(description, scorer=replace(description.scorer, shares=()))
        build(graph, inner, samples, bits, build_any)
        graph.method("predict_proba", _shares(members, description))
        return
    whole = merging.merged(description, graph.input.dtype)
    if whole is not description:
        build_any(graph, whole, samples, bits)
        return
    match description.scorer:
        case Sum():
            _add_sum(members, description)
        case Median():
            graph.method("predict", _median(members, description))
        case Pairs():
            graph.method("predict", graph.node("classes", ArgMax(), [_pairs(members, description)]))
        case Calibrated():
            _add_classes(members, _calibrated(members, description))
        case Stacked():
            _add_last(members, description)
        case Several():
            graph.method("predict", _several(members, description))


def _parts(description: Description, parts: Sequence[Part]) -> list[Part]:
    """The parts with members behind the transformers of the whole."""
    return [replace(p, member=in_front(description, p.member)) for p in parts]


def _add_sum(members: Members, description: Description) -> None:
    graph, scorer, task = members.graph, description.scorer, description.task
    if any(part.breaks_ties for part in scorer.parts):
        scores = _with_ties(members, description)
    else:
        parts = _parts(description, scorer.parts)
        scores = scores_of(members, "sums", parts, scorer.bias).tensor
    if task is Task.CLASSIFY:
        graph.method("predict", graph.node("classes", ArgMax(), [scores]))
    else:
        graph.method("predict" if task is Task.REGRESS else "transform", scores)
    if description.has_decision:
        graph.method("decision", scores)
    add_probabilities(graph, scores, description.link, description.link_factor)
    if description.link is Link.IDENTITY:
        graph.method("predict_proba", scores)


def _shares(members: Members, description: Description) -> Tensor:
    """Probabilities that are proportional to sums of answers, which are not negative."""
    parts = description.scorer.shares
    scorer = Sum(parts=parts, bias=np.zeros(len(parts[0].weights)))
    inner = _plain(replace(description, scorer=scorer, task=Task.REGRESS))
    sums = members.methods(inner)["predict"]
    (bounds,) = members.ranges([sums])
    shift = max(int(bounds.high.max()).bit_length() - 15, 0)
    op = Narrow(shift=shift, low=0, high=32767)
    narrow = members.graph.node("unscaled", op, [sums], dtype=DType.INT16)
    return members.graph.node("shares", Shares(), [narrow], dtype=DType.INT16, scale=2**-15)


def _with_ties(members: Members, description: Description) -> Tensor:
    """Sums of what counts, and of what only breaks ties, each of which may be one model."""
    scorer: Sum = description.scorer
    terms, start = [], scorer.bias
    for breaks_ties in (False, True):
        parts = [p for p in scorer.parts if p.breaks_ties is breaks_ties]
        parts = tuple(replace(p, breaks_ties=False) for p in parts)
        inner = replace(description, scorer=Sum(parts=parts, bias=start), task=Task.REGRESS)
        tensor = members.methods(_plain(inner))["predict"]
        each = np.eye(scorer.outputs)
        terms.append(Term(tensor=tensor, weights=each, breaks_ties=breaks_ties))
        start = np.zeros(scorer.outputs)
    return combined(members, "votes and ties", terms, np.zeros(scorer.outputs)).tensor


def _plain(inner: Description) -> Description:
    """A sum as a regressor: without what only classifiers have."""
    return replace(inner, classes=(), link=Link.NONE, has_decision=False)


def _pairs(members: Members, description: Description) -> Tensor:
    """Votes of pairs, and decisions that break ties."""
    pairs: Pairs = description.scorer
    first, second = np.triu_indices(pairs.classes, 1)
    inner = _plain(replace(description, scorer=pairs.decisions, task=Task.REGRESS))
    factors = _alike(members, inner)
    # the operator votes for the first class where its input is above 0
    parts = tuple(replace(p, weights=-factors[:, None] * p.weights) for p in pairs.decisions.parts)
    scorer = Sum(parts=parts, bias=-factors * pairs.decisions.bias)
    found = members.methods(replace(inner, scorer=scorer))["predict"]
    votes = members.graph.node("votes", PairVotes(), [found])
    each = np.eye(pairs.classes)
    terms = [
        Term(tensor=votes, weights=each),
        Term(tensor=found, weights=(each[first] - each[second]).T / factors, breaks_ties=True),
    ]
    return combined(members, "votes and ties", terms, np.zeros(pairs.classes)).tensor


def _alike(members: Members, sums: Description) -> NDArray[np.float64]:
    """Factors with which linear decisions are about as large as each other: so none needs more bits."""
    model = merging.merged(sums, members.graph.input.dtype).scorer
    if not isinstance(model, Linear):
        return np.ones(sums.scorer.outputs)
    reach = np.abs(members.samples).max(axis=0)
    return 1 / np.maximum(np.abs(model.weights) @ reach + np.abs(model.bias), 1e-300)


def _median(members: Members, description: Description) -> Tensor:
    """The median of values of one scale; where all are trees, one forest finds them."""
    median: Median = description.scorer
    inner = replace(description, scorer=median.values, task=Task.REGRESS)
    values = members.methods(inner)["predict"]
    weights = np.rint(median.weights / median.weights.sum() * MEDIAN_WEIGHTS)
    constant = members.graph.constant("weights of the median", weights)
    scale = values.quantization.scale
    return members.graph.node("median", WeightedMedian(), [values, constant], scale=scale)


def _calibrated(members: Members, description: Description) -> Tensor:
    """Probabilities of all classes, as int32."""
    calibrated: Calibrated = description.scorer
    outputs = calibrated.part.weights.shape[0]
    parts = _parts(description, [calibrated.part])
    answers = scores_of(members, "uncalibrated", parts, np.zeros(outputs), own_scales=True)
    found = curves_of(members.graph, "calibrated", answers, calibrated.curves)
    graph = members.graph
    shares = graph.node("shares", Shares(), [found], dtype=DType.INT16, scale=2**-15)
    return as_int32(members, "probabilities", shares)


def _add_classes(members: Members, probabilities: Tensor) -> None:
    classes = members.graph.node("classes", ArgMax(), [probabilities])
    members.graph.method("predict", classes)
    members.graph.method("predict_proba", probabilities)


def _several(members: Members, description: Description) -> Tensor:
    """The classes that the members choose, side by side."""
    found = [
        members.methods(in_front(description, member))["predict"]
        for member in description.scorer.members
    ]
    op = JoinedRows(pieces=(Piece(),) * len(found))
    return members.graph.node("classes of all", op, found)


def _add_last(members: Members, description: Description) -> None:
    """The methods of the last model, on what the others answer."""
    stacked: Stacked = description.scorer
    parts = _parts(description, stacked.parts)
    stage = _stage(members, description, parts)
    last = stacked.last
    if not _is_of_trees(last):
        stage = narrowed(members, stage)
    units = scaled_columns(stage.factors, stage.offsets)
    transforms = (units, *_before_last(description), *last.transforms)
    last = replace(last, features=len(stage.factors), transforms=transforms)
    behind = members.behind(stage.tensor, "last")
    for name, tensor in behind.methods(last).items():
        members.graph.method(name, tensor)


def _is_of_trees(model: Description) -> bool:
    """True if it only compares columns, which may be int32 for that."""
    inner = members_of(model.scorer)
    return isinstance(model.scorer, Trees) or (bool(inner) and all(map(_is_of_trees, inner)))


def _stage(members: Members, description: Description, parts: Sequence[Part]) -> Stage:
    """All columns that the last model reads, as int32."""
    stacked: Stacked = description.scorer
    outputs = len(parts[0].weights) if parts else 0
    pieces = []
    if parts:
        found = scores_of(members, "stacked", parts, np.zeros(outputs), own_scales=True)
        pieces.append(Stage(tensor=found.tensor, factors=found.scales, offsets=np.zeros(outputs)))
    if stacked.features_first:
        pieces.insert(0, features_of(members))
    if stacked.features_last:
        pieces.append(features_of(members))
    return joined(members, pieces)


def _before_last(description: Description) -> tuple[Transform, ...]:
    """The transformers of the whole, for the features among the columns of the last model."""
    stacked: Stacked = description.scorer
    answers = len(stacked.parts[0].weights) if stacked.parts else 0
    if stacked.features_first:
        return beside(description.transforms, description.features, behind=answers)
    if stacked.features_last:
        return beside(description.transforms, description.features, before=answers)
    return ()
