"""Gives every output of the model memory of its own."""

import dataclasses

from tinygen.ir import Graph, Node
from tinygen.ops.reshape import Reshape


def with_own_outputs(graph: Graph) -> Graph:
    """A graph whose outputs are distinct and computed: copies where one is an input, or is given twice."""
    outputs: list[str] = []
    for name in graph.outputs:
        if name in graph.inputs or name in outputs:
            graph, name = _with_copy(graph, name)
        outputs.append(name)
    return graph.replace(outputs=tuple(outputs))


def _with_copy(graph: Graph, name: str) -> tuple[Graph, str]:
    source = graph.tensors[name]
    taken = {*graph.tensors, *(node.name for node in graph.nodes)}
    copy = f"{name} (copy)"
    while copy in taken:
        copy += "'"
    node = Node(name=copy, op=Reshape(shape=source.shape), inputs=(name,), outputs=(copy,))
    tensors = {**graph.tensors, copy: dataclasses.replace(source, name=copy)}
    return graph.replace(tensors=tensors, nodes=(*graph.nodes, node)), copy
