"""A ReLU behind an operator that can clamp becomes part of it."""

import dataclasses

import numpy as np

from tinygen.ir import Call, Graph
from tinygen.ops.activation import Activation
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.pool import PoolOperator
from tinygen.ops.relu import Relu
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.unary import ALL_INT8
from tinygen.passes.rewrite import Pass, bypass, node_called, only_consumer, substitute

CLAMPING = (WeightedOperator, BinaryOperator, PoolOperator)
"""Operators that have an `activation`."""


def fuse_activations(graph: Graph) -> Graph:
    for name in [node.name for node in graph.nodes if isinstance(node.op, Relu)]:
        graph = _fused(graph, graph.call(node_called(graph, name))) or graph
    return graph


def _fused(graph: Graph, call: Call) -> Graph | None:
    """The graph with one ReLU fused; None where it cannot be."""
    producer = graph.producer(call.node.inputs[0])
    if producer is None or not isinstance(producer.op, CLAMPING) or not _is_pure_clamp(call):
        return None
    both = intersection(producer.op.activation, call.op.bounds)
    if both is None or only_consumer(graph, call.node.inputs[0]) is not call.node:
        return None
    changed = bypass(graph, call.node)
    if changed is None:
        return None
    clamping = node_called(changed, producer.name)
    op = dataclasses.replace(clamping.op, activation=both)
    return substitute(changed, clamping, [dataclasses.replace(clamping, op=op)])


def _is_pure_clamp(call: Call) -> bool:
    """True where the ReLU does nothing but clamp: in int8 it may also change the scale."""
    x, y = call.inputs[0], call.output
    if x.dtype is not y.dtype or x.quantization != y.quantization:
        return False
    if not y.dtype.is_integer:
        return True
    low, high = call.op.bounds.integer_bounds(y.quantization)
    return bool(np.array_equal(call.op.table(call), np.clip(ALL_INT8, low, high)))


def intersection(first: Activation, second: Activation) -> Activation | None:
    """The activation that clamps like the first and then the second; None where there is none."""
    low = min(max(first.value[0], second.value[0]), second.value[1])
    high = max(min(first.value[1], second.value[1]), second.value[0])
    return next((a for a in Activation if a.value == (low, high)), None)


PASS = Pass(name="fuse activations", run=fuse_activations, exact=True)
