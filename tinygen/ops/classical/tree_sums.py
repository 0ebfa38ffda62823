"""Sums of the leaves of decision trees. Rules T1 and T2 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import FEATURE_TYPES, ClassicalOperator, float_order


@dataclass(frozen=True, kw_only=True)
class TreeSums(ClassicalOperator):
    """y[c] = bias[c] + sum over trees of leaf[c], reached by the comparisons x[feature] <= threshold

    Inputs: x [1, F]; features [M], thresholds [M], children [M, 2] of the inner nodes of all trees; roots [T];
    leaves [L, C]; bias [C]; all but x constant and int32. A child or root r >= 0 is the inner node r, a negative one
    the leaf ~r. Children come behind their parents. The thresholds are numbers of the order of T1.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, FEATURE_TYPES, 7)
        expect_constants(self, inputs, 1)
        _check_forest(self, inputs)
        return ((1, inputs[5].shape[1]),)

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        if call.output.dtype is not DType.INT32:
            raise call.unsupported(f"sums of {call.output.dtype.value}", "int32")
        bounds = self.bounds(call)
        if bounds.low.min() < INT32_MIN or bounds.high.max() > INT32_MAX:
            raise call.unsupported("sums of leaves leave int32", "leaves of a coarser scale")

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        x, features, thresholds, children, roots, leaves, bias = inputs
        order, rows = float_order(x), np.arange(len(x))
        sums = np.broadcast_to(bias.astype(np.int64), (len(x), leaves.shape[1])).copy()
        for root in roots:
            node = np.full(len(x), root, np.int64)
            while (inner := node >= 0).any():
                at = node[inner]
                is_right = order[rows[inner], features[at]] > thresholds[at]
                node[inner] = children[at, is_right.astype(np.int64)]
            sums += leaves[~node]
        return sums.astype(np.int32)

    def bounds(self, call: Call) -> Range:
        """Safe bounds of every partial sum: the least and the largest leaf of every tree, and 0."""
        children, roots, leaves, bias = (t.data.astype(np.int64) for t in call.inputs[3:])
        low = high = bias
        for reached in leaves_of_trees(children, roots):
            low = low + np.minimum(leaves[reached].min(0), 0)
            high = high + np.maximum(leaves[reached].max(0), 0)
        return Range(low=np.asarray(low), high=np.asarray(high))

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        return (self.bounds(call),)


def leaves_of_trees(children: NDArray[np.int64], roots: NDArray[np.int64]) -> list[NDArray]:
    """The leaves of every tree, in no order."""
    found = []
    for root in roots:
        nodes, leaves = np.array([root]), []
        while nodes.size:
            leaves.append(~nodes[nodes < 0])
            nodes = children[nodes[nodes >= 0]].ravel()
        found.append(np.concatenate(leaves))
    return found


def _check_forest(op: TreeSums, inputs: Sequence[Tensor]) -> None:
    """Every reference leads somewhere, and forward, so that every walk ends."""
    x, features, thresholds, children, roots, leaves, bias = inputs
    count = features.size
    shapes = (thresholds.shape, children.shape, bias.shape)
    if shapes != ((count,), (count, 2), leaves.shape[1:]) or len(leaves.shape) != 2:
        raise unsupported(op, inputs, f"constants of shapes {shapes}", "[M], [M, 2] and [C]")
    if features.data.min() < 0 or features.data.max() >= x.channels:
        raise unsupported(op, inputs, "a comparison of no feature", f"features below {x.channels}")
    known = leaves.shape[0]
    parents = np.arange(count)[:, None]
    forward = (children.data < 0) | (children.data > parents)
    inside = (children.data < count) & (children.data >= -known)
    reachable = (roots.data < count) & (roots.data >= -known)
    if not (forward & inside).all() or not reachable.all():
        raise unsupported(op, inputs, "a child that is no node", "children behind their parents")
