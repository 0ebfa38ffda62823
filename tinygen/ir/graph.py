"""The graph: an ordered list of nodes over named tensors."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tinygen.fixedpoint import Arithmetic
from tinygen.ir.node import Call, Node
from tinygen.ir.tensor import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """A model. Nodes stand in an order in which they can run; tensors nobody names are dropped.

    With `methods` every output has an entry point of its own, of that name ("predict", "decision"), which computes
    this output only; without, the one entry point computes all outputs.
    """

    name: str
    tensors: Mapping[str, Tensor]
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    arithmetic: Arithmetic = Arithmetic.TFLM
    methods: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.methods and len(self.methods) != len(self.outputs):
            raise ValueError("a graph with methods has one for every output")
        used = {*self.inputs, *self.outputs}
        for node in self.nodes:
            used.update(node.inputs, node.outputs)
        kept = {name: tensor for name, tensor in self.tensors.items() if name in used}
        object.__setattr__(self, "tensors", MappingProxyType(kept))

    @property
    def input_tensors(self) -> tuple[Tensor, ...]:
        return tuple(self.tensors[name] for name in self.inputs)

    @property
    def output_tensors(self) -> tuple[Tensor, ...]:
        return tuple(self.tensors[name] for name in self.outputs)

    @property
    def is_quantized(self) -> bool:
        """True when everything that is computed is an integer; an input may be float32 for all that."""
        computed = {name for node in self.nodes if not node.op.keeps_bits for name in node.outputs}
        return all(self.tensors[name].dtype.is_integer for name in computed) and (
            bool(computed) or all(t.dtype.is_integer for t in self.input_tensors)
        )

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(call.op.macs(call) for call in self.calls())

    def call(self, node: Node) -> Call:
        return Call(
            node=node,
            inputs=tuple(self.tensors[name] for name in node.inputs),
            outputs=tuple(self.tensors[name] for name in node.outputs),
            arithmetic=self.arithmetic,
        )

    def calls(self) -> tuple[Call, ...]:
        """Every node with its tensors, in order."""
        return tuple(self.call(node) for node in self.nodes)

    def producer(self, tensor: str) -> Node | None:
        """The node that computes a tensor; None for graph inputs and constants."""
        return next((node for node in self.nodes if tensor in node.outputs), None)

    def consumers(self, tensor: str) -> tuple[Node, ...]:
        """The nodes that read a tensor, in order."""
        return tuple(node for node in self.nodes if tensor in node.inputs)

    def replace(self, **changes: object) -> "Graph":
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def with_tensors(self, tensors: Iterable[Tensor]) -> "Graph":
        """A copy in which the given tensors are added, or replace those of the same name."""
        return self.replace(tensors={**self.tensors, **{t.name: t for t in tensors}})

    def up_to(self, tensor: str) -> "Graph":
        """The part of the graph that computes one tensor, with it as the only output."""
        needed, nodes = {tensor}, []
        for node in reversed(self.nodes):
            if needed.intersection(node.outputs):
                needed.update(node.inputs)
                nodes.append(node)
        return self.replace(nodes=tuple(reversed(nodes)), outputs=(tensor,), methods=())

    def parts(self) -> "tuple[Graph, ...]":
        """What the entry points compute: a graph for every method, or this one."""
        if not self.methods:
            return (self,)
        named = zip(self.outputs, self.methods, strict=True)
        return tuple(self.up_to(name).replace(methods=(method,)) for name, method in named)

    def __str__(self) -> str:
        lines = [f"graph {self.name} ({self.arithmetic.value})"]
        lines += [f"  input  {name}: {self.tensors[name].describe()}" for name in self.inputs]
        for call in self.calls():
            results = ", ".join(f"{t.name}: {t.describe()}" for t in call.outputs)
            lines.append(f"  {results} = {call.op}({', '.join(call.node.inputs)})")
        lines += [f"  output {name}" for name in self.outputs]
        return "\n".join(lines)
