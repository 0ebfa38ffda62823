"""Pooling, within windows and over whole images."""

from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.registry import imports
from tinygen.ir import Tensor
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.reshape import Reshape
from tinygen.ops.window import Padding, same_padding


def _pool(layer: Layer, spatial: int, kind: type[AveragePool2D] | type[MaxPool2D]) -> Value:
    settings = layer.settings
    settings.check_channels_last()
    x = layer.lifted(layer.expect_rank(spatial + 2))
    kernel = settings.extent("pool_size", spatial, 2)
    stride = settings.extent("strides", spatial, list(kernel[2 - spatial :]))
    mode = settings.text("padding", "valid")
    if mode not in ("valid", "same"):
        raise layer.unsupported(f"padding {mode!r}", "valid, same")
    _, height, width, _ = x.shape
    padding = same_padding((height, width), kernel, stride) if mode == "same" else Padding()
    y = layer.node(kind(kernel=kernel, stride=stride, padding=padding), x)
    return layer.signal(y) if spatial == 1 else image(y)


@imports("AveragePooling2D", "AvgPool2D")
def average_pooling2d(layer: Layer) -> Value:
    return _pool(layer, 2, AveragePool2D)


@imports("AveragePooling1D", "AvgPool1D")
def average_pooling1d(layer: Layer) -> Value:
    return _pool(layer, 1, AveragePool2D)


@imports("MaxPooling2D", "MaxPool2D")
def max_pooling2d(layer: Layer) -> Value:
    return _pool(layer, 2, MaxPool2D)


@imports("MaxPooling1D", "MaxPool1D")
def max_pooling1d(layer: Layer) -> Value:
    return _pool(layer, 1, MaxPool2D)


def _global_input(layer: Layer, spatial: int) -> tuple[Tensor, tuple[int, ...]]:
    """The input as an image, and the shape of the result."""
    layer.settings.check_channels_last()
    x = layer.expect_rank(spatial + 2)
    keeps = layer.settings.flag("keepdims", False)
    n, channels = x.shape[0], x.shape[-1]
    return layer.lifted(x), (n, *(1,) * spatial, channels) if keeps else (n, channels)


def _global_average(layer: Layer, spatial: int) -> Value:
    x, shape = _global_input(layer, spatial)
    y = layer.node(Mean(axes=(1, 2), keep_dims=len(shape) > 2), x)
    return Value(tensor=y, shape=shape)


@imports("GlobalAveragePooling2D", "GlobalAvgPool2D")
def global_average_pooling2d(layer: Layer) -> Value:
    return _global_average(layer, 2)


@imports("GlobalAveragePooling1D", "GlobalAvgPool1D")
def global_average_pooling1d(layer: Layer) -> Value:
    return _global_average(layer, 1)


def _global_max(layer: Layer, spatial: int) -> Value:
    x, shape = _global_input(layer, spatial)
    _, height, width, _ = x.shape
    y = layer.node(MaxPool2D(kernel=(height, width), stride=(height, width)), x)
    if len(shape) == 2:
        y = layer.node(Reshape(shape=shape), y, suffix="flatten")
    return Value(tensor=y, shape=shape)


@imports("GlobalMaxPooling2D", "GlobalMaxPool2D")
def global_max_pooling2d(layer: Layer) -> Value:
    return _global_max(layer, 2)


@imports("GlobalMaxPooling1D", "GlobalMaxPool1D")
def global_max_pooling1d(layer: Layer) -> Value:
    return _global_max(layer, 1)
