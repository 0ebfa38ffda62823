"""Functions of features that jump, and are constant between jumps. Rule U1 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.operator import FEATURE_TYPES, ClassicalOperator, float_order


@dataclass(frozen=True, kw_only=True)
class Steps(ClassicalOperator):
    """y[k] = values[k][the number of edges[k] below order(x[sources[k]])]

    Inputs: x [1, F], int8, int16, int32 or float32; sources and counts [K], int16; edges, int32: counts[k] of them for
    output k, one output after the other, rising; values, int16: counts[k] + 1 of them. order(x) is that of rule T1.
    """

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, FEATURE_TYPES, 5)
        expect_constants(self, inputs, 1)
        x, sources, counts, edges, values = inputs
        numbers = counts.data.astype(np.int64)
        if sources.shape != counts.shape or len(sources.shape) != 1 or numbers.min() < 0:
            raise unsupported(self, inputs, "constants of other lengths", "[K] each")
        # constants have one element at least: where nothing jumps, one edge is read by nobody
        if max(numbers.sum(), 1) != edges.size or numbers.sum() + len(numbers) != values.size:
            raise unsupported(self, inputs, "edges of other outputs", "one value more than edges")
        if sources.data.min() < 0 or sources.data.max() >= x.channels:
            raise unsupported(self, inputs, "no such feature", f"features below {x.channels}")
        split = np.split(edges.data.astype(np.int64)[: numbers.sum()], np.cumsum(numbers)[:-1])
        if any((np.diff(e) <= 0).any() for e in split):
            raise unsupported(self, inputs, "edges that do not rise", "rising edges")
        return ((1, sources.size),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int16]:
        x, sources, counts, edges, values = inputs
        order = float_order(x)
        found = np.empty((len(x), len(sources)), np.int16)
        first = 0
        for k, (source, count) in enumerate(zip(sources, counts.astype(int), strict=True)):
            cell = np.searchsorted(edges[first : first + count], order[:, source], side="left")
            found[:, k] = values[first + k + cell]
            first += count
        return found

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        counts, values = call.inputs[2].data.astype(np.int64), call.inputs[4].data.astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(counts + 1)[:-1]])
        return (
            Range(
                low=np.minimum.reduceat(values, starts), high=np.maximum.reduceat(values, starts)
            ),
        )
