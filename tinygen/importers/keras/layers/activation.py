"""Activation layers, and activations written inside of other layers."""

from typing import Any

from tinygen.importers.keras.builder import Layer, Value
from tinygen.importers.keras.registry import imports
from tinygen.importers.keras.settings import Settings
from tinygen.ir import Operator
from tinygen.ops.activation import Activation
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.relu import Relu
from tinygen.ops.softmax import Softmax
from tinygen.ops.tanh import Tanh

_FUNCTIONS: dict[str, Operator | None] = {
    "linear": None,
    "relu": Relu(bounds=Activation.RELU),
    "relu6": Relu(bounds=Activation.RELU6),
    "leaky_relu": LeakyRelu(alpha=0.2),
    "sigmoid": Logistic(),
    "tanh": Tanh(),
    "softmax": Softmax(),
    "hard_silu": HardSwish(),
    "hard_swish": HardSwish(),
}


def apply_activation(layer: Layer, x: Value, suffix: str = "activation") -> Value:
    """Apply what the layer's `activation` setting says to x."""
    return _apply(layer, x, _operator(layer, layer.settings.get("activation", "linear")), suffix)


def _apply(layer: Layer, x: Value, op: Operator | None, suffix: str = "") -> Value:
    if op is None:
        return x
    return layer.same_shape(layer.node(op, x.tensor, suffix=suffix), x)


def _operator(layer: Layer, spec: Any) -> Operator | None:
    """The operator for a function's name, or for the dictionary of an activation layer or a function."""
    if isinstance(spec, dict):
        config, class_name = spec.get("config"), spec.get("class_name")
        if isinstance(config, str):
            spec = config  # a function: {"class_name": "function", "config": "relu6"}
        elif class_name in _LAYERS:
            values = config if isinstance(config, dict) else {}
            settings = Settings(values=values, where=layer.settings.where)
            return _LAYERS[class_name](settings, layer.x.shape)
        else:
            spec = class_name
    if not isinstance(spec, str) or spec not in _FUNCTIONS:
        raise layer.unsupported(f"activation {spec!r} is not supported", ", ".join(_FUNCTIONS))
    return _FUNCTIONS[spec]


def _relu(settings: Settings, shape: tuple[int, ...]) -> Operator:
    top = settings.get("max_value", None)
    slope = settings.number("negative_slope", settings.get("alpha", 0.0))
    if settings.number("threshold", 0.0) != 0.0:
        raise settings.unsupported("ReLU with a threshold", "threshold 0")
    if top is None and slope != 0.0:
        return LeakyRelu(alpha=slope)
    if slope != 0.0 or top not in (None, 6):
        raise settings.unsupported(
            f"ReLU with max_value {top} and slope {slope:g}",
            "max_value None or 6; a slope only without max_value",
        )
    return Relu(bounds=Activation.RELU if top is None else Activation.RELU6)


def _leaky_relu(settings: Settings, shape: tuple[int, ...]) -> Operator:
    # Keras 2 calls the slope alpha
    return LeakyRelu(alpha=settings.number("negative_slope", settings.get("alpha", 0.3)))


def _softmax(settings: Settings, shape: tuple[int, ...]) -> Operator:
    if settings.axis("axis", len(shape), -1) != len(shape) - 1:
        raise settings.unsupported("softmax over another axis than the last", "axis=-1")
    return Softmax()


_LAYERS = {"ReLU": _relu, "LeakyReLU": _leaky_relu, "Softmax": _softmax}


@imports("Activation")
def activation(layer: Layer) -> Value:
    return apply_activation(layer, layer.x, suffix="")


@imports("HardSilu", "keras.ops.HardSilu")  # .h5 files do not say that it is no layer
def hard_silu(layer: Layer) -> Value:
    return _apply(layer, layer.x, HardSwish())


@imports("ReLU")
def relu(layer: Layer) -> Value:
    return _apply(layer, layer.x, _relu(layer.settings, layer.x.shape))


@imports("LeakyReLU")
def leaky_relu(layer: Layer) -> Value:
    return _apply(layer, layer.x, _leaky_relu(layer.settings, layer.x.shape))


@imports("Softmax")
def softmax(layer: Layer) -> Value:
    return _apply(layer, layer.x, _softmax(layer.settings, layer.x.shape))
