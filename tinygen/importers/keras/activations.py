"""Which operators activations are, by the names and settings that Keras has for them."""

import math
from collections.abc import Callable
from typing import Any

from tinygen.importers.keras.builder import Layer
from tinygen.importers.keras.settings import Settings
from tinygen.ir import Operator
from tinygen.ops.activation import Activation
from tinygen.ops.curve import Curve
from tinygen.ops.elu import Elu
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.logistic import Logistic
from tinygen.ops.real_functions import BentRelu, Chain, Clip, Line, Named
from tinygen.ops.relu import Relu
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.softmax import Softmax
from tinygen.ops.tanh import Tanh

_SILU, _EXPONENTIAL = Curve(of=Named.SILU), Curve(of=Named.EXPONENTIAL)

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
    "hard_sigmoid": Curve(of=Named.HARD_SIGMOID),
    "silu": _SILU,
    "swish": _SILU,
    "gelu": Curve(of=Named.GELU),
    "elu": Elu(),
    "selu": Curve(of=Named.SELU),
    "softplus": Curve(of=Named.SOFTPLUS),
    "softsign": Curve(of=Named.SOFTSIGN),
    "exponential": _EXPONENTIAL,
    "exp": _EXPONENTIAL,
    "mish": Curve(of=Named.MISH),
    "celu": Elu(),
    "hard_tanh": Curve(of=Clip(low=-1.0, high=1.0)),
    "log_sigmoid": Curve(of=Named.LOG_SIGMOID),
    "tanh_shrink": Curve(of=Named.TANH_SHRINK),
    "squareplus": Curve(of=Named.SQUARE_PLUS),
}

_OLD_HARD_SIGMOID = Curve(of=Chain(first=Line(factor=0.2, offset=0.5), second=Clip(low=0, high=1)))
"""Keras 2: clip(0.2 * x + 0.5, 0, 1). Keras 3: relu6(x + 3) / 6."""


def check_activation(layer: Layer) -> None:
    """Note a problem with the layer's `activation` setting, where its inputs are not known."""
    operator_of(layer, layer.settings.get("activation", "linear"), None)


def operator_of(layer: Layer, spec: Any, rank: int | None) -> Operator | None:
    """The operator for a function's name, or for the dictionary of an activation layer or a function.

    `rank` is that of its input, None where that is not known. An unknown activation is noted as a problem and left
    out, so that the layers behind it are looked at, too.
    """
    if isinstance(spec, dict):
        config, class_name = spec.get("config"), spec.get("class_name")
        if isinstance(config, str):
            spec = config  # a function: {"class_name": "function", "config": "relu6"}
        elif isinstance(class_name, str) and class_name in LAYERS:
            values = config if isinstance(config, dict) else {}
            settings = Settings(values=values, where=layer.settings.where)
            return LAYERS[class_name](settings, rank)
        else:
            spec = class_name
    if spec == "hard_sigmoid" and layer.is_keras_2:
        return _OLD_HARD_SIGMOID
    if not isinstance(spec, str) or spec not in _FUNCTIONS:
        names = ", ".join(_FUNCTIONS)
        layer.problems.append(layer.unsupported(f"activation {spec!r} is not supported", names))
        return None
    return _FUNCTIONS[spec]


def _relu(settings: Settings, rank: int | None = None) -> Operator:
    top = settings.number("max_value", math.inf) if "max_value" in settings else math.inf
    slope = settings.number("negative_slope", settings.get("alpha", 0.0))
    threshold = settings.number("threshold", 0.0)
    if threshold == 0.0 and top == math.inf and slope >= 0.0:
        return LeakyRelu(alpha=slope) if slope else Relu(bounds=Activation.RELU)
    if threshold == 0.0 and top == 6.0 and slope == 0.0:
        return Relu(bounds=Activation.RELU6)
    return Curve(of=BentRelu(top=top, threshold=threshold, slope=slope))


def _leaky_relu(settings: Settings, rank: int | None = None) -> Operator:
    # Keras 2 calls the slope alpha
    slope = settings.number("negative_slope", settings.get("alpha", 0.3))
    return LeakyRelu(alpha=slope) if slope >= 0.0 else Curve(of=BentRelu(slope=slope))


def _softmax(settings: Settings, rank: int | None) -> Operator:
    if rank is not None and settings.axis("axis", rank, -1) != rank - 1:
        raise settings.unsupported("softmax over another axis than the last", "axis=-1")
    return Softmax()


def _elu(settings: Settings, rank: int | None = None) -> Operator:
    return Elu(alpha=settings.number("alpha", 1.0))


def _gelu(settings: Settings) -> Operator:
    is_rough = settings.flag("approximate", False)
    return Curve(of=Named.GELU_TANH if is_rough else Named.GELU)


def _clip(settings: Settings) -> Operator:
    low, high = (settings.number(key) for key in ("x_min", "x_max"))
    return Curve(of=Clip(low=low, high=high))


LAYERS: dict[str, Callable[[Settings, int | None], Operator]] = {
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "Softmax": _softmax,
    "ELU": _elu,
}

OPERATIONS: dict[str, Callable[[Settings], Operator | None]] = {
    "Relu": lambda _: Relu(bounds=Activation.RELU),
    "Relu6": lambda _: Relu(bounds=Activation.RELU6),
    "LeakyRelu": _leaky_relu,
    "Sigmoid": lambda _: Logistic(),
    "Tanh": lambda _: Tanh(),
    "HardSilu": lambda _: HardSwish(),
    "HardSigmoid": lambda _: Curve(of=Named.HARD_SIGMOID),
    "Silu": lambda _: Curve(of=Named.SILU),
    "Gelu": _gelu,
    "Elu": _elu,
    "Selu": lambda _: Curve(of=Named.SELU),
    "Softplus": lambda _: Curve(of=Named.SOFTPLUS),
    "Softsign": lambda _: Curve(of=Named.SOFTSIGN),
    "Exp": lambda _: Curve(of=Named.EXPONENTIAL),
    "Absolute": lambda _: Curve(of=Named.ABSOLUTE),
    "Square": lambda _: Curve(of=Named.SQUARE),
    "Sqrt": lambda _: Curve(of=Named.ROOT),
    "Rsqrt": lambda _: Rsqrt(),
    "Reciprocal": lambda _: Curve(of=Named.RECIPROCAL),
    "Log": lambda _: Curve(of=Named.LOGARITHM),
    "Sin": lambda _: Curve(of=Named.SINE),
    "Cos": lambda _: Curve(of=Named.COSINE),
    "Clip": _clip,
}
"""Functions that stand alone in Keras 3: keras.activations.silu(x), keras.ops.clip(x, 0, 1)."""

TF_FUNCTIONS = {
    "tf.nn.relu": "Relu",
    "tf.nn.relu6": "Relu6",
    "tf.nn.silu": "Silu",
    "tf.nn.elu": "Elu",
    "tf.nn.selu": "Selu",
    "tf.math.softplus": "Softplus",
    "tf.nn.softsign": "Softsign",
    "tf.math.sigmoid": "Sigmoid",
    "tf.math.tanh": "Tanh",
    "tf.math.exp": "Exp",
    "tf.math.abs": "Absolute",
    "tf.math.square": "Square",
    "tf.math.sqrt": "Sqrt",
    "tf.math.rsqrt": "Rsqrt",
    "tf.math.log": "Log",
}
"""Those of Keras 2 that have no settings."""
