"""A graph under construction: constants, nodes, methods."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, Node, Operator, Quantization, Tensor, verify

ONE = Quantization.per_tensor(1.0, 0)


class GraphBuilder:
    """Nodes over one row of features; equal nodes are built by the caller once."""

    def __init__(self, features: int, dtype: DType) -> None:
        quantization = ONE if dtype.is_integer else None
        self.input = Tensor(
            name="features", shape=(1, features), dtype=dtype, quantization=quantization
        )
        self._tensors = {self.input.name: self.input}
        self._nodes: list[Node] = []
        self._methods: dict[str, str] = {}

    def constant(
        self,
        name: str,
        values: NDArray,
        dtype: DType = DType.INT32,
        quantization: Quantization | None = None,
    ) -> Tensor:
        """A constant tensor; values that do not fit its type are an error of the caller."""
        data = np.asarray(values, np.int64)
        if data.size and (data.min() < dtype.limits[0] or data.max() > dtype.limits[1]):
            raise ValueError(f"{name} does not fit in {dtype.value}")
        return self._added(
            Tensor(
                name=self._free(name),
                shape=data.shape,
                dtype=dtype,
                quantization=quantization,
                data=data.astype(dtype.numpy),
            )
        )

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
        output = self._added(
            Tensor(
                name=self._free(name),
                shape=shape,
                dtype=dtype,
                quantization=Quantization.per_tensor(scale, zero_point),
            )
        )
        names = tuple(t.name for t in inputs)
        node = Node(name=output.name, op=op, inputs=names, outputs=(output.name,))
        self._nodes.append(node)
        return output

    def method(self, name: str, output: Tensor) -> None:
        """Give the model an entry point that computes a tensor."""
        self._methods[name] = output.name

    def finish(self, name: str) -> Graph:
        return verify(
            Graph(
                name=name,
                tensors=self._tensors,
                nodes=tuple(self._nodes),
                inputs=(self.input.name,),
                outputs=tuple(self._methods.values()),
                arithmetic=Arithmetic.NATIVE,
                methods=tuple(self._methods),
            )
        )

    def _free(self, name: str) -> str:
        taken, candidate, index = self._tensors, name, 2
        while candidate in taken:
            candidate, index = f"{name} {index}", index + 1
        return candidate

    def _added(self, tensor: Tensor) -> Tensor:
        self._tensors[tensor.name] = tensor
        return tensor
