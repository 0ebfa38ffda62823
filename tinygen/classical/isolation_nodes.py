"""Isolation forests: a sum of leaves decides; how isolated a row is comes from a table of powers of 2."""

import math
from dataclasses import replace

import numpy as np

from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Description, Isolation, Task
from tinygen.classical.tree_nodes import build as build_trees
from tinygen.ir import DType, Tensor
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.interpolate import MOST_BITS, SEGMENTS, Interpolate

DEEPEST = 4.0
"""Sums of leaves beyond it count as this: leaves are about 1 together, and no score is nearer to 0 than 2^-4."""

SCORE_BITS = 14


class _Sums(GraphBuilder):
    """Passes nodes on, and keeps the method predict of trees that regress."""

    def __init__(self, graph: GraphBuilder) -> None:
        self.graph, self.input, self.precision = graph, graph.input, graph.precision
        self.constant, self.node = graph.constant, graph.node
        self.sums: Tensor | None = None

    def method(self, name: str, output: Tensor) -> None:
        self.sums = output


def build(graph: GraphBuilder, description: Description) -> None:
    """Add the methods predict, decision and score."""
    model: Isolation = description.scorer
    inner = _Sums(graph)
    build_trees(inner, replace(description, scorer=model.trees, task=Task.REGRESS))
    depth = inner.sums
    scale = depth.quantization.scale
    # a row is normal where 2^-depth <= -offset
    least = math.ceil(-math.log2(max(-model.offset, 1e-30)) / scale)
    threshold = int(np.clip(least - 1, -(2**31), 2**31 - 1))
    graph.method("predict", graph.node("classes", ArgMax(threshold=threshold), [depth]))
    graph.method("decision", _scores(graph, "decision", depth, model.offset))
    graph.method("score", _scores(graph, "score", depth, 0.0))


def _scores(graph: GraphBuilder, name: str, depth: Tensor, offset: float) -> Tensor:
    """-2^-depth - offset, from a table of which the middle is depth 0: depths are not negative."""
    scale = depth.quantization.scale
    segment = math.ceil(math.log2(2 * DEEPEST / SEGMENTS / scale))
    bits = int(np.clip(segment, 0, MOST_BITS))
    shift = int(np.clip(segment - bits, 0, 31))
    ends = (np.arange(SEGMENTS + 1) - SEGMENTS // 2) * 2.0 ** (bits + shift) * scale
    values = -(2.0 ** -np.maximum(ends, 0.0)) - offset
    table = graph.constant(f"{name}: table", np.rint(values * 2**SCORE_BITS), DType.INT16)
    op = Interpolate(shift=shift, bits=bits)
    inputs, scale = [depth, table], 2.0**-SCORE_BITS
    return graph.node(f"{name} of depth", op, inputs, dtype=DType.INT16, scale=scale)
