"""A reshape of a reshape is one reshape."""

import dataclasses

from tinygen.ir import Graph, Node
from tinygen.ops.reshape import Reshape
from tinygen.passes.remove_dead_nodes import remove_dead_nodes
from tinygen.passes.rewrite import Pass


def merge_reshapes(graph: Graph) -> Graph:
    sources: dict[str, str] = {}
    nodes = []
    for node in graph.nodes:
        if isinstance(node.op, Reshape):
            node = _read_from(node, sources.get(node.inputs[0], node.inputs[0]))
            sources[node.outputs[0]] = node.inputs[0]
        nodes.append(node)
    return remove_dead_nodes(graph.replace(nodes=tuple(nodes)))


def _read_from(node: Node, source: str) -> Node:
    return dataclasses.replace(node, inputs=(source,))


PASS = Pass(name="merge reshapes", run=merge_reshapes, exact=True)
