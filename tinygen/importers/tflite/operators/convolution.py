"""CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED: operators with weights."""

import tflite

from tinygen.importers.tflite.dilation import DilatedConvolution
from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.padding import batches_padding, window_padding
from tinygen.importers.tflite.registry import imports
from tinygen.importers.tflite.weights import bias, weights
from tinygen.ir import Tensor
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.convolution import ConvolutionOperator
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.reshape import Reshape
from tinygen.ops.window import Window

_STRIDES = ("StrideH", "StrideW", "DilationHFactor", "DilationWFactor")


@imports("CONV_2D")
def convolution(layer: Layer) -> None:
    table = tflite.Conv2DOptions
    padding, activation = layer.options(table, "Padding", "FusedActivationFunction")
    x, w = _image(layer), weights(layer, 1, rank=4, axis=0)
    groups, rest = divmod(x.channels, w.shape[3])
    if rest or groups < 1 or w.shape[0] % groups:
        raise layer.damaged(f"weights {list(w.shape)} for an input of {x.channels} channels")
    window = _window(layer, padding, table, x, w)
    op = Conv2D(
        activation=layer.fused_activation(activation),
        stride=window.stride,
        dilation=window.dilation,
        padding=window.padding,
    )
    _add(layer, op, x, w, *bias(layer, 2, w.shape[0]))


@imports("DEPTHWISE_CONV_2D")
def depthwise_convolution(layer: Layer) -> None:
    table = tflite.DepthwiseConv2DOptions
    padding, activation, multiplier = layer.options(
        table, "Padding", "FusedActivationFunction", "DepthMultiplier"
    )
    x, w = _image(layer), weights(layer, 1, rank=4, axis=3)
    if w.shape[0] != 1 or w.shape[3] != x.channels * multiplier:
        raise layer.damaged(
            f"weights {list(w.shape)} for {x.channels} channels and depth multiplier {multiplier}"
        )
    window = _window(layer, padding, table, x, w)
    op = DepthwiseConv2D(
        activation=layer.fused_activation(activation),
        stride=window.stride,
        dilation=window.dilation,
        padding=window.padding,
    )
    _add(layer, op, x, w, *bias(layer, 2, w.shape[3]))


def _image(layer: Layer) -> Tensor:
    """The input [N, H, W, C]; the sequence of a dilated convolution gets its axis of length 1."""
    operator = layer.operator
    if not isinstance(operator, DilatedConvolution) or operator.added_axis is None:
        return layer.activation(0, ranks=(4,))
    x, axis = layer.activation(0, ranks=(3,)), operator.added_axis
    return layer.derive("image", Reshape(shape=(*x.shape[:axis], 1, *x.shape[axis:])), x)


def _window(layer: Layer, scheme: int, table: type, x: Tensor, w: Tensor) -> Window:
    """Kernel, stride, dilation and padding of a convolution over x [N, H, W, C]."""
    sh, sw, dh, dw = layer.options(table, *_STRIDES)
    _, kh, kw, _ = w.shape
    kernel, stride, dilation = (kh, kw), (sh, sw), (dh, dw)
    padding = window_padding(layer, scheme, x, kernel, stride, dilation)
    if isinstance(layer.operator, DilatedConvolution):
        if scheme != tflite.Padding.VALID or not sh == sw == dh == dw == 1:
            raise layer.unsupported(
                "a stride, a dilation or padding between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND",
                "a plain convolution between them",
            )
        dilation, padding = layer.operator.block, batches_padding(layer, layer.operator, x)
    return Window(kernel=kernel, stride=stride, dilation=dilation, padding=padding)


def _add(layer: Layer, op: ConvolutionOperator, *inputs: Tensor) -> None:
    """Add the convolution; that of a sequence loses its axis of length 1 again."""
    operator = layer.operator
    if not isinstance(operator, DilatedConvolution) or operator.added_axis is None:
        layer.add(op, *inputs)
        return
    y = layer.derive("convolution", op, *inputs, like=layer.output())
    axis = operator.added_axis
    layer.add(Reshape(shape=(*y.shape[:axis], *y.shape[axis + 1 :])), y)


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
