"""Layers that bring what is computed at run time to one mean, variance or length."""

from collections.abc import Sequence

import numpy as np

from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.layers.normalization import line
from tinygen.importers.keras.layers.operations import reshaped
from tinygen.importers.keras.registry import imports
from tinygen.importers.keras.weights import Shapes
from tinygen.ir import Tensor
from tinygen.ops.curve import Curve
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.real_functions import Chain, Line, Named
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.sub import Sub
from tinygen.ops.sum import Sum


@imports("LayerNormalization")
def layer_normalization(layer: Layer) -> Value:
    _expect_last_axis(layer)
    x = layer.x
    if layer.settings.flag("rms_scaling", False):
        y = _scaled(
            layer, x.tensor, _mean_square(layer, x.tensor), layer.settings.number("epsilon", 1e-3)
        )
    else:
        y = _standardized(layer, x.tensor, (len(x.tensor.shape) - 1,))
    return _affine(layer, layer.same_shape(y, x))


@imports("RMSNormalization")
def rms_normalization(layer: Layer) -> Value:
    """y = x / sqrt(mean of x**2 + epsilon) * scale"""
    _expect_last_axis(layer)
    x = layer.x
    y = _scaled(
        layer, x.tensor, _mean_square(layer, x.tensor), layer.settings.number("epsilon", 1e-6)
    )
    scale = layer.weights({"scale": (x.shape[-1],)})["scale"]
    return line(layer, layer.same_shape(y, x), scale, 0.0)


@imports("GroupNormalization")
def group_normalization(layer: Layer) -> Value:
    """The channels of a group have one mean and variance over all pixels."""
    _expect_last_axis(layer)
    x = layer.x
    *pixels, channels = x.tensor.shape
    groups = layer.settings.get("groups", 32)
    if type(groups) is not int or groups == 0 or channels % groups:
        raise layer.unsupported(f"{groups} groups of {channels} channels", "groups of one size")
    groups = channels if groups < 0 else groups
    cut = (*pixels, groups, channels // groups)
    inner = reshaped(layer, x.tensor, cut, "groups")
    axes = (*range(1, len(pixels)), len(cut) - 1)
    y = _standardized(layer, inner, axes)
    return _affine(layer, layer.same_shape(reshaped(layer, y, x.tensor.shape, "joined"), x))


@imports("UnitNormalization")
def unit_normalization(layer: Layer) -> Value:
    """y = x / sqrt(sum of x**2)"""
    _expect_last_axis(layer)
    x = layer.x
    squares = layer.node(Curve(of=Named.SQUARE), x.tensor, suffix="squares")
    last = len(x.tensor.shape) - 1
    total = layer.node(Sum(axes=(last,), keep_dims=True), squares, suffix="total")
    return layer.same_shape(_scaled(layer, x.tensor, total, 1e-12), x)


def _expect_last_axis(layer: Layer) -> None:
    rank = len(layer.x.shape)
    if layer.settings.axis("axis", rank, -1) != rank - 1:
        raise layer.unsupported("normalization along another axis than the last", "axis=-1")


def _standardized(layer: Layer, x: Tensor, axes: Sequence[int]) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon)"""
    over = Mean(axes=tuple(axes), keep_dims=True)
    mean = layer.node(over, x, suffix="mean")
    squares = layer.node(SquaredDifference(), x, mean, suffix="squares")
    variance = layer.node(over, squares, suffix="variance")
    centered = layer.node(Sub(), x, mean, suffix="centered")
    return _scaled(layer, centered, variance, layer.settings.number("epsilon", 1e-3))


def _mean_square(layer: Layer, x: Tensor) -> Tensor:
    squares = layer.node(Curve(of=Named.SQUARE), x, suffix="squares")
    return layer.node(Mean(axes=(len(x.shape) - 1,), keep_dims=True), squares, suffix="variance")


def _scaled(layer: Layer, x: Tensor, variance: Tensor, epsilon: float) -> Tensor:
    """x / sqrt(variance + epsilon)"""
    inverse = Curve(of=Chain(first=Line(offset=epsilon), second=Rsqrt()))
    factor = layer.node(inverse, variance, suffix="inverse_deviation")
    return layer.node(Mul(), x, factor, suffix="normalized")


def _affine(layer: Layer, x: Value) -> Value:
    """gamma * x + beta, as far as the layer has them."""
    channels = x.shape[-1]
    has = {"gamma": layer.settings.flag("scale", True), "beta": layer.settings.flag("center", True)}
    if layer.settings.flag("rms_scaling", False):
        has["beta"] = False
    shapes: Shapes = {name: (channels,) for name, there in has.items() if there}
    if not shapes:
        return x
    weights = layer.weights(shapes)
    gamma = weights.get("gamma", np.ones(channels, np.float32))
    return line(layer, x, gamma, weights.get("beta", np.zeros(channels, np.float32)))


@imports("Normalize", "keras.ops.Normalize")
def normalize(layer: Layer) -> Value:
    """y = x / its length along the last axis"""
    if layer.settings.get("order", 2) != 2:
        raise layer.unsupported("a length of another order than 2", "order=2")
    return image(layer.plain(unit_normalization(layer)))
