"""Activation layers, and activations written inside of other layers."""

from collections.abc import Callable

from tinygen.importers.keras.activations import LAYERS, OPERATIONS, TF_FUNCTIONS, operator_of
from tinygen.importers.keras.builder import Layer, Value
from tinygen.importers.keras.layers.normalization import line
from tinygen.importers.keras.registry import imports
from tinygen.ir import Operator
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.curve import Curve
from tinygen.ops.mul import Mul
from tinygen.ops.real_functions import BentRelu, Clip
from tinygen.ops.relu import Relu


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
    imports(_name)(_layer_of(_name))


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
    below = _apply(layer, x, Curve(of=Clip(high=0.0)), "below")
    if alpha.size == x.shape[-1] == alpha.shape[-1]:
        scaled = line(layer, below, alpha.reshape(-1), 0.0, "scaled").tensor
    else:
        scaled = layer.node(Mul(), below.tensor, layer.constant("alpha", alpha), suffix="scaled")
    above = _apply(layer, x, Relu(bounds=Activation.RELU), "above")
    return layer.same_shape(layer.node(Add(), above.tensor, scaled), x)
