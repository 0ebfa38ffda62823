"""CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED: operators with weights."""

import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.padding import window_padding
from tinygen.importers.tflite.registry import imports
from tinygen.importers.tflite.weights import bias, weights
from tinygen.ir import Tensor
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.reshape import Reshape

_STRIDES = ("StrideH", "StrideW", "DilationHFactor", "DilationWFactor")


@imports("CONV_2D")
def convolution(layer: Layer) -> None:
    table = tflite.Conv2DOptions
    padding, activation = layer.options(table, "Padding", "FusedActivationFunction")
    sh, sw, dh, dw = layer.options(table, *_STRIDES)
    x, w = layer.activation(0, ranks=(4,)), weights(layer, 1, rank=4, axis=0)
    groups, rest = divmod(x.channels, w.shape[3])
    if rest or groups < 1 or w.shape[0] % groups:
        raise layer.damaged(f"weights {list(w.shape)} for an input of {x.channels} channels")
    op = Conv2D(
        activation=layer.fused_activation(activation),
        stride=(sh, sw),
        dilation=(dh, dw),
        padding=window_padding(layer, padding, x, w.shape[1:3], (sh, sw), (dh, dw)),
    )
    layer.add(op, x, w, *bias(layer, 2, w.shape[0]))


@imports("DEPTHWISE_CONV_2D")
def depthwise_convolution(layer: Layer) -> None:
    table = tflite.DepthwiseConv2DOptions
    padding, activation, multiplier = layer.options(
        table, "Padding", "FusedActivationFunction", "DepthMultiplier"
    )
    sh, sw, dh, dw = layer.options(table, *_STRIDES)
    x, w = layer.activation(0, ranks=(4,)), weights(layer, 1, rank=4, axis=3)
    if w.shape[0] != 1 or w.shape[3] != x.channels * multiplier:
        raise layer.damaged(
            f"weights {list(w.shape)} for {x.channels} channels and depth multiplier {multiplier}"
        )
    op = DepthwiseConv2D(
        activation=layer.fused_activation(activation),
        stride=(sh, sw),
        dilation=(dh, dw),
        padding=window_padding(layer, padding, x, w.shape[1:3], (sh, sw), (dh, dw)),
    )
    layer.add(op, x, w, *bias(layer, 2, w.shape[3]))


@imports("FULLY_CONNECTED")
def fully_connected(layer: Layer) -> None:
    table = tflite.FullyConnectedOptions
    activation, layout, keeps_dims = layer.options(
        table, "FusedActivationFunction", "WeightsFormat", "KeepNumDims"
    )
    if layout != tflite.FullyConnectedOptionsWeightsFormat.DEFAULT:
        raise layer.unsupported(f"weights in format {layout}", "weights in the default format")
    x, w = layer.activation(0), weights(layer, 1, rank=2, axis=0)
    if not keeps_dims or x.channels != w.shape[1]:
        x = _as_rows(layer, x, w.shape[1])
    op = FullyConnected(activation=layer.fused_activation(activation))
    layer.add(op, x, w, *bias(layer, 2, w.shape[0]))


def _as_rows(layer: Layer, x: Tensor, length: int) -> Tensor:
    """TFLite flattens the input to [rows, length] when its shape is another."""
    rows, rest = divmod(x.size, length)
    if rest:
        raise layer.damaged(f"an input of {x.size} elements for weights with rows of {length}")
    if x.shape == (rows, length):
        return x
    return layer.derive("flatten", Reshape(shape=(rows, length)), x)
