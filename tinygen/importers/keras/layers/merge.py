"""Layers that join several tensors, or a tensor and numbers."""

import numpy as np
from numpy.typing import NDArray

from tinygen.importers.keras.architecture import Constant
from tinygen.importers.keras.builder import Layer, Value
from tinygen.importers.keras.layers.normalization import line
from tinygen.importers.keras.registry import imports
from tinygen.ir import Tensor
from tinygen.ops.add import Add
from tinygen.ops.binary import BinaryOperator
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.curve import Curve
from tinygen.ops.extreme import Maximum, Minimum
from tinygen.ops.mul import Mul
from tinygen.ops.real_functions import Clip, Named
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.sub import Sub


def _aligned(layer: Layer, values: tuple[Value, ...]) -> list[Tensor]:
    """The tensors, all lifted or all in Keras's shape."""
    if len(values) < 2:
        raise layer.unsupported("one of its operands is not a tensor", "two tensors or more")
    if all(x.is_lifted for x in values):
        return [x.tensor for x in values]
    return [layer.plain(x) for x in values]


@imports("Add", "keras.ops.Add", "tf.__operators__.add", "tf.math.add")
def add(layer: Layer) -> Value:
    found = _with_number(layer)
    return _folded(layer, Add(), layer.inputs) if found is None else _sum(layer, *found)


@imports("Multiply", "keras.ops.Multiply", "tf.math.multiply")
def multiply(layer: Layer) -> Value:
    found = _with_number(layer)
    return _folded(layer, Mul(), layer.inputs) if found is None else _product(layer, *found)


@imports("Subtract", "keras.ops.Subtract", "tf.math.subtract")
def subtract(layer: Layer) -> Value:
    found = _with_number(layer)
    if found is None:
        return _folded(layer, Sub(), _two(layer))
    x, number = found
    if layer.operands[0] is x:
        return _sum(layer, x, -number)
    return _sum(layer, _negated(layer, x, "negative"), number)


@imports("Divide", "keras.ops.Divide", "tf.math.divide")
@imports("TrueDivide", "keras.ops.TrueDivide", "tf.math.truediv")
def divide(layer: Layer) -> Value:
    found = _with_number(layer)
    if found is None or layer.operands[0] is not found[0]:
        return _quotient(layer, found)
    if not found[1].all():
        raise layer.unsupported("a division by 0", "divisions by other numbers")
    return _product(layer, found[0], 1 / found[1])


_POWERS = {
    2.0: Curve(of=Named.SQUARE),
    0.5: Curve(of=Named.ROOT),
    -0.5: Rsqrt(),
    -1.0: Curve(of=Named.RECIPROCAL),
}


@imports("Power", "keras.ops.Power", "tf.math.pow")
def power(layer: Layer) -> Value:
    found = _with_number(layer)
    exponent = None if found is None else _only(layer, found[1])
    if found is None or layer.operands[0] is not found[0] or exponent not in _POWERS:
        raise layer.unsupported(
            f"the power {exponent}", f"powers of {', '.join(map(str, _POWERS))}"
        )
    return layer.same_shape(layer.node(_POWERS[exponent], found[0].tensor), found[0])


def _quotient(layer: Layer, found: tuple[Value, NDArray[np.float32]] | None) -> Value:
    """By a tensor: the product with its reciprocal."""
    divisor = _two(layer)[1] if found is None else found[0]
    node = layer.node(Curve(of=Named.RECIPROCAL), divisor.tensor, suffix="reciprocal")
    reciprocal = layer.same_shape(node, divisor)
    if found is None:
        return _folded(layer, Mul(), (layer.inputs[0], reciprocal))
    return _product(layer, reciprocal, found[1])


@imports("Average", "tf.math.average")
def average(layer: Layer) -> Value:
    total = _folded(layer, Add(), layer.inputs, "sum")
    return line(layer, total, 1 / len(layer.inputs), 0.0)


@imports("Maximum", "keras.ops.Maximum", "tf.math.maximum")
def maximum(layer: Layer) -> Value:
    found = _with_number(layer)
    if found is None:
        return _folded(layer, Maximum(), layer.inputs)
    return _clipped(layer, found[0], Clip(low=_only(layer, found[1])))


