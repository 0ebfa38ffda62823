"""A graph under construction: constants, nodes, methods."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.classical.precision import Precision
from tinygen.errors import UnsupportedError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify

ONE = Quantization.per_tensor(1.0, 0)
PLAIN = Precision(bits=16)


class GraphBuilder:
    """Nodes over one row of features; equal constants and nodes are built once."""

    has_nan = False
    """Whether rows hold NaN of which trees know where they go."""

    def __init__(
        self, features: int, dtype: DType, precision: Precision = PLAIN, name: str = "features"
    ) -> None:
        self.precision = precision
        quantization = ONE if dtype.is_integer else None
        self.input = Tensor(name=name, shape=(1, features), dtype=dtype, quantization=quantization)
        self._tensors = {self.input.name: self.input}
        self._nodes: list[Node] = []
        self._methods: dict[str, str] = {}
        self._known: dict[object, Tensor] = {}
        self.members: dict[
            object, object
        ] = {}  # models inside of models, built already (members.py)
        self.quantize_net: Callable | None = None  # makes int8 graphs of neural nets (net_nodes.py)

    def constant(
        self,
        name: str,
        values: NDArray,
        dtype: DType = DType.INT32,
        quantization: Quantization | None = None,
    ) -> Tensor:
        """A constant tensor. Raises UnsupportedError for values that do not fit its type, or are no numbers."""
        real = np.asarray(values)
        fits = np.isfinite(real) & (real >= dtype.limits[0]) & (real <= dtype.limits[1])
        if not fits.all():
            raise UnsupportedError(
                what="numbers of this model are too far apart for integers",
                where=f"'{name}' in {dtype.value}",
                next_step="scale features and targets (StandardScaler), and drop columns that are constant",
            )
        data = real.astype(np.int64)
        data = data.astype(dtype.numpy)
        key = (dtype, data.shape, data.tobytes(), quantization)
        if key not in self._known:
            self._known[key] = self._added(
                Tensor(
                    name=self._free(name),
                    shape=data.shape,
                    dtype=dtype,
                    quantization=quantization,
                    data=data,
                )
            )
        return self._known[key]

    def node(
        self,
        name: str,
        op: Operator,
        inputs: Sequence[Tensor],
        *,
        dtype: DType = DType.INT32,
        scale: float = 1.0,
        zero_point: int = 0,
    ) -> Tensor:
        """Append a node; its output has the name of the node."""
        (shape,) = op.infer_shapes(inputs)
        names = tuple(t.name for t in inputs)
        quantization = Quantization.per_tensor(scale, zero_point)
        key = (op, names, dtype, quantization)
        if key in self._known:
            return self._known[key]
        output = self._known[key] = self._added(
            Tensor(name=self._free(name), shape=shape, dtype=dtype, quantization=quantization)
        )
        node = Node(name=output.name, op=op, inputs=names, outputs=(output.name,))
        self._nodes.append(node)
        return output

    def reach(self) -> NDArray[np.float64]:
        """How large every integer of the input can be."""
        return np.full(self.input.channels, -float(self.input.dtype.limits[0]))

    def values(self, tensor: Tensor, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """The integers [N, columns] of a tensor for rows of the input."""
        rows = {self.input.name: samples.astype(self.input.dtype.numpy)}
        return reference.run(self.graph_of((tensor.name,)), rows)[tensor.name].astype(np.float64)

    def method(self, name: str, output: Tensor) -> None:
        """Give the model an entry point that computes a tensor."""
        self._methods[name] = output.name

    def finish(self, name: str) -> Graph:
        """The graph of all methods."""
        graph = self.graph_of(tuple(self._methods.values()), name)
        return verify(graph.replace(methods=tuple(self._methods)))

    def graph_of(self, outputs: Sequence[str], name: str = "part") -> Graph:
        """The graph that computes some tensors, without nodes that they do not need."""
        needed, nodes = set(outputs), []
        for node in reversed(self._nodes):
            if needed.intersection(node.outputs):
                needed.update(node.inputs)
                nodes.append(node)
        return Graph(
            name=name,
            tensors=self._tensors,
            nodes=tuple(reversed(nodes)),
            inputs=(self.input.name,),
            outputs=tuple(outputs),
            arithmetic=Arithmetic.NATIVE,
        )

    def _free(self, name: str) -> str:
        taken, candidate, index = self._tensors, name, 2
        while candidate in taken:
            candidate, index = f"{name} {index}", index + 1
        return candidate

    def _added(self, tensor: Tensor) -> Tensor:
        self._tensors[tensor.name] = tensor
        return tensor
