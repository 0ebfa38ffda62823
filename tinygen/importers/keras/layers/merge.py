"""Layers that join several tensors."""

from tinygen.importers.keras.builder import Layer, Value
from tinygen.importers.keras.registry import imports
from tinygen.ir import Tensor
from tinygen.ops.add import Add
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.mul import Mul


def _aligned(layer: Layer) -> list[Tensor]:
    """The inputs, all lifted or all in Keras's shape."""
    if len(layer.inputs) < 2:
        raise layer.unsupported("one of its operands is not a tensor", "two tensors or more")
    if all(x.is_lifted for x in layer.inputs):
        return [x.tensor for x in layer.inputs]
    return [layer.plain(x) for x in layer.inputs]


@imports("Add", "keras.ops.Add", "tf.__operators__.add", "tf.math.add")
def add(layer: Layer) -> Value:
    return _folded(layer, Add())


@imports("Multiply", "keras.ops.Multiply", "tf.math.multiply")
def multiply(layer: Layer) -> Value:
    return _folded(layer, Mul())


def _folded(layer: Layer, op: BinaryOperator) -> Value:
    """y = op(op(x0, x1), x2) ..., from left to right."""
    first, *others = _aligned(layer)
    if len({len(x.shape) for x in layer.inputs}) > 1:
        raise layer.unsupported("inputs with different numbers of dimensions", "equal ranks")
    y = first
    for i, other in enumerate(others, start=1):
        y = layer.node(op, y, other, suffix="" if i == len(others) else f"partial_{i}")
    rank = len(layer.inputs[0].shape)
    return Value(tensor=y, shape=(y.shape[0], *y.shape[len(y.shape) - rank + 1 :]))


@imports("Concatenate")
def concatenate(layer: Layer) -> Value:
    tensors = _aligned(layer)
    rank = len(layer.inputs[0].shape)
    axis = layer.settings.axis("axis", rank, -1)
    if axis == 0:
        raise layer.unsupported("concatenation along the batch", "other axes")
    lift = len(tensors[0].shape) - rank
    y = layer.node(Concatenate(axis=axis + lift), *tensors)
    shape = (y.shape[0], *y.shape[1 + lift :])
    return Value(tensor=y, shape=shape)