@imports("Minimum", "keras.ops.Minimum", "tf.math.minimum")
def minimum(layer: Layer) -> Value:
    found = _with_number(layer)
    if found is None:
        return _folded(layer, Minimum(), layer.inputs)
    return _clipped(layer, found[0], Clip(high=_only(layer, found[1])))


@imports("Negative", "keras.ops.Negative", "tf.math.negative")
def negative(layer: Layer) -> Value:
    return _negated(layer, layer.x)


def _negated(layer: Layer, x: Value, suffix: str = "") -> Value:
    return line(layer, x, -1.0, 0.0, suffix)


def _clipped(layer: Layer, x: Value, clip: Clip) -> Value:
    return layer.same_shape(layer.node(Curve(of=clip), x.tensor), x)


def _two(layer: Layer) -> tuple[Value, Value]:
    if len(layer.inputs) != 2:
        raise layer.unsupported(f"it is called on {len(layer.inputs)} tensors", "two tensors")
    return layer.inputs[0], layer.inputs[1]


def _with_number(layer: Layer) -> tuple[Value, NDArray[np.float32]] | None:
    """The only tensor and the number or array that it meets; None where all operands are tensors."""
    constants = [item.value for item in layer.operands if isinstance(item, Constant)]
    if not constants:
        return None
    is_pair = len(constants) == 1 and len(layer.inputs) == 1
    if not is_pair or not np.isfinite(constants[0]).all():
        raise layer.unsupported("several constants, or infinite ones", "a tensor and a number")
    return layer.inputs[0], constants[0]


def _only(layer: Layer, number: NDArray) -> float:
    if number.size != 1:
        raise layer.unsupported("an array of numbers", "one number")
    return float(number.item())


def _sum(layer: Layer, x: Value, number: NDArray) -> Value:
    if _is_per_channel(x, number):
        return line(layer, x, 1.0, number.reshape(-1))
    return _with_array(layer, Add(), x, number)


def _product(layer: Layer, x: Value, number: NDArray) -> Value:
    if _is_per_channel(x, number):
        return line(layer, x, number.reshape(-1), 0.0)
    return _with_array(layer, Mul(), x, number)


def _is_per_channel(x: Value, number: NDArray) -> bool:
    channels = number.shape[-1] if number.ndim else 1
    return number.ndim <= len(x.shape) and number.size == channels in (1, x.shape[-1])


def _with_array(layer: Layer, op: BinaryOperator, x: Value, array: NDArray) -> Value:
    y = layer.node(op, x.tensor, layer.constant("constant", array))
    if y.shape != x.tensor.shape:
        raise layer.unsupported(
            f"an array of shape {list(array.shape)} that enlarges {list(x.shape)}",
            "numbers, or arrays that broadcast to the tensor's shape",
        )
    return layer.same_shape(y, x)


def _folded(layer: Layer, op: BinaryOperator, values: tuple[Value, ...], suffix: str = "") -> Value:
    """y = op(op(x0, x1), x2) ..., from left to right."""
    first, *others = _aligned(layer, values)
    if len({len(x.shape) for x in values}) > 1:
        raise layer.unsupported("inputs with different numbers of dimensions", "equal ranks")
    y = first
    for i, other in enumerate(others, start=1):
        y = layer.node(op, y, other, suffix=suffix if i == len(others) else f"partial_{i}")
    rank = len(values[0].shape)
    return Value(tensor=y, shape=(y.shape[0], *y.shape[len(y.shape) - rank + 1 :]))


@imports("Concatenate", "keras.ops.Concatenate", "tf.concat")
def concatenate(layer: Layer) -> Value:
    tensors = _aligned(layer, layer.inputs)
    rank = len(layer.inputs[0].shape)
    axis = layer.settings.axis("axis", rank, -1)
    if axis == 0:
        raise layer.unsupported("concatenation along the batch", "other axes")
    lift = len(tensors[0].shape) - rank
    y = layer.node(Concatenate(axis=axis + lift), *tensors)
    shape = (y.shape[0], *y.shape[1 + lift :])
    return Value(tensor=y, shape=shape)
