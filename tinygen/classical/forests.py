"""Integer forests: comparisons on raw features, leaves as integers, no comparison that decides nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegerForest:
    """The constants of a TreeSums node; see there."""

    features: Array
    thresholds: Array
    children: Array
    roots: Array
    leaves: Array
    bias: Array


def pruned(forest: IntegerForest, limits: tuple[int, int]) -> IntegerForest:
    """The same sums without comparisons that always go one way, or whose ways end in equal leaves.

    Equal leaves become one; nodes stand in the order of a walk that goes left first. `limits` are those of the
    features.
    """
    unique, names = np.unique(forest.leaves, axis=0, return_inverse=True)
    builder = _Builder(forest, names.ravel(), limits)
    roots = [builder.copy(int(root)) for root in forest.roots]
    used = sorted({~r for r in (*roots, *np.ravel(builder.children)) if r < 0})
    place = {leaf: i for i, leaf in enumerate(used)}

    def renamed(reference: int) -> int:
        return reference if reference >= 0 else ~place[~reference]

    empty = not builder.features  # constants have one element at least
    return IntegerForest(
        features=np.array(builder.features or [0]),
        thresholds=np.array(builder.thresholds or [0]),
        children=np.array(
            [[~0, ~0]] if empty else [[renamed(r) for r in c] for c in builder.children]
        ),
        roots=np.array([renamed(r) for r in roots]),
        leaves=unique[used],
        bias=forest.bias,
    )


class _Builder:
    """Copies trees node by node."""

    def __init__(self, forest: IntegerForest, names: Array, limits: tuple[int, int]) -> None:
        self.forest, self.names, self.limits = forest, names, limits
        self.features: list[int] = []
        self.thresholds: list[int] = []
        self.children: list[list[int]] = []

    def copy(self, root: int) -> int:
        """The reference of the copy of a node or leaf. With a stack of its own: trees may be deep."""
        simple = self._simplified(root)
        return self._place(root, simple)

    def _simplified(self, root: int) -> dict[int, int]:
        """What stands for every node below: itself, or what it always leads to."""
        order, pending = [], [root]
        while pending:
            node = pending.pop()
            if node >= 0:
                order.append(node)
                pending.extend(int(c) for c in self.forest.children[node])
        stands: dict[int, int] = {}
        for node in reversed(order):
            left, right = (self._standing(int(c), stands) for c in self.forest.children[node])
            threshold = self.forest.thresholds[node]
            if threshold >= self.limits[1] or left == right:
                stands[node] = left
            elif threshold < self.limits[0]:
                stands[node] = right
            else:
                stands[node] = node
        return stands

    def _standing(self, reference: int, stands: dict[int, int]) -> int:
        return stands[reference] if reference >= 0 else ~int(self.names[~reference])

    def _place(self, root: int, stands: dict[int, int]) -> int:
        start = self._standing(root, stands)
        holder = [[start]]
        pending = [(holder[0], 0)]
        while pending:
            slot, index = pending.pop()
            node = slot[index]
            if node < 0:
                continue
            slot[index] = len(self.features)
            self.features.append(int(self.forest.features[node]))
            self.thresholds.append(int(self.forest.thresholds[node]))
            below = [self._standing(int(c), stands) for c in self.forest.children[node]]
            self.children.append(below)
            pending += [(below, 1), (below, 0)]
        return holder[0][0]
