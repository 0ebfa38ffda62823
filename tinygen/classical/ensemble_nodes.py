"""Models made of models, in one graph: what members answer is joined by integer operators."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra, merging
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import (
    Answer,
    Calibrated,
    Curved,
    Median,
    Pairs,
    Part,
    Several,
    Stacked,
    Sum,
    members_of,
)
from tinygen.classical.curve_nodes import curves_of
from tinygen.classical.curved_nodes import curved, votes_with_confidences
from tinygen.classical.description import Description, Linear, Link, Rows, Task, Trees
from tinygen.classical.members import METHODS, Build, Members, in_front, scaled_columns
from tinygen.classical.probabilities import add_probabilities, shares_of
from tinygen.classical.stages import Stage, joined, narrowed
from tinygen.classical.staging import columns_behind
from tinygen.classical.weighted import Term, as_int32, combined, scores_of
from tinygen.classical.wide_nodes import narrow_is_coarse
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
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
    if isinstance(description.scorer, Sum) and (
        description.scorer.shares or description.scorer.decisions
    ):
        _with_more(members, description)
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
            _add_pairs(members, description)
        case Calibrated():
            _add_classes(members, _calibrated(members, description))
        case Curved(part=part):
            whole = replace(description.scorer, part=_parts(description, [part])[0])
            graph.method("predict", curved(members, "curved", whole))
        case Stacked():
            _add_last(members, description)
        case Several():
            _add_several(members, description)


def _parts(description: Description, parts: Sequence[Part]) -> list[Part]:
    """The parts with members behind the transformers of the whole."""
    return [replace(p, member=in_front(description, p.member)) for p in parts]


def _with_more(members: Members, description: Description) -> None:
    """A sum whose probabilities, or decisions, are made of other parts than its scores."""
    graph, scorer = members.graph, description.scorer
    inner = replace(description, scorer=replace(scorer, shares=(), decisions=()))
    build(graph, inner, members.samples, members.bits, members.build)
    if scorer.shares:
        graph.method("predict_proba", _shares(members, description))
    if scorer.decisions and _all_have(members, _parts(description, scorer.decisions)):
        sums = Sum(parts=scorer.decisions, bias=np.zeros(len(scorer.decisions[0].weights)))
        inner = _plain(replace(description, scorer=sums, task=Task.REGRESS))
        graph.method("decision", members.methods(inner)["predict"])


def _all_have(members: Members, parts: Sequence[Part]) -> bool:
    """True if every member has the answer that is taken of it."""
    return all(METHODS[part.answer] in members.methods(part.member) for part in parts)


def _add_sum(members: Members, description: Description) -> None:
    graph, scorer, task = members.graph, description.scorer, description.task
    if any(part.breaks_ties for part in scorer.parts):
        _add_votes(members, *_votes_and_ties(members, description), description)
        return
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
    return shares_of(members.graph, sums, int(bounds.high.max()))


def _votes_and_ties(members: Members, description: Description) -> tuple[Term, Term]:
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
    return terms[0], terms[1]


def _add_votes(members: Members, votes: Term, ties: Term, description: Description) -> None:
    """The class with most votes; of several the one that breaks the tie."""
    graph, nothing = members.graph, np.zeros(len(votes.weights))
    both = combined(members, "votes and ties", [votes, ties], nothing).tensor
    graph.method("predict", graph.node("classes", ArgMax(), [both]))
    if description.has_decision:
        graph.method("decision", votes_with_confidences(members, votes, ties))


def _plain(inner: Description) -> Description:
    """A sum as a regressor: without what only classifiers have."""
    return replace(inner, classes=(), link=Link.NONE, has_decision=False)


def _add_pairs(members: Members, description: Description) -> None:
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
    ties = Term(tensor=found, weights=(each[first] - each[second]).T / factors, breaks_ties=True)
    _add_votes(members, Term(tensor=votes, weights=each), ties, description)


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


def _add_several(members: Members, description: Description) -> None:
    """The classes that the members choose, side by side; and the probabilities of all classes."""
    several: Several = description.scorer
    inner = [in_front(description, member) for member in several.members]
    found = [members.methods(member)["predict"] for member in inner]
    op = JoinedRows(pieces=(Piece(),) * len(found))
    members.graph.method("predict", members.graph.node("classes of all", op, found))
    counts = [len(member.classes) for member in inner]
    each, ends = np.eye(sum(counts)), np.cumsum(counts)
    parts = [
        Part(member=member, answer=Answer.PROBABILITIES, weights=each[:, end - count : end])
        for member, count, end in zip(inner, counts, ends, strict=True)
    ]
    if several.has_probabilities and _all_have(members, parts):
        sums = scores_of(members, "probabilities of all", parts, np.zeros(len(each)))
        members.graph.method("predict_proba", sums.tensor)


def _add_last(members: Members, description: Description) -> None:
    """The methods of the last model, on what the others answer."""
    stacked: Stacked = description.scorer
    last, is_compared = stacked.last, _is_of_trees(stacked.last)
    stage = _stage(members, description, is_compared)
    if not is_compared and not _needs_all_bits(members, stage, last):
        stage = narrowed(members, stage)
    units = scaled_columns(stage.factors, stage.offsets)
    last = replace(last, features=len(stage.factors), transforms=(units, *last.transforms))
    behind = members.behind(stage.tensor, "last")
    for name, tensor in behind.methods(last).items():
        members.graph.method(name, tensor)


def _needs_all_bits(members: Members, stage: Stage, last: Description) -> bool:
    """True if a linear model's weights of columns cancel, so that what 16 bits round would be seen."""
    before = algebra.as_matrix(last.transforms, len(stage.factors))
    if not isinstance(last.scorer, Linear) or before is None:
        return False
    (values,) = members.values([stage.tensor])
    real = values * stage.factors + stage.offsets
    return narrow_is_coarse(algebra.collapse(last.scorer, before), real)


def _is_of_trees(model: Description) -> bool:
    """True if it only compares columns, which may be int32 for that."""
    inner = members_of(model.scorer)
    return isinstance(model.scorer, Trees) or (bool(inner) and all(map(_is_of_trees, inner)))


def _stage(members: Members, description: Description, is_compared: bool) -> Stage:
    """All columns that the last model reads, as int32; `is_compared`: by trees only."""
    stacked: Stacked = description.scorer
    parts = _parts(description, stacked.parts)
    pieces = []
    if parts:
        outputs = len(parts[0].weights)
        is_wide = is_compared and members.graph.precision.has_wide_columns
        answering = replace(members, is_wide=is_wide)
        found = scores_of(answering, "stacked", parts, np.zeros(outputs), own_scales=True)
        pieces.append(Stage(tensor=found.tensor, factors=found.scales, offsets=np.zeros(outputs)))
    if stacked.features_first or stacked.features_last:
        features = columns_behind(members, description.transforms, is_compared=is_compared)
        pieces.insert(0 if stacked.features_first else len(pieces), features)
    return joined(members, pieces)
