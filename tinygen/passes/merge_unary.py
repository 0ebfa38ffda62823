"""Two functions of one int8 value in a row become one, where one alone gives the same bytes.

A Requantize before a Tanh, or a ReLU behind a Requantize, is often superfluous: the table of the
remaining operator, applied from the first input's quantization to the last output's, is the
composition of both tables.
"""

import dataclasses

import numpy as np

from tinygen.analysis import reachable_int8, tensor_ranges
from tinygen.errors import UnsupportedError
from tinygen.ir import Call, Graph, Node, Range
from tinygen.ops.unary import UnaryOperator
from tinygen.passes.remove_dead_nodes import remove_dead_nodes
from tinygen.passes.rewrite import Pass, node_called, only_consumer, substitute


def merge_unary(graph: Graph) -> Graph:
    if not graph.is_quantized:
        return graph
    ranges = tensor_ranges(graph)
    for name in [node.name for node in graph.nodes]:
        second = graph.call(node_called(graph, name))
        producer = graph.producer(second.node.inputs[0])
        if producer is None or only_consumer(graph, second.node.inputs[0]) is not second.node:
            continue
        first = graph.call(producer)
        both_unary = isinstance(first.op, UnaryOperator) and isinstance(second.op, UnaryOperator)
        if both_unary and not first.inputs[0].is_constant:
            merged = _merged(first, second, ranges[first.inputs[0].name])
            if merged is not None:
                graph = remove_dead_nodes(substitute(graph, second.node, [merged]))
    return graph


def _merged(first: Call, second: Call, x: Range) -> Node | None:
    """One of the two operators, from first's input to second's output; None if neither will do."""
    reached = reachable_int8(x)
    between = first.op.table(first)[reached].astype(np.int64)
    wanted = second.op.table(second)[between + 128]
    for op in (second.op, first.op):
        node = dataclasses.replace(second.node, op=op, inputs=first.node.inputs)
        call = dataclasses.replace(second, node=node, inputs=first.inputs)
        if _is_legal(call) and np.array_equal(op.table(call)[reached], wanted):
            return node
    return None


def _is_legal(call: Call) -> bool:
    try:
        call.op.check_integer(call)
    except UnsupportedError:
        return False
    return True


PASS = Pass(name="merge functions of one value", run=merge_unary, exact=True)
