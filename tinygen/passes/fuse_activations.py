"""A ReLU behind an operator that can clamp becomes part of it."""

import dataclasses

import numpy as np

from tinygen.ir import Call, Graph
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.pool import PoolOperator
from tinygen.ops.relu import Relu
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.unary import ALL_INT8
from tinygen.passes.rewrite import Pass, bypass, only_consumer, until_stable

CLAMPING = (WeightedOperator, Add, PoolOperator)
"""Operators that have an `activation`."""


def fuse_activations(graph: Graph) -> Graph:
    return until_stable(_fuse_one, graph)


def _fuse_one(graph: Graph) -> Graph | None:
    for call in graph.calls():
        producer = graph.producer(call.node.inputs[0])
        if not isinstance(call.op, Relu) or producer is None:
            continue
        if not isinstance(producer.op, CLAMPING) or not _is_pure_clamp(call, call.op):
            continue
        both = intersection(producer.op.activation, call.op.bounds)
        if both is None or only_consumer(graph, call.node.inputs[0]) is not call.node:
            continue
        changed = bypass(graph, call.node)
        if changed is not None:
            return _with_activation(changed, producer.name, both)
    return None


def _with_activation(graph: Graph, name: str, activation: Activation) -> Graph:
    return graph.replace(
        nodes=tuple(
            dataclasses.replace(node, op=dataclasses.replace(node.op, activation=activation))
            if node.name == name
            else node
            for node in graph.nodes
        )
    )


def _is_pure_clamp(call: Call, op: Relu) -> bool:
    """True where the ReLU does nothing but clamp: in int8 it may also change the scale."""
    x, y = call.inputs[0], call.output
    if x.dtype is not y.dtype or x.quantization != y.quantization:
        return False
    if not y.dtype.is_integer:
        return True
    low, high = op.bounds.integer_bounds(y.quantization)
    return bool(np.array_equal(op.table(call), np.clip(ALL_INT8, low, high)))


def intersection(first: Activation, second: Activation) -> Activation | None:
    """The activation that clamps like the first and then the second; None where there is no such one."""
    low = min(max(first.value[0], second.value[0]), second.value[1])
    high = max(min(first.value[1], second.value[1]), second.value[0])
    return next((a for a in Activation if a.value == (low, high)), None)


PASS = Pass(name="fuse activations", run=fuse_activations, exact=True)
