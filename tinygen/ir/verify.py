"""Structural check of a graph. Run after importing and, in tests, after every pass."""

from tinygen.errors import ConversionError
from tinygen.ir.graph import Graph
from tinygen.ir.node import Call


def verify(graph: Graph) -> Graph:
    """Return the graph unchanged, or raise ConversionError naming the node that is wrong.

    Checks: names resolve, nodes are in a runnable order, each tensor has one producer, shapes are
    those the operators infer, integer operators can take the types and quantizations of their
    tensors.
    """
    _check_ends(graph)
    available = set(graph.inputs) | {n for n, t in graph.tensors.items() if t.is_constant}
    names: set[str] = set()
    for node in graph.nodes:
        where = f"layer '{node.name}'"
        if node.name in names:
            raise ConversionError(what=f"two layers are called '{node.name}'", where=where)
        names.add(node.name)
        for name in node.inputs:
            if name not in available:
                raise ConversionError(what=f"input '{name}' is never computed", where=where)
        for name in node.outputs:
            if name not in graph.tensors or name in available:
                raise ConversionError(what=f"output '{name}' has two producers", where=where)
            available.add(name)
        _check_call(graph.call(node))
    for name in graph.outputs:
        if name not in available:
            raise ConversionError(what=f"graph output '{name}' is never computed")
    return graph


def _check_ends(graph: Graph) -> None:
    if not graph.inputs or not graph.outputs or not graph.nodes:
        raise ConversionError(
            what="the model has no inputs, no outputs or no layers", where=graph.name
        )
    for name in (*graph.inputs, *graph.outputs):
        if name not in graph.tensors:
            raise ConversionError(what=f"'{name}' is not a tensor of the model", where=graph.name)


def _check_call(call: Call) -> None:
    where = f"layer '{call.node.name}'"
    shapes = call.op.infer_shapes(call.inputs)
    for tensor, shape in zip(call.outputs, shapes, strict=True):
        if tensor.shape != tuple(shape):
            raise ConversionError(
                what=f"'{tensor.name}' is declared {list(tensor.shape)}, "
                f"but {call.op.label()} makes {list(shape)}",
                where=where,
            )
        if tensor.dtype.is_integer and tensor.quantization is None:
            raise ConversionError(what=f"integer '{tensor.name}' has no quantization", where=where)
    if any(tensor.dtype.is_integer for tensor in call.outputs):
        call.op.check_integer(call)
