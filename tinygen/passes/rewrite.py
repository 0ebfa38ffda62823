"""What passes are, and the edits of a graph that they share."""

import dataclasses
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from numpy.typing import NDArray

from tinygen.ir import DType, Graph, Node, Quantization, Tensor
from tinygen.ops.scaled import WeightedOperator


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One rewrite. An exact one leaves every output byte of an int8 graph, for every input."""

    name: str
    run: Callable[[Graph], Graph]
    exact: bool


@dataclass(frozen=True, kw_only=True)
class PassReport:
    """What one pass changed: layers, multiply-accumulates and weights (biases not counted)."""

    name: str
    nodes_before: int
    nodes_after: int
    macs_before: int
    macs_after: int
    weights_before: int
    weights_after: int

    @property
    def changed(self) -> bool:
        before = (self.nodes_before, self.macs_before, self.weights_before)
        return before != (self.nodes_after, self.macs_after, self.weights_after)


def count_weights(graph: Graph) -> int:
    """Elements of all weights; those that several layers share count once."""
    names = {node.inputs[1] for node in graph.nodes if isinstance(node.op, WeightedOperator)}
    return sum(graph.tensors[name].size for name in names)


def apply(rewrite: Pass, graph: Graph) -> tuple[Graph, PassReport]:
    """Run one pass and report what it did."""
    after = rewrite.run(graph)
    return after, PassReport(
        name=rewrite.name,
        nodes_before=len(graph.nodes),
        nodes_after=len(after.nodes),
        macs_before=graph.macs,
        macs_after=after.macs,
        weights_before=count_weights(graph),
        weights_after=count_weights(after),
    )


def until_stable(step: Callable[[Graph], Graph | None], graph: Graph) -> Graph:
    """Apply a step, which does one change or returns None, until there is nothing to change."""
    while (changed := step(graph)) is not None:
        graph = changed
    return graph


def node_called(graph: Graph, name: str) -> Node:
    """The node of that name."""
    return next(node for node in graph.nodes if node.name == name)


def substitute(
    graph: Graph, node: Node, replacement: Sequence[Node], tensors: Sequence[Tensor] = ()
) -> Graph:
    """Put nodes in the place of the one of that name; `tensors` are added, or replace old ones."""
    at = next(i for i, candidate in enumerate(graph.nodes) if candidate.name == node.name)
    nodes = (*graph.nodes[:at], *replacement, *graph.nodes[at + 1 :])
    # in one step: a graph drops tensors that no node names
    return graph.replace(nodes=nodes, tensors={**graph.tensors, **{t.name: t for t in tensors}})


def rename_reads(nodes: Sequence[Node], old: str, new: str) -> tuple[Node, ...]:
    """The nodes, reading another tensor instead of one."""
    return tuple(
        dataclasses.replace(node, inputs=tuple(new if n == old else n for n in node.inputs))
        if old in node.inputs
        else node
        for node in nodes
    )


def bypass(graph: Graph, node: Node) -> Graph | None:
    """Remove a node whose output is its first input; None where the ends of the graph forbid it.

    Both tensors must have the same shape, type and quantization.
    """
    node = node_called(graph, node.name)
    x, (y,) = node.inputs[0], node.outputs
    without = tuple(other for other in graph.nodes if other is not node)
    if y not in graph.outputs:
        return graph.replace(nodes=rename_reads(without, y, x))
    producer = graph.producer(x)
    if producer is None or x in graph.outputs:
        return None
    # the graph's output keeps its name: what computed x computes y from now on
    outputs = tuple(y if name == x else name for name in producer.outputs)
    renamed = rename_reads(without, x, y)
    at = next(i for i, other in enumerate(without) if other is producer)
    moved = dataclasses.replace(renamed[at], outputs=outputs)
    return graph.replace(nodes=(*renamed[:at], moved, *renamed[at + 1 :]))


def only_consumer(graph: Graph, tensor: str) -> Node | None:
    """The node that alone reads a tensor; None where there are several, or it is a graph output."""
    consumers = graph.consumers(tensor)
    if len(consumers) != 1 or tensor in graph.outputs:
        return None
    return consumers[0]


def fresh_name(graph: Graph, wanted: str, others: Collection[str] = ()) -> str:
    """A name that no tensor and no node of the graph has, and that is none of the others."""
    taken = {*graph.tensors, *(node.name for node in graph.nodes), *others}
    name, number = wanted, 1
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def new_constant(
    graph: Graph,
    wanted: str,
    data: NDArray,
    dtype: DType,
    quantization: Quantization | None = None,
) -> Tensor:
    """A constant under a name that is free in the graph."""
    return Tensor(
        name=fresh_name(graph, wanted),
        shape=data.shape,
        dtype=dtype,
        quantization=quantization,
        data=data.astype(dtype.numpy),
    )
