"""Models made of models: what is taken of every member, and what becomes of it.

A member is a description over the same features, with transformers of its own. Whatever can be one model (trees with
trees, linear functions with linear functions) becomes one (merging.py); the rest is computed side by side
(ensemble_nodes.py).
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Graph

if TYPE_CHECKING:
    from tinygen.classical.description import Description


class Answer(enum.Enum):
    """What is taken of a member."""

    CLASSES = "class"
    """A column for every class: 1 for the predicted one, else 0."""

    DECISION = "decision"
    """Its decision function: one column for two classes."""

    PROBABILITIES = "probabilities"
    """A column for every class."""

    VALUES = "values"
    """The values of a regressor, the columns of a transformer."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What a member adds to the outputs: weights [outputs, columns] times its answer.

    With `breaks_ties` all that such parts add together is made smaller than the least difference that others make.
    """

    member: "Description"
    answer: Answer
    weights: NDArray[np.float64]
    breaks_ties: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Sum:
    """scores = bias + what the parts add.

    `shares` are parts that add to what the probabilities are proportional to; `decisions` those that add to the
    decision, where that is not the scores.
    """

    parts: tuple[Part, ...]
    bias: NDArray[np.float64]
    shares: tuple[Part, ...] = ()
    decisions: tuple[Part, ...] = ()

    @property
    def outputs(self) -> int:
        return len(self.bias)


@dataclass(frozen=True, kw_only=True, eq=False)
class Median:
    """The least of the values up to which half of the weight lies: weights [outputs of `values`]."""

    values: Sum
    weights: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Votes for one of two classes each, in the order (0, 1), (0, 2), ..., (1, 2), ...: for the second where a decision
    is above 0. Of equal votes the sum of decisions for a class, less those against it, decides.
    """

    decisions: Sum
    classes: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Sigmoid:
    """x -> 1 / (1 + exp(slope * x + offset))"""

    slope: float
    offset: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """x -> straight lines between points; flat beyond the first and the last. x rises."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibrated:
    """Probabilities: curves of a member's answers, over their sum; of two classes one curve, for the second."""

    part: Part
    curves: tuple[Sigmoid | Lines, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Curved:
    """Functions of what a part answers: value k is column k of function(rows), which depends on column k of rows only.

    `knots[k]`, where they are known, are the numbers between which function k is a straight line, and flat beyond.
    """

    part: Part
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    knots: tuple[NDArray[np.float64], ...] | None = None

    @property
    def outputs(self) -> int:
        return len(self.part.weights)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stacked:
    """The answer of `last`, whose features are the outputs of `parts`.

    With `features_first` the features come before them, with `features_last` behind them.
    """

    parts: tuple[Part, ...]
    last: "Description"
    features_first: bool = False
    features_last: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Several:
    """Classifiers side by side, which give a class each; `has_probabilities`: and the probabilities of all classes."""

    members: tuple["Description", ...]
    has_probabilities: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class NeuralNet:
    """A float graph of one input and one output, and `run`: what it computes, [N, features] -> [N, outputs]."""

    graph: Graph
    run: Callable[[NDArray[np.float64]], NDArray[np.float64]]


Combination = Sum | Median | Pairs | Calibrated | Curved | Stacked | Several | NeuralNet


def members_of(scorer: object) -> "tuple[Description, ...]":
    """The members of a model made of models; none of any other."""
    match scorer:
        case Sum(parts=parts):
            return tuple(p.member for p in parts)
        case Median(values=values):
            return members_of(values)
        case Pairs(decisions=decisions):
            return members_of(decisions)
        case Calibrated(part=part) | Curved(part=part):
            return (part.member,)
        case Stacked(parts=parts, last=last):
            return (*(p.member for p in parts), last)
        case Several(members=members):
            return members
    return ()


def holds(model: "Description", kind: type) -> bool:
    """True if the model, or a member of it, is of this kind."""
    inner = members_of(model.scorer)
    return isinstance(model.scorer, kind) or any(holds(member, kind) for member in inner)
