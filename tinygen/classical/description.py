"""What was fitted, in float64: transformers, a model, and how its scores become answers.

Importers fill these in and compute nothing. Arrays are float64 or int64; `features` are columns of the raw input.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.classical.combination import Combination
from tinygen.classical.features import Special

Rows = NDArray[np.float64]
"""[samples, columns]"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """A transformer that works column by column: output k is a function of input column `sources[k]`.

    `apply` is the transformer itself, on whole rows, with every rounding that it has. `signs[k]` is 1 where the
    function never falls, -1 where it never rises, and else 0. Where it is factors[k] * x + offsets[k], these are given.
    `edges[k]` are the numbers behind which it jumps, if it is constant between them, else None.
    """

    sources: NDArray[np.int64]
    signs: NDArray[np.int64]
    apply: Callable[[Rows], Rows]
    factors: NDArray[np.float64] | None = None
    offsets: NDArray[np.float64] | None = None
    edges: tuple[NDArray[np.float64] | None, ...] | None = None

    @property
    def outputs(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix:
    """y = weights x + bias; weights [outputs, inputs]."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    @property
    def outputs(self) -> int:
        return len(self.bias)


Transform = Columns | Matrix | Special


@dataclass(frozen=True, kw_only=True, eq=False)
class Trees:
    """scores = bias + sum over trees of a row of `leaves`; arrays as of the operator TreeSums, thresholds real.

    A comparison goes left where `number(x) <= threshold` (or `<`, if `is_strict`); `number` is the type to which the
    model rounds features before it compares. `missing_left` says which comparisons send NaN left; None: nobody has said
    what NaN means, and it counts as an infinity.
    """

    features: NDArray[np.int64]
    thresholds: NDArray[np.float64]
    children: NDArray[np.int64]
    roots: NDArray[np.int64]
    leaves: NDArray[np.float64]
    bias: NDArray[np.float64]
    number: type = np.float32
    is_strict: bool = False
    missing_left: NDArray[np.bool_] | None = None

    @property
    def outputs(self) -> int:
        return self.leaves.shape[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear:
    """scores = weights x + bias; weights [outputs, columns]."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    @property
    def outputs(self) -> int:
        return self.weights.shape[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaussian:
    """scores[c] = constants[c] - sum over k of (x[k] - means[c, k])^2 / (2 variances[c, k])"""

    means: NDArray[np.float64]
    variances: NDArray[np.float64]
    constants: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Quadratic:
    """scores[c] = constants[c] - |weights[c] x + bias[c]|^2 / 2; weights [C, R, columns], bias [C, R]

    `floor` is what was added to variances: a direction that has no other one was met in no training row.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    constants: NDArray[np.float64]
    floor: float = 0.0


class Activation(enum.Enum):
    """A function between the layers of a network."""

    IDENTITY = "identity"
    RELU = "relu"
    TANH = "tanh"
    LOGISTIC = "logistic"


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Linear layers with a function between them, none behind the last."""

    layers: tuple[Linear, ...]
    activation: Activation


class Metric(enum.Enum):
    """How far two rows are from each other."""

    EUCLIDEAN = "euclidean"
    MANHATTAN = "manhattan"
    CHEBYSHEV = "chebyshev"
    HAMMING = "hamming"
    COSINE = "cosine"
    MINKOWSKI = "minkowski"
    CANBERRA = "canberra"
    BRAYCURTIS = "braycurtis"

    @property
    def is_wide(self) -> bool:
        """True for those that are computed with 64 bits only."""
        return self in (Metric.MINKOWSKI, Metric.CANBERRA, Metric.BRAYCURTIS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Neighbors:
    """The `count` nearest of stored rows [N, columns] answer: the class that most have, or the mean of their numbers.

    `targets` are class indices [N] or numbers [N, outputs]; numbers of a classifier are shares of the classes. If
    `is_weighted`, a neighbour counts 1 / distance. `exponent` is that of the Minkowski distance.
    """

    rows: NDArray[np.float64]
    targets: NDArray
    count: int
    metric: Metric = Metric.EUCLIDEAN
    is_weighted: bool = False
    exponent: float = 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class WithinRadius:
    """Stored rows [N, columns] at most `radius` away answer: the class that most have, or the mean of their numbers.

    `targets` and `is_weighted` as those of Neighbors. Where there are none, class `outlier` answers; of numbers, the
    mean of all targets.
    """

    rows: NDArray[np.float64]
    targets: NDArray
    radius: float
    outlier: int = 0
    metric: Metric = Metric.EUCLIDEAN
    is_weighted: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalOutliers:
    """score = -(mean of densities) * (mean of max(distance, reaches)) over the `count` nearest rows, less `offset`."""

    rows: NDArray[np.float64]
    count: int
    reaches: NDArray[np.float64]
    densities: NDArray[np.float64]
    offset: float
    metric: Metric = Metric.EUCLIDEAN


class Kernel(enum.Enum):
    """A function of two rows: of their product p, or of their distance d."""

    LINEAR = "linear"
    """p"""

    RBF = "rbf"
    """exp(-gamma * d^2)"""

    MATERN_1 = "exp(-d)"
    """exp(-z), z = sqrt(gamma) * d"""

    MATERN_3 = "(1 + d) exp(-d)"
    """(1 + z) * exp(-z)"""

    MATERN_5 = "(1 + d + d^2 / 3) exp(-d)"
    """(1 + z + z^2 / 3) * exp(-z)"""

    RATIONAL = "rational"
    """(1 + gamma * d^2)^-power"""

    SIGMOID = "sigmoid"
    """tanh(gamma * p + offset)"""

    POLY = "poly"
    """(gamma * p + offset)^degree"""

    @property
    def is_of_distance(self) -> bool:
        return self not in (Kernel.LINEAR, Kernel.SIGMOID, Kernel.POLY)

    @property
    def is_wide(self) -> bool:
        """True for those that have sums of 64 bits only."""
        return self.is_of_distance and self is not Kernel.RBF


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelMachine:
    """scores[g, m] = sum over the stored rows of group g of coefficients[row, m] * kernel(x, row)

    Group g is the rows from groups[g] to groups[g + 1]. With one group the scores are these, plus bias. With a group
    for each class they are decisions between two classes each, scores[i, j - 1] + scores[j, i] + bias[pair], which
    vote for i where they are above 0. `platt` (a, b): log-odds of the second class are a * score + b;
    `pair_platt` [pairs, 2], log-odds of the second class of each pair are a * score + b.
    If `is_by_class`, the decision function is one for each class, of its votes and of what the decisions for it add to.
    `spread` is that of what the model was fitted to, where it is known: errors that are small beside it do not matter.
    """

    rows: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    groups: NDArray[np.int64]
    bias: NDArray[np.float64]
    kernel: Kernel
    gamma: float
    offset: float = 0.0
    degree: int = 1
    power: float = 1.0
    platt: tuple[float, float] | None = None
    pair_platt: NDArray[np.float64] | None = None
    spread: float = 0.0
    is_by_class: bool = False

    @property
    def is_pairwise(self) -> bool:
        return len(self.groups) > 2


@dataclass(frozen=True, kw_only=True, eq=False)
class LatentProcess:
    """A latent mean, of the variance `variance` - |whitening k|^2, k = constant + factor * kernels of all stored rows

    `machine` gives the mean, behind `transforms`.
    """

    machine: KernelMachine
    transforms: tuple[Transform, ...]
    constant: float
    factor: float
    whitening: NDArray[np.float64]
    variance: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Processes:
    """The class whose process says the largest probability."""

    processes: tuple[LatentProcess, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Isolation:
    """decision = -2^-(sum of leaves) - offset: how soon trees isolate a row; negative for an anomaly."""

    trees: Trees
    offset: float


Scorer = (
    Trees
    | Linear
    | Neighbors
    | KernelMachine
    | Network
    | Gaussian
    | Quadratic
    | WithinRadius
    | LocalOutliers
    | Isolation
    | Processes
    | Combination
)


class Task(enum.Enum):
    """What the scores are for."""

    CLASSIFY = "classify"
    """The class with the largest score; of two classes with one score the second where it is above 0."""

    CLASSIFY_EACH = "classify each"
    """The classes of several classifiers; `classes` are then a tuple for each of them."""

    REGRESS = "regress"
    """The scores are the answer."""

    TRANSFORM = "transform"
    """The scores are new features."""


class Link(enum.Enum):
    """How scores become probabilities."""

    NONE = "none"
    """They do not."""

    IDENTITY = "identity"
    """They are probabilities."""

    SIGMOID = "sigmoid"
    """1 / (1 + exp(-score)) for the second of two classes."""

    SOFTMAX = "softmax"
    """exp(score) over the sum of all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Description:
    """A fitted pipeline. `answer` is the estimator's own `predict` (or `transform`), with which the result is compared.

    `probabilities` is its `predict_proba`, where it has one. `has_decision` says that it has a decision function, which
    is the scores. An anomaly model's `score_samples` is its decision plus `score_offset`; that of a mixture the
    logarithm of the sum of exp(score). `transform` gives the distances to `centers`. Probabilities are those of
    `link_factor` times the scores. `names` are those of the features, where they have some.
    """

    features: int
    transforms: tuple[Transform, ...]
    scorer: Scorer
    task: Task
    answer: Callable[[Rows], NDArray]
    classes: tuple[object, ...] = ()
    link: Link = Link.NONE
    link_factor: float = 1.0
    has_decision: bool = False
    probabilities: Callable[[Rows], NDArray] | None = None
    score_offset: float | None = None
    is_mixture: bool = False
    centers: NDArray[np.float64] | None = None
    names: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes as texts, in their order; of several classifiers none."""
        if self.task is Task.CLASSIFY_EACH:
            return ()
        return tuple(str(c) for c in self.classes)
