"""Votes of the nearest rows. Rule R4 of ARITHMETIC.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, DType, Range, Tensor
from tinygen.ops.checks import expect_constants, unsupported
from tinygen.ops.classical.neighbor_weights import WEIGHT_BITS, Weights, neighbor_weights
from tinygen.ops.classical.operator import ClassicalOperator


@dataclass(frozen=True, kw_only=True)
class NeighborVotes(ClassicalOperator):
    """y[c] = sum of the weights of the neighbours of class c

    Inputs: neighbours [1, 2 * count] from NearestRows, int32; the class of every stored row [N], int16.
    """

    classes: int
    weights: Weights = Weights.UNIFORM

    def infer_shapes(self, inputs: Sequence[Tensor]) -> tuple[tuple[int, ...], ...]:
        self.expect_row(inputs, (DType.INT32,), 2)
        expect_constants(self, inputs, 1)
        labels = inputs[1]
        known = len(labels.shape) == 1 and labels.data.min() >= 0
        if not known or labels.data.max() >= self.classes or not 1 <= self.classes <= 256:
            raise unsupported(self, inputs, "labels of other classes", "labels below `classes`")
        return ((1, self.classes),)

    def evaluate_integer(self, call: Call, inputs: Sequence[NDArray]) -> NDArray[np.int32]:
        neighbors, labels = inputs
        distances, rows = np.split(neighbors, 2, axis=1)
        weights = neighbor_weights(self.weights, distances)
        is_class = labels[rows][:, :, None] == np.arange(self.classes)
        return (weights[:, :, None] * is_class).sum(axis=1).astype(np.int32)

    def output_ranges(self, call: Call, inputs: Sequence[Range | None]) -> tuple[Range, ...]:
        count = call.inputs[0].channels // 2
        most = 1 if self.weights is Weights.UNIFORM else 1 << WEIGHT_BITS
        return (Range.full(self.classes, 0, count * most),)
