"""Activation layers, and activations written inside of other layers."""

from collections.abc import Callable

from tinygen.importers.keras.activations import LAYERS, OPERATIONS, TF_FUNCTIONS, operator_of
from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.registry import imports
from tinygen.ir import Operator
from tinygen.ops.curve import Curve
from tinygen.ops.prelu import Prelu
from tinygen.ops.real_functions import BentRelu
from tinygen.ops.softmax import Softmax
from tinygen.ops.transpose import Transpose


def apply_activation(layer: Layer, x: Value, suffix: str = "activation") -> Value:
    """Apply what the layer's `activation` setting says to x."""
    op = operator_of(layer, layer.settings.get("activation", "linear"), len(x.shape))
    return _apply(layer, x, op, suffix)


def _apply(layer: Layer, x: Value, op: Operator | None, suffix: str = "") -> Value:
    if op is None:
        return x
    return layer.same_shape(layer.node(op, x.tensor, suffix=suffix), x)


def _stands_alone(name: str) -> Callable[[Layer], Value]:
    make = OPERATIONS[name]
    return lambda layer: _apply(layer, layer.x, make(layer.settings))


for _name in OPERATIONS:
    # .h5 files do not say that it is no layer
    imports(_name, f"keras.ops.{_name}")(_stands_alone(_name))
for _kind, _name in TF_FUNCTIONS.items():
    imports(_kind)(_stands_alone(_name))


@imports("Activation")
def activation(layer: Layer) -> Value:
    return apply_activation(layer, layer.x, suffix="")


def _layer_of(name: str) -> Callable[[Layer], Value]:
    make = LAYERS[name]
    return lambda layer: _apply(layer, layer.x, make(layer.settings, len(layer.x.shape)))


for _name in LAYERS:
    if _name != "Softmax":
        imports(_name)(_layer_of(_name))


@imports("Softmax", "keras.ops.Softmax", "tf.nn.softmax")
def softmax(layer: Layer) -> Value:
    """Over the last axis; over another one, which is brought there and back."""
    rank = len(layer.x.shape)
    axis = layer.settings.axis("axis", rank, -1)
    if axis == rank - 1 or axis == 0:
        return _apply(layer, layer.x, LAYERS["Softmax"](layer.settings, rank))
    order = [*(i for i in range(rank) if i not in (axis, rank - 1)), rank - 1, axis]
    x = layer.node(Transpose(permutation=tuple(order)), layer.plain(layer.x), suffix="turned")
    y = layer.node(Softmax(), x, suffix="turned_softmax")
    back = tuple(order.index(i) for i in range(rank))
    return image(layer.node(Transpose(permutation=back), y))


@imports("PReLU")
def prelu(layer: Layer) -> Value:
    """y = max(x, 0) + alpha * min(x, 0), with slopes per channel or per element."""
    x, shared = layer.x, layer.settings.get("shared_axes", [])
    if not isinstance(shared, list):
        raise layer.settings.wrong("shared_axes", shared, "a list of axes")
    shape = tuple(1 if axis in shared else d for axis, d in enumerate(x.shape))[1:]
    alpha = layer.weights({"alpha": shape})["alpha"]
    if (alpha == alpha.flat[0]).all():
        return _apply(layer, x, Curve(of=BentRelu(slope=float(alpha.flat[0]))))
    # slopes of an element have the shape of what is kept lifted, too
    slopes = layer.constant(
        "alpha", alpha.reshape((1,) * (len(x.tensor.shape) - alpha.ndim) + alpha.shape)
    )
    return layer.same_shape(layer.node(Prelu(), x.tensor, slopes), x)
