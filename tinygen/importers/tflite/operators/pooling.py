"""AVERAGE_POOL_2D, MAX_POOL_2D, MEAN."""

import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.padding import window_padding
from tinygen.importers.tflite.registry import imports
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.pool import PoolOperator


@imports("AVERAGE_POOL_2D")
def average_pool(layer: Layer) -> None:
    _pool(layer, AveragePool2D)


@imports("MAX_POOL_2D")
def max_pool(layer: Layer) -> None:
    _pool(layer, MaxPool2D)


def _pool(layer: Layer, operator: type[PoolOperator]) -> None:
    kh, kw, sh, sw, padding, activation = layer.options(
        tflite.Pool2DOptions,
        *("FilterHeight", "FilterWidth", "StrideH", "StrideW"),
        *("Padding", "FusedActivationFunction"),
    )
    x = layer.activation(0, ranks=(4,))
    op = operator(
        kernel=(kh, kw),
        stride=(sh, sw),
        padding=window_padding(layer, padding, x, (kh, kw), (sh, sw)),
        activation=layer.fused_activation(activation),
    )
    layer.add(op, x)


@imports("MEAN")
def mean(layer: Layer) -> None:
    (keep_dims,) = layer.options(tflite.ReducerOptions, "KeepDims")
    x = layer.activation(0)
    axes = sorted({layer.axis(a, len(x.shape)) for a in layer.integers(1)})
    layer.add(Mean(axes=tuple(axes), keep_dims=bool(keep_dims)), x)
