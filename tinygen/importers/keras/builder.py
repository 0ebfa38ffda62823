"""The graph under construction, and what the importer of one layer works with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import ConversionError, UnsupportedError
from tinygen.importers.keras.architecture import Constant, LayerRecord
from tinygen.importers.keras.limits import MAX_ELEMENTS, MAX_NODES
from tinygen.importers.keras.settings import Settings
from tinygen.importers.keras.weights import Shapes, WeightStore
from tinygen.ir import DType, Node, Operator, Tensor
from tinygen.ops.reshape import Reshape


@dataclass(frozen=True, kw_only=True)
class Value:
    """A tensor as Keras sees it: `shape` is Keras's, batch included.

    Signals [1, T, C] are kept as images [1, 1, T, C] between 1-D layers, so that no reshape separates a
    convolution from what follows it; `tensor` then has one dimension more than `shape`.
    """

    tensor: Tensor
    shape: tuple[int, ...]

    @property
    def is_lifted(self) -> bool:
        return len(self.tensor.shape) != len(self.shape)


class Builder:
    """Nodes and tensors so far, under unique names."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []

    def unique(self, name: str) -> str:
        number, candidate = 1, name
        while candidate in self.tensors:
            candidate, number = f"{name}_{number}", number + 1
        return candidate

    def keep(self, tensor: Tensor) -> Tensor:
        if tensor.size > MAX_ELEMENTS:
            raise UnsupportedError(
                what=f"a tensor of shape {list(tensor.shape)} is too large",
                where=f"layer '{tensor.name}'",
                next_step=f"tensors may have up to {MAX_ELEMENTS} elements",
            )
        self.tensors[tensor.name] = tensor
        return tensor

    def activation(self, name: str, shape: tuple[int, ...]) -> Tensor:
        return self.keep(Tensor(name=self.unique(name), shape=shape, dtype=DType.FLOAT32))

    def constant(self, name: str, data: NDArray) -> Tensor:
        """A constant under exactly this name: a layer that is called twice shares its weights."""
        known = self.tensors.get(name)
        if known is not None and known.data is not None and np.array_equal(known.data, data):
            return known
        array = np.ascontiguousarray(data, np.float32)
        return self.keep(
            Tensor(name=self.unique(name), shape=array.shape, dtype=DType.FLOAT32, data=array)
        )

    def node(self, name: str, op: Operator, inputs: Sequence[Tensor]) -> Tensor:
        """Append a node; its output carries its name."""
        if len(self.nodes) >= MAX_NODES:
            raise ConversionError(
                what=f"the model unfolds to more than {MAX_NODES} layers", where=f"layer '{name}'"
            )
        try:
            (shape,) = op.infer_shapes(inputs)
        except UnsupportedError as error:
            raise UnsupportedError(
                what=error.what, where=f"layer '{name}'", next_step=error.next_step
            ) from error
        except ConversionError as error:
            raise ConversionError(what=error.what, where=f"layer '{name}'") from error
        output = self.activation(name, shape)
        self.nodes.append(
            Node(
                name=output.name,
                op=op,
                inputs=tuple(t.name for t in inputs),
                outputs=(output.name,),
            )
        )
        return output


class Layer:
    """One call of a Keras layer: its settings, weights and inputs, and the means to add nodes."""

    def __init__(
        self,
        builder: Builder,
        record: LayerRecord,
        path: tuple[str, ...],
        inputs: tuple[Value, ...],
        store: WeightStore,
        operands: tuple[Value | Constant, ...] = (),
        *,
        is_keras_2: bool = False,
        arguments: Any = None,
    ):
        self.builder = builder
        self.path = path
        self.name = "/".join(path)
        self.inputs = inputs
        self.operands = operands
        """The inputs, and the numbers between them."""
        self.is_keras_2 = is_keras_2
        self.arguments = arguments
        """What the file says of the call, for those whose arguments are no tensors: anything that JSON can hold."""
        self.inner: tuple[str, str] | None = None
        """Whose weights `weights` gives, where the layer is held by another one."""
        self.problems: list[UnsupportedError] = []
        """What cannot be converted, where the rest of the layer was looked at nevertheless."""
        self.settings = Settings(values=record.config, where=f"{record.kind} layer '{self.name}'")
        self._store = store

    def holding(self, record: LayerRecord, attribute: str) -> "Layer":
        """The layer that this one holds under an attribute, called on the same tensors."""
        held = Layer(
            self.builder,
            record,
            self.path,
            self.inputs,
            self._store,
            self.operands,
            is_keras_2=self.is_keras_2,
        )
        held.inner = (record.name, attribute)
        held.problems = self.problems
        return held

    @property
    def x(self) -> Value:
        """The only input of a layer that takes one."""
        if len(self.inputs) != 1:
            raise self.unsupported(f"it is called on {len(self.inputs)} tensors", "one tensor")
        return self.inputs[0]

    def unsupported(self, what: str, supported: str) -> UnsupportedError:
        return self.settings.unsupported(what, supported)

    def expect_rank(self, *ranks: int) -> Value:
        """The only input, with a number of dimensions that the layer can take."""
        if len(self.x.shape) not in ranks:
            wanted = " or ".join(str(r) for r in ranks)
            raise self.unsupported(
                f"its input has shape {list(self.x.shape)}", f"inputs with {wanted} dimensions"
            )
        return self.x

    def weights(
        self, shapes: Shapes, inner: tuple[str, str] | None = None
    ) -> Mapping[str, NDArray[np.float32]]:
        """The layer's weights by name; `shapes` lists them in the order in which Keras creates them.

        `inner` says whose they are where the layer is made of others: the layer's name, and its attribute's.
        """
        return self._store.read(self.path, shapes, inner or self.inner)

    def constant(self, name: str, data: NDArray) -> Tensor:
        return self.builder.constant(f"{self.name}/{name}", data)

    def node(self, op: Operator, *inputs: Tensor, suffix: str = "") -> Tensor:
        """Append a node named after the layer."""
        name = f"{self.name}/{suffix}" if suffix else self.name
        return self.builder.node(name, op, inputs)

    def lifted(self, x: Value) -> Tensor:
        """A signal [1, T, C] as an image [1, 1, T, C]; images as they are."""
        if len(x.tensor.shape) == 4:
            return x.tensor
        n, *rest = x.tensor.shape
        return self.node(Reshape(shape=(n, 1, *rest)), x.tensor, suffix="to_image")

    def plain(self, x: Value) -> Tensor:
        """The tensor in the shape that Keras gives it."""
        if not x.is_lifted:
            return x.tensor
        return self.node(Reshape(shape=x.shape), x.tensor, suffix="from_image")

    def signal(self, image: Tensor) -> Value:
        """Take an image [1, 1, T, C] as the signal [1, T, C]."""
        n, _, *rest = image.shape
        return Value(tensor=image, shape=(n, *rest))

    def same_shape(self, tensor: Tensor, x: Value) -> Value:
        """The result of an elementwise layer on x."""
        return Value(tensor=tensor, shape=x.shape)


def image(tensor: Tensor) -> Value:
    """A tensor whose shape is Keras's own."""
    return Value(tensor=tensor, shape=tensor.shape)
