"""Layers that scale and shift each channel by constants; all become BatchNormalization."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygen.importers.keras.builder import Layer, Value
from tinygen.importers.keras.registry import imports
from tinygen.ops.batch_normalization import BatchNormalization

_PARAMETERS = ("gamma", "beta", "moving_mean", "moving_variance")
_NEUTRAL = {"gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0}
_LEAST_DEVIATION = 1e-7  # Keras divides Normalization by no less


@imports("BatchNormalization", "SyncBatchNormalization", "BatchNormalizationV1")
def batch_normalization(layer: Layer) -> Value:
    settings, x = layer.settings, layer.x
    if settings.axis("axis", len(x.shape), -1) != len(x.shape) - 1:
        raise layer.unsupported("normalization along another axis than the last", "axis=-1")
    left_out = {
        "gamma": not settings.flag("scale", True),
        "beta": not settings.flag("center", True),
    }
    names = [name for name in _PARAMETERS if not left_out.get(name, False)]
    weights = layer.weights(dict.fromkeys(names, (x.shape[-1],)))
    return _affine(layer, weights, epsilon=settings.number("epsilon", 1e-3))


@imports("Normalization")
def normalization(layer: Layer) -> Value:
    """y = (x - mean) / max(sqrt(variance), 1e-7); with `invert` the other way round."""
    mean, variance = _statistics(layer)
    deviation = np.maximum(np.sqrt(variance), np.float32(_LEAST_DEVIATION))
    if layer.settings.flag("invert", False):
        return _affine(layer, {"gamma": deviation, "beta": mean}, epsilon=0.0)
    return _affine(layer, {"moving_mean": mean, "moving_variance": deviation**2}, epsilon=0.0)


def _statistics(layer: Layer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and variance [C]: from the settings where they were given, else learned ones."""
    settings, x = layer.settings, layer.x
    if "mean" in settings:
        return _per_channel(layer, "mean"), _per_channel(layer, "variance")
    axis = settings.get("axis", [-1])
    axes = axis if isinstance(axis, list) else [axis]
    if len(axes) != 1 or settings.axis("axis", len(x.shape), -1) != len(x.shape) - 1:
        raise layer.unsupported(f"normalization with axis {axis}", "axis=-1")
    shape = (x.shape[-1],)
    weights = layer.weights({"mean": shape, "variance": shape, "count": ()})
    return weights["mean"], weights["variance"]


@imports("Rescaling")
def rescaling(layer: Layer) -> Value:
    """y = scale * x + offset"""
    return line(layer, layer.x, _per_channel(layer, "scale"), _per_channel(layer, "offset", 0.0))


def _per_channel(layer: Layer, key: str, default: Any = None) -> NDArray[np.float32]:
    """A setting that is one number or one per channel, as [C]."""
    settings, channels = layer.settings, layer.x.shape[-1]
    value = settings.get(key) if default is None else settings.get(key, default)
    if isinstance(value, dict):
        # Keras 3 writes arrays as {"class_name": "__numpy__", "config": {"value": ...}}
        config = value.get("config")
        value = config.get("value") if isinstance(config, dict) else None
    try:
        array = np.asarray(value, np.float32).reshape(-1)
        return np.broadcast_to(array, (channels,))
    except (TypeError, ValueError, OverflowError):
        raise settings.wrong(key, value, f"a number, or {channels} numbers") from None


def line(
    layer: Layer, x: Value, factor: NDArray | float, offset: NDArray | float, suffix: str = ""
) -> Value:
    """y = factor * x + offset, with one number each or one per channel."""
    name = f"{suffix}/" if suffix else ""
    shape = (x.shape[-1],)
    gamma, beta, mean, variance = (
        layer.constant(f"{name}{key}", np.broadcast_to(np.asarray(value, np.float32), shape))
        for key, value in zip(_PARAMETERS, (factor, offset, 0.0, 1.0), strict=True)
    )
    op = BatchNormalization(epsilon=0.0)
    return layer.same_shape(layer.node(op, x.tensor, gamma, beta, mean, variance, suffix=suffix), x)


def _affine(layer: Layer, weights: Mapping[str, NDArray], epsilon: float) -> Value:
    channels = layer.x.shape[-1]
    parameters = [
        layer.constant(name, weights.get(name, np.full(channels, _NEUTRAL[name], np.float32)))
        for name in _PARAMETERS
    ]
    y = layer.node(BatchNormalization(epsilon=epsilon), layer.x.tensor, *parameters)
    return layer.same_shape(y, layer.x)
