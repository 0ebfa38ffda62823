"""Removes nodes whose results nobody reads."""

from tinygen.ir import Graph, Node
from tinygen.passes.rewrite import Pass


def remove_dead_nodes(graph: Graph) -> Graph:
    needed, kept = set(graph.outputs), list[Node]()
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return graph.replace(nodes=tuple(reversed(kept)))


PASS = Pass(name="remove dead nodes", run=remove_dead_nodes, exact=True)
