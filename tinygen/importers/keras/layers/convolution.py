"""Convolutions. Keras stores kernels as [KH, KW, I, O]; 1-D ones become images of height 1."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.layers.activation import apply_activation
from tinygen.importers.keras.registry import imports
from tinygen.importers.keras.weights import Shapes
from tinygen.ir import Operator, Tensor
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Padding, same_padding


@dataclass(frozen=True, kw_only=True)
class _Geometry:
    """What all convolutions share; sizes are (height, width), height 1 for signals."""

    x: Tensor
    spatial: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Padding

    @property
    def channels(self) -> int:
        return self.x.channels

    @property
    def stored_kernel(self) -> tuple[int, ...]:
        """The kernel's size as Keras stores it: one number for signals."""
        return self.kernel[2 - self.spatial :]


def _geometry(layer: Layer, spatial: int) -> _Geometry:
    settings = layer.settings
    settings.check_channels_last()
    x = layer.lifted(layer.expect_rank(spatial + 2))
    kernel = settings.extent("kernel_size", spatial)
    stride = settings.extent("strides", spatial, 1)
    dilation = settings.extent("dilation_rate", spatial, 1)
    mode = settings.text("padding", "valid")
    if mode == "same":
        _, height, width, _ = x.shape
        padding = same_padding((height, width), kernel, stride, dilation)
    elif mode == "causal" and spatial == 1:
        padding = Padding(left=(kernel[1] - 1) * dilation[1])
    elif mode == "valid":
        padding = Padding()
    else:
        raise layer.unsupported(f"padding {mode!r}", "valid, same; causal for 1-D layers")
    return _Geometry(
        x=x, spatial=spatial, kernel=kernel, stride=stride, dilation=dilation, padding=padding
    )


def _finish(layer: Layer, y: Tensor, spatial: int) -> Value:
    return apply_activation(layer, layer.signal(y) if spatial == 1 else image(y))


def _dense_kernel(stored: NDArray, g: _Geometry) -> NDArray:
    """[KH, KW, I, O] or [K, I, O] to [O, KH, KW, I]."""
    return stored.reshape(*g.kernel, *stored.shape[-2:]).transpose(3, 0, 1, 2)


def _depthwise_kernel(stored: NDArray, g: _Geometry) -> NDArray:
    """[KH, KW, C, M] or [K, C, M] to [1, KH, KW, C * M]."""
    return stored.reshape(1, *g.kernel, -1)


def with_bias(layer: Layer, weights: Mapping[str, NDArray], *inputs: Tensor) -> tuple[Tensor, ...]:
    if "bias" not in weights:
        return inputs
    return (*inputs, layer.constant("bias", weights["bias"]))


def _convolve(layer: Layer, spatial: int) -> Value:
    g = _geometry(layer, spatial)
    filters, groups = layer.settings.positive("filters"), layer.settings.positive("groups", 1)
    if g.channels % groups or filters % groups:
        raise layer.settings.wrong("groups", groups, "a divisor of input and output channels")
    shapes: Shapes = {"kernel": (*g.stored_kernel, g.channels // groups, filters)}
    if layer.settings.flag("use_bias", True):
        shapes["bias"] = (filters,)
    weights = layer.weights(shapes)
    kernel = layer.constant("kernel", _dense_kernel(weights["kernel"], g))
    op = Conv2D(stride=g.stride, dilation=g.dilation, padding=g.padding)
    return _finish(layer, layer.node(op, *with_bias(layer, weights, g.x, kernel)), spatial)


@imports("Conv2D", "Convolution2D")
def conv2d(layer: Layer) -> Value:
    return _convolve(layer, spatial=2)


@imports("Conv1D", "Convolution1D")
def conv1d(layer: Layer) -> Value:
    return _convolve(layer, spatial=1)


def _convolve_depthwise(layer: Layer, spatial: int) -> Value:
    g = _geometry(layer, spatial)
    multiplier = layer.settings.positive("depth_multiplier", 1)
    shapes: Shapes = {"depthwise_kernel": (*g.stored_kernel, g.channels, multiplier)}
    if layer.settings.flag("use_bias", True):
        shapes["bias"] = (g.channels * multiplier,)
    weights = layer.weights(shapes)
    kernel = layer.constant("kernel", _depthwise_kernel(weights["depthwise_kernel"], g))
    y = layer.node(_depthwise_operator(g), *with_bias(layer, weights, g.x, kernel))
    return _finish(layer, y, spatial)


def _depthwise_operator(g: _Geometry) -> Operator:
    return DepthwiseConv2D(stride=g.stride, dilation=g.dilation, padding=g.padding)


@imports("DepthwiseConv2D")
def depthwise_conv2d(layer: Layer) -> Value:
    return _convolve_depthwise(layer, spatial=2)


@imports("DepthwiseConv1D")
def depthwise_conv1d(layer: Layer) -> Value:
    return _convolve_depthwise(layer, spatial=1)


def _convolve_separable(layer: Layer, spatial: int) -> Value:
    g = _geometry(layer, spatial)
    filters = layer.settings.positive("filters")
    multiplier = layer.settings.positive("depth_multiplier", 1)
    shapes: Shapes = {
        "depthwise_kernel": (*g.stored_kernel, g.channels, multiplier),
        "pointwise_kernel": (*(1,) * spatial, g.channels * multiplier, filters),
    }
    if layer.settings.flag("use_bias", True):
        shapes["bias"] = (filters,)
    weights = layer.weights(shapes)
    depthwise = _depthwise_kernel(weights["depthwise_kernel"], g)
    x = layer.node(
        _depthwise_operator(g),
        g.x,
        layer.constant("depthwise_kernel", depthwise),
        suffix="depthwise",
    )
    pointwise = weights["pointwise_kernel"].reshape(-1, filters).T
    kernel = layer.constant("pointwise_kernel", np.reshape(pointwise, (filters, 1, 1, -1)))
    return _finish(layer, layer.node(Conv2D(), *with_bias(layer, weights, x, kernel)), spatial)


@imports("SeparableConv2D", "SeparableConvolution2D")
def separable_conv2d(layer: Layer) -> Value:
    return _convolve_separable(layer, spatial=2)


@imports("SeparableConv1D", "SeparableConvolution1D")
def separable_conv1d(layer: Layer) -> Value:
    return _convolve_separable(layer, spatial=1)
