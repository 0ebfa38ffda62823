"""Trees of all libraries in one form, and many of them as one `Trees`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinygen.classical import Trees


@dataclass(frozen=True, kw_only=True, eq=False)
class OneTree:
    """Inner nodes and leaves of a tree, counted apart: children and root are inner nodes i, or ~i for the leaf i."""

    features: NDArray[np.int64]
    thresholds: NDArray[np.float64]
    children: NDArray[np.int64]
    leaves: NDArray[np.float64]
    root: int
    missing_left: NDArray[np.bool_] | None = None


def one_tree(
    *,
    left: ArrayLike,
    right: ArrayLike,
    features: ArrayLike,
    thresholds: ArrayLike,
    values: NDArray,
    missing_left: ArrayLike | None = None,
) -> OneTree:
    """A tree whose nodes stand in one list, parents before children; those with `left` < 0 are leaves.

    values: rows [nodes, outputs], of which those of leaves are used. `missing_left` [nodes]: where NaN goes left.
    """
    left, right = np.asarray(left, np.int64), np.asarray(right, np.int64)
    is_leaf = left < 0
    place = np.where(is_leaf, -np.cumsum(is_leaf), np.cumsum(~is_leaf) - 1)
    inner = np.flatnonzero(~is_leaf)
    children = np.stack([left[inner], right[inner]], axis=1)
    return OneTree(
        features=np.asarray(features, np.int64)[inner],
        thresholds=np.asarray(thresholds, np.float64)[inner],
        children=place[children].reshape(-1, 2),
        leaves=np.asarray(values, np.float64)[is_leaf],
        root=int(place[0]),
        missing_left=None if missing_left is None else np.asarray(missing_left, bool)[inner],
    )


def in_column(values: ArrayLike, column: int, columns: int) -> NDArray[np.float64]:
    """Rows that are 0 but in one column: what trees of a boosted classifier add."""
    rows = np.zeros((len(np.asarray(values)), columns))
    rows[:, column] = values
    return rows


def joined(
    trees: Sequence[OneTree],
    bias: NDArray[np.float64],
    *,
    number: type = np.float32,
    is_strict: bool = False,
) -> Trees:
    """All trees as one forest."""
    inner_before = np.cumsum([0, *(len(t.features) for t in trees)])
    leaves_before = np.cumsum([0, *(len(t.leaves) for t in trees)])
    children, roots = [], []
    for tree, inner, leaf in zip(trees, inner_before, leaves_before, strict=False):
        children.append(np.where(tree.children >= 0, tree.children + inner, tree.children - leaf))
        roots.append(tree.root + inner if tree.root >= 0 else tree.root - leaf)
    return Trees(
        features=np.concatenate([t.features for t in trees]),
        thresholds=np.concatenate([t.thresholds for t in trees]),
        children=np.concatenate(children),
        roots=np.array(roots),
        leaves=np.concatenate([t.leaves for t in trees]),
        bias=np.asarray(bias, np.float64),
        number=number,
        is_strict=is_strict,
        missing_left=_missing(trees),
    )


def _missing(trees: Sequence[OneTree]) -> NDArray[np.bool_] | None:
    found = [t.missing_left for t in trees]
    return None if any(f is None for f in found) else np.concatenate(found)


def leaf(scores: ArrayLike) -> Trees:
    """A tree without comparisons."""
    row = np.asarray(scores, np.float64)[None]
    tree = one_tree(left=[-1], right=[-1], features=[0], thresholds=[0.0], values=row)
    return joined([tree], np.zeros(row.shape[1]))
