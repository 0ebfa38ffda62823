"""Trees to TreeSums nodes: exact comparisons, integer leaves."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Link, Task, Trees
from tinygen.classical.forests import IntegerForest, pruned
from tinygen.classical.probabilities import add_probabilities
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.chosen import Chosen
from tinygen.ops.classical.imputed import Imputed
from tinygen.ops.classical.tree_sums import TreeSums

INT16_MAX = 32767

LEAST_STEPS = 2000
"""Of the leaves of every output of a regressor, from the least to the largest."""


ALWAYS_FIRST = Trees(
    features=np.zeros(0, np.int64),
    thresholds=np.zeros(0),
    children=np.zeros((0, 2), np.int64),
    roots=np.array([~0]),
    leaves=np.zeros((1, 1)),
    bias=np.zeros(1),
)
"""A tree without comparisons, which chooses the only class."""


def build(graph: GraphBuilder, description: Description) -> None:
    """Add the methods of a model of trees."""
    if not algebra.works_by_columns(description.transforms):
        raise UnsupportedError(
            what="a transformer in front of the trees mixes features",
            next_step="supported before trees: transformers that work column by column",
        )
    _Trees(graph, description).add_methods()


class _Trees:
    """The nodes of one description; comparisons are folded once for all methods."""

    def __init__(self, graph: GraphBuilder, description: Description) -> None:
        self.graph, self.description = graph, description
        self.trees: Trees = description.scorer
        *folded, missing = algebra.ordered_trees(
            self.trees, description.transforms, description.features, graph.input.dtype
        )
        self.features, self.folded = graph.input, tuple(folded)
        if missing is not None and graph.has_nan and graph.input.dtype is DType.FLOAT32:
            self.features, features = _without_nan(graph, folded[0], missing)
            self.folded = (features, *folded[1:])

    def add_methods(self) -> None:
        task, link = self.description.task, self.description.link
        trees = self.trees
        if task is Task.REGRESS:
            self.graph.method("predict", self.values("values", trees.leaves, trees.bias))
            return
        self.graph.method("predict", self.classes())
        if self.description.has_decision:
            scores = self.values("scores", trees.leaves, trees.bias)
            self.graph.method("decision", scores)
            add_probabilities(self.graph, scores, link, self.description.link_factor)
        elif link is Link.SOFTMAX:
            scores = self.values("log probabilities", trees.leaves, trees.bias)
            add_probabilities(self.graph, scores, link)
        if link is Link.IDENTITY:
            probabilities = self.shares("probabilities", trees.leaves, trees.bias)
            self.graph.method("predict_proba", probabilities)

    def classes(self) -> Tensor:
        """The index of the predicted class."""
        trees = self.trees
        leaves, bias = trees.leaves, trees.bias
        if len(trees.roots) == 1:
            chosen = winners(leaves + bias)[:, None]
            return self.sums("classes", chosen, np.zeros(1, np.int64), 1.0)
        if leaves.shape[1] == 2:  # the second class wins where this is above 0
            leaves, bias = leaves[:, 1:] - leaves[:, :1], bias[1:] - bias[:1]
        if leaves.shape[1] > 1 and not np.ptp(bias) and leaves.min() >= 0:
            scores = self.shares("scores", leaves, np.zeros_like(bias))
        else:
            scores = self.values("scores", leaves, bias)
        return self.graph.node("classes", ArgMax(), [scores])

    def shares(self, name: str, leaves: NDArray, bias: NDArray) -> Tensor:
        """Sums of leaves that are 0 or more: as many bits as 16-bit entries leave for them (tg_tree_sums.h)."""
        bits = max(15 - max(leaves.shape[1] - 1, 0).bit_length(), 7)
        bits = 15 if self.graph.precision.is_wide else bits
        largest = max(float(leaves.max()), 1e-300)
        return self._scaled(name, leaves, bias, largest / (2**bits - 1))

    def values(self, name: str, leaves: NDArray, bias: NDArray) -> Tensor:
        """Sums of leaves as int16; those of every tree are measured from their middle, which goes into the bias.

        Values of several outputs have one scale: where that is too coarse for one of them, leaves have up to 32 bits.
        """
        leaves, bias = self._centered(leaves, bias)
        largest = max(float(np.abs(leaves).max()), 1e-300)
        scale = largest / INT16_MAX
        if self.description.task is Task.REGRESS:
            spreads = np.ptp(leaves, axis=0)
            least = float(spreads[spreads > 0].min(initial=np.inf))
            finest = largest * len(self.trees.roots) / 2**29
            scale = max(min(scale, least / LEAST_STEPS), finest)
        return self._scaled(name, leaves, bias, scale)

    def _centered(self, leaves: NDArray, bias: NDArray) -> tuple[NDArray, NDArray]:
        is_dense = bool(np.count_nonzero(leaves, axis=1).max() > 1)
        if leaves.shape[1] > 1 and not (is_dense and self.description.task is Task.REGRESS):
            return leaves, bias  # a tree may add nothing to some outputs: that must stay nothing
        middle = (leaves.max(axis=0) + leaves.min(axis=0)) / 2
        return leaves - middle, bias + middle * len(self.trees.roots)

    def _scaled(self, name: str, leaves: NDArray, bias: NDArray, scale: float) -> Tensor:
        scale = float(np.float32(max(scale, 1e-30)))
        whole, start = np.rint(leaves / scale), np.rint(bias / scale)
        reach = len(self.trees.roots) * np.abs(whole).max() + np.abs(start).max()
        if reach >= 2**31:  # a bias far from all leaves
            scale = float(np.float32(scale * 2.0 ** np.ceil(np.log2(reach / 2**30))))
            whole, start = np.rint(leaves / scale), np.rint(bias / scale)
        return self.sums(name, whole, start, scale)

    def sums(self, name: str, leaves: NDArray, bias: NDArray, scale: float) -> Tensor:
        features, thresholds, children = self.folded
        forest = IntegerForest(
            features=features,
            thresholds=thresholds,
            children=children,
            roots=self.trees.roots,
            leaves=leaves.astype(np.int64),
            bias=bias.astype(np.int64),
        )
        forest = pruned(forest, self.graph.input.dtype.limits)
        forest = replace(forest, leaves=forest.leaves.reshape(-1, leaves.shape[1]))
        fields = ("features", "thresholds", "children", "roots", "leaves", "bias")
        constants = [self.graph.constant(f"{name}: {f}", getattr(forest, f)) for f in fields]
        return self.graph.node(name, TreeSums(), [self.features, *constants], scale=scale)


def _without_nan(
    graph: GraphBuilder, sources: NDArray[np.int64], missing_left: NDArray[np.bool_]
) -> tuple[Tensor, NDArray[np.int64]]:
    """Features with infinities in place of NaN, and which of them each comparison reads.

    A feature whose NaN goes left in some comparisons and right in others is there twice.
    """
    count = graph.input.channels
    to_left, to_right = (
        np.bincount(sources[m], minlength=count) > 0 for m in (missing_left, ~missing_left)
    )
    twice = np.flatnonzero(to_left & to_right)
    tensor, places = graph.input, np.arange(count)
    if len(twice):
        chosen = graph.constant(
            "features, some twice", np.concatenate([places, twice]), DType.INT16
        )
        tensor = graph.node("with copies", Chosen(), [tensor, chosen], dtype=DType.FLOAT32)
        places = np.where(to_left & to_right, count - 1 + np.cumsum(to_left & to_right), places)
    signs = np.concatenate([np.where(to_left & ~to_right, -1, 1), np.full(len(twice), -1)])
    infinities = (signs * np.inf).astype(np.float32).view(np.int32)
    constant = graph.constant("in place of NaN", infinities)
    tensor = graph.node(
        "without NaN", Imputed(missing=None), [tensor, constant], dtype=DType.FLOAT32
    )
    return tensor, np.where(missing_left, places[sources], sources)


def winners(scores: NDArray) -> NDArray[np.int64]:
    """The class of rows of scores: the first largest, or for a single score whether it is above 0."""
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.int64)
    return scores.argmax(axis=1)
