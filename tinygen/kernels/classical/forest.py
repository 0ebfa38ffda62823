"""A forest as kernels see it: trees with leaves named by what they add."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """The constants of a TreeSums node. `roots` are those of trees with a comparison; `bias` holds the others."""

    type: DType
    features: NDArray[np.int64]
    thresholds: NDArray[np.int64]
    children: NDArray[np.int64]
    roots: tuple[int, ...]
    leaves: NDArray[np.int64]
    bias: NDArray[np.int64]

    @property
    def outputs(self) -> int:
        return self.leaves.shape[1]

    @property
    def targets(self) -> tuple[int, ...] | None:
        """The one output that each tree adds to; None where some tree adds to several."""
        found = []
        for root in self.roots:
            used = np.flatnonzero(self.leaves[self.leaves_below(root)].any(axis=0))
            if len(used) > 1:
                return None
            found.append(int(used[0]) if len(used) else 0)
        return tuple(found)

    @property
    def mean_levels(self) -> float:
        """Comparisons of one run, if every leaf of a tree is reached equally often."""
        total = 0.0
        for root in self.roots:
            nodes, depth, reached, levels = np.array([root]), 0, 0, 0
            while nodes.size:
                leaves = int((nodes < 0).sum())
                reached, levels = reached + leaves, levels + leaves * depth
                nodes, depth = self.children[nodes[nodes >= 0]].ravel(), depth + 1
            total += levels / reached
        return total

    def leaves_below(self, root: int) -> NDArray[np.int64]:
        """The leaves of a tree."""
        nodes, found = np.array([root]), []
        while nodes.size:
            found.append(~nodes[nodes < 0])
            nodes = self.children[nodes[nodes >= 0]].ravel()
        return np.concatenate(found)


def forest_of(call: Call) -> Forest:
    """The forest of a TreeSums node; trees of a single leaf go into the bias."""
    constants = [t.data.astype(np.int64) for t in call.inputs[1:]]
    features, thresholds, children, roots, leaves, bias = constants
    return Forest(
        type=call.inputs[0].dtype,
        features=features,
        thresholds=thresholds,
        children=children,
        roots=tuple(int(r) for r in roots if r >= 0),
        leaves=leaves,
        bias=bias + leaves[~roots[roots < 0]].sum(axis=0),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Leaves as 16-bit entries `value << (output_bits + 1) | output << 1 | last`, equal leaves once, short ones first.

    `start[leaf]` is where the entries of a leaf begin, `lengths[start]` how many they are. Where all leaves of one
    entry add the same `single` value (pure leaves of a classifier), entry c is that of output c; else `single` is 0.
    """

    entries: NDArray[np.int64]
    start: NDArray[np.int64]
    lengths: dict[int, int]
    output_bits: int
    single: int

    def entry(self, position: int) -> tuple[int, int]:
        """Output and value."""
        bits = int(self.entries[position])
        return (bits >> 1) & ((1 << self.output_bits) - 1), bits >> (self.output_bits + 1)


def rows_of(forest: Forest) -> Rows | None:
    """The leaves as entries; None where a value does not fit."""
    output_bits = max(forest.outputs - 1, 0).bit_length()
    value_bits = 15 - output_bits
    if forest.leaves.min() < 0 or value_bits < 1 or forest.leaves.max() >= 1 << value_bits:
        return None
    unique, inverse = np.unique(forest.leaves, axis=0, return_inverse=True)
    sizes = np.maximum((unique != 0).sum(axis=1), 1)
    values = set(unique[sizes == 1].max(axis=1).tolist())
    single = values.pop() if len(values) == 1 else 0
    entries = [
        single << (output_bits + 1) | c << 1 | 1 for c in range(forest.outputs if single else 0)
    ]
    starts, lengths = np.zeros(len(unique), np.int64), dict.fromkeys(range(len(entries)), 1)
    for row in np.argsort(sizes, kind="stable"):
        used = np.flatnonzero(unique[row]) if unique[row].any() else np.array([0])
        if single and len(used) == 1:
            starts[row] = used[0]
            continue
        starts[row] = len(entries)
        lengths[len(entries)] = len(used)
        entries += [int(unique[row, c]) << (output_bits + 1) | int(c) << 1 for c in used]
        entries[-1] |= 1
    return Rows(
        entries=np.array(entries),
        start=starts[inverse.ravel()],
        lengths=lengths,
        output_bits=output_bits,
        single=single,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Values:
    """Leaves as numbers, equal ones once: `index[leaf]` is where each stands."""

    values: NDArray[np.int64]
    index: NDArray[np.int64]


def values_of(forest: Forest) -> Values:
    """The one value of every leaf of a forest that has `targets`."""
    values, index = np.unique(forest.leaves.sum(axis=1), return_inverse=True)
    return Values(values=values, index=index.ravel())
