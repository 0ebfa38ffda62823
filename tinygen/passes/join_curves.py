"""What depends on one value only becomes one function of it: x * relu6(x + 3) / 6 is one table, rounded once.

For float graphs. Functions of one value in a row, numbers that are added or multiplied, and sums and products of two
functions of the same tensor are joined where nothing else reads what is between. ReLUs that the layer before can do
are left to fuse_activations, which runs before.
"""

import dataclasses

from tinygen.ir import Call, Graph, Tensor
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.curve import Curve
from tinygen.ops.real_functions import Chain, Joined, Line, RealFunction
from tinygen.ops.unary import UnaryOperator
from tinygen.passes.remove_dead_nodes import remove_dead_nodes
from tinygen.passes.rewrite import Pass, node_called, only_consumer, substitute


def join_curves(graph: Graph) -> Graph:
    if graph.is_quantized:
        return graph
    for name in [node.name for node in graph.nodes]:
        while (joined := _joined(graph, graph.call(node_called(graph, name)))) is not None:
            graph = joined
    return graph


def _joined(graph: Graph, call: Call) -> Graph | None:
    """The graph with one layer joined to those before it; None where there is nothing to join."""
    found = _of_one_value(graph, call)
    if found is None:
        return None
    x, function = found
    node = dataclasses.replace(call.node, op=Curve(of=function), inputs=(x.name,))
    return remove_dead_nodes(substitute(graph, call.node, [node]))


def _of_one_value(graph: Graph, call: Call) -> tuple[Tensor, RealFunction] | None:
    """The tensor of which a layer with those before it is a function, and the function; None where there is none."""
    if isinstance(call.op, UnaryOperator):
        x, before = _traced(graph, call, call.inputs[0])
        if x is call.inputs[0] or x.is_constant:
            return None
        return x, Chain(first=before, second=_function(call.op))
    if not isinstance(call.op, BinaryOperator):
        return None
    (a, left), (b, right) = (_traced(graph, call, t) for t in call.inputs)
    sources = {t.name: t for t in (a, b) if not _is_number(t)}
    if len(sources) != 1 or any(t.shape != call.output.shape for t in sources.values()):
        return None
    (x,) = sources.values()
    return None if x.is_constant else (x, Joined(operator=call.op, left=left, right=right))


def _traced(graph: Graph, reader: Call, tensor: Tensor) -> tuple[Tensor, RealFunction]:
    """What an operand of a layer is a function of: itself, unless one that only this layer reads came before."""
    if _is_number(tensor):
        return tensor, Line(factor=0.0, offset=float(tensor.data.item()))
    producer = graph.producer(tensor.name)
    is_step = producer is not None and isinstance(producer.op, UnaryOperator)
    if not is_step or only_consumer(graph, tensor.name) is not reader.node:
        return tensor, Line()
    return graph.call(producer).inputs[0], _function(producer.op)


def _function(op: UnaryOperator) -> RealFunction:
    return op.of if isinstance(op, Curve) else op


def _is_number(tensor: Tensor) -> bool:
    return tensor.is_constant and tensor.size == 1


PASS = Pass(name="join functions of one value", run=join_curves, exact=True)
