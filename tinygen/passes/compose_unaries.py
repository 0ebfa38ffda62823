"""Functions of one int8 value in a row become one layer: the table of the last of the table of the first.

Every step keeps its own rounding, so that every byte stays. Chains that a single operator computes as well are left to
merge_unary, and ReLUs that the layer before can do to fuse_activations, which run before.
"""

import dataclasses

from tinygen.ir import Call, Graph, Node, Quantization
from tinygen.ops.composition import Composition
from tinygen.ops.unary import UnaryOperator
from tinygen.passes.remove_dead_nodes import remove_dead_nodes
from tinygen.passes.rewrite import Pass, node_called, only_consumer, substitute


def compose_unaries(graph: Graph) -> Graph:
    if not graph.is_quantized:
        return graph
    for name in [node.name for node in graph.nodes]:
        second = graph.call(node_called(graph, name))
        first = _step_before(graph, second)
        if first is not None:
            node = _composed(first, second)
            graph = remove_dead_nodes(substitute(graph, second.node, [node]))
    return graph


def _step_before(graph: Graph, second: Call) -> Call | None:
    """The function of one value that this one alone reads; None where there is none."""
    if not isinstance(second.op, UnaryOperator):
        return None
    producer = graph.producer(second.node.inputs[0])
    if producer is None or only_consumer(graph, second.node.inputs[0]) is not second.node:
        return None
    first = graph.call(producer)
    return None if first.inputs[0].is_constant or not isinstance(first.op, UnaryOperator) else first


def _composed(first: Call, second: Call) -> Node:
    op = Composition(
        steps=(*_steps(first.op), *_steps(second.op)),
        between=(*_between(first.op), first.output.quantization, *_between(second.op)),
    )
    return dataclasses.replace(second.node, op=op, inputs=first.node.inputs)


def _steps(op: UnaryOperator) -> tuple[UnaryOperator, ...]:
    return op.steps if isinstance(op, Composition) else (op,)


def _between(op: UnaryOperator) -> tuple[Quantization, ...]:
    return op.between if isinstance(op, Composition) else ()


PASS = Pass(name="compose functions of one value", run=compose_unaries, exact=True)
