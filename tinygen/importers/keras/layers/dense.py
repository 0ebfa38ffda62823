"""Fully connected layers."""

from tinygen.importers.keras.builder import Layer, Value
from tinygen.importers.keras.layers.activation import apply_activation
from tinygen.importers.keras.registry import imports
from tinygen.importers.keras.weights import Shapes
from tinygen.ops.fully_connected import FullyConnected


@imports("Dense")
def dense(layer: Layer) -> Value:
    """y[..., o] = bias[o] + sum of x[..., i] * kernel[i, o]"""
    x, units = layer.x, layer.settings.positive("units")
    shapes: Shapes = {"kernel": (x.shape[-1], units)}
    if layer.settings.flag("use_bias", True):
        shapes["bias"] = (units,)
    weights = layer.weights(shapes)
    inputs = [x.tensor, layer.constant("kernel", weights["kernel"].T)]
    if "bias" in weights:
        inputs.append(layer.constant("bias", weights["bias"]))
    y = layer.node(FullyConnected(), *inputs)
    return apply_activation(layer, Value(tensor=y, shape=(*x.shape[:-1], units)))
