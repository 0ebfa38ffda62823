"""Two functions of one int8 value in a row become one, where one of them alone gives the same bytes.

A Requantize before a Tanh, or a ReLU behind a Requantize, is often superfluous: the table of the
remaining operator, applied from the first input's quantization to the last output's, is the
composition of both tables.
"""

import dataclasses

import numpy as np

from tinygen.analysis import tensor_ranges
from tinygen.errors import UnsupportedError
from tinygen.ir import Call, Graph, Node, Range
from tinygen.ops.unary import ALL_INT8, UnaryOperator
from tinygen.passes.rewrite import Pass, only_consumer, substitute, until_stable


def merge_unary(graph: Graph) -> Graph:
    return until_stable(_merge_one, graph) if graph.is_quantized else graph


def _merge_one(graph: Graph) -> Graph | None:
    ranges = tensor_ranges(graph)
    for second in graph.calls():
        producer = graph.producer(second.node.inputs[0])
        if producer is None or only_consumer(graph, second.node.inputs[0]) is not second.node:
            continue
        first = graph.call(producer)
        if isinstance(first.op, UnaryOperator) and isinstance(second.op, UnaryOperator):
            merged = _merged(first, second, ranges[first.inputs[0].name])
            if merged is not None:
                graph = substitute(graph, second.node, [merged])
                return graph.replace(nodes=tuple(n for n in graph.nodes if n is not producer))
    return None


def _merged(first: Call, second: Call, x: Range) -> Node | None:
    """One of the two operators, working from first's input to second's output; None where neither will do."""
    reached = (ALL_INT8 >= x.low.min()) & (ALL_INT8 <= x.high.max())
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
