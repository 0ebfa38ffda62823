"""AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, SUM, REDUCE_MAX, REDUCE_MIN."""

import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.padding import window_padding
from tinygen.importers.tflite.registry import imports
from tinygen.ir import Tensor
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.max_pool2d import MaxPool2D
from tinygen.ops.mean import Mean
from tinygen.ops.pool import PoolOperator
from tinygen.ops.reduce_extreme import ReduceMaximum, ReduceMinimum, ReduceOperator
from tinygen.ops.reshape import Reshape
from tinygen.ops.sum import Sum


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
    _reduce(layer, Mean)


@imports("SUM")
def total(layer: Layer) -> None:
    _reduce(layer, Sum)


@imports("REDUCE_MIN")
def reduce_min(layer: Layer) -> None:
    _reduce(layer, ReduceMinimum)


@imports("REDUCE_MAX")
def reduce_max(layer: Layer) -> None:
    """Over rows and columns it is a pooling window of the image's size, which has faster kernels."""
    x, axes, keep_dims = _reduction(layer)
    rank = len(x.shape)
    if rank not in (3, 4) or not set(axes) <= set(range(1, rank - 1)):
        _reduce(layer, ReduceMaximum)
        return
    reduced = tuple(1 if i in axes else d for i, d in enumerate(x.shape))
    shape = reduced if keep_dims else tuple(d for i, d in enumerate(x.shape) if i not in axes)
    if rank == 3:
        x = layer.derive("image", Reshape(shape=(x.shape[0], 1, *x.shape[1:])), x)
        reduced = (reduced[0], 1, *reduced[1:])
    height, width = (d if r == 1 else 1 for d, r in zip(x.shape[1:3], reduced[1:3], strict=True))
    pool = MaxPool2D(kernel=(height, width), stride=(1, 1))
    if shape == reduced:
        layer.add(pool, x)
    else:
        layer.add(Reshape(shape=shape), layer.derive("pool", pool, x))


def _reduction(layer: Layer) -> tuple[Tensor, tuple[int, ...], bool]:
    """The input, the axes, and whether they stay."""
    (keep_dims,) = layer.options(tflite.ReducerOptions, "KeepDims")
    x = layer.activation(0)
    axes = {layer.axis(a, len(x.shape)) for a in layer.integers(1)}
    return x, tuple(sorted(axes)), bool(keep_dims)


def _reduce(layer: Layer, operator: type[Mean | ReduceOperator]) -> None:
    x, axes, keep_dims = _reduction(layer)
    if axes and axes[0] == 0 and x.shape[0] == 1 and len(axes) > 1 and keep_dims:
        axes = axes[1:]  # a batch of one
    layer.add(operator(axes=axes, keep_dims=keep_dims), x)
