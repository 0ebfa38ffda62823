"""TRANSPOSE_CONV, RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR, TILE, SLICE: other sizes of images."""

import math

import numpy as np
import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.operators.moving import repeat
from tinygen.importers.tflite.padding import window_padding
from tinygen.importers.tflite.registry import imports
from tinygen.importers.tflite.weights import bias, weights
from tinygen.ir import Tensor
from tinygen.ops.crop import Crop
from tinygen.ops.reshape import Reshape
from tinygen.ops.resize_bilinear import ResizeBilinear
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.upsampling2d import UpSampling2D

MAX_SIZE = 2**15
"""No output of an honest model is higher or wider."""


@imports("TRANSPOSE_CONV")
def transpose_convolution(layer: Layer) -> None:
    scheme, sh, sw, activation = layer.options(
        tflite.TransposeConvOptions, "Padding", "StrideH", "StrideW", "FusedActivationFunction"
    )
    shape, w = layer.integers(0), weights(layer, 1, rank=4, axis=0, data_at=2)
    x = layer.activation(2, ranks=(4,))
    if len(shape) != 4 or w.shape[3] != x.channels or shape[3] != w.shape[0]:
        what = f"an output of {list(shape)} from {list(x.shape)} with weights {list(w.shape)}"
        raise layer.damaged(what)
    size = _size(layer, shape[1:3])
    op = TransposeConv2D(
        activation=layer.fused_activation(activation),
        stride=(sh, sw),
        size=size,
        offset=_offset(layer, scheme, x, w, (sh, sw), size),
    )
    layer.add(op, x, w, *bias(layer, 3, w.shape[0], data_at=2))


def _offset(
    layer: Layer,
    scheme: int,
    x: Tensor,
    w: Tensor,
    stride: tuple[int, int],
    size: tuple[int, int],
) -> tuple[int, int]:
    """What a convolution from the output back to the input pads above and on the left."""
    output = Tensor(name="output", shape=(1, *size, w.shape[0]), dtype=x.dtype)
    padding = window_padding(layer, scheme, output, w.shape[1:3], stride)
    return padding.top, padding.left


def _resizing(layer: Layer, table: type) -> tuple[Tensor, tuple[int, ...], bool, bool]:
    """The input, the size of the output, align_corners, half_pixel_centers."""
    aligned, half_pixels = layer.options(table, "AlignCorners", "HalfPixelCenters")
    x, size = layer.activation(0, ranks=(4,)), layer.integers(1)
    if len(size) != 2:
        raise layer.damaged(f"a size of {len(size)} numbers")
    return x, _size(layer, size), bool(aligned), bool(half_pixels)


@imports("RESIZE_NEAREST_NEIGHBOR")
def resize_nearest(layer: Layer) -> None:
    x, size, aligned, half_pixels = _resizing(layer, tflite.ResizeNearestNeighborOptions)
    for length, made in zip(x.shape[1:3], size, strict=True):
        chosen = _nearest(length, made, aligned, half_pixels)
        if made % length or not np.array_equal(chosen, np.arange(made) // (made // length)):
            raise layer.unsupported(
                f"from {list(x.shape[1:3])} to {list(size)}, align_corners {aligned}",
                "sizes that are multiples of the input's, each pixel repeated",
            )
    layer.add(UpSampling2D(factor=(size[0] // x.shape[1], size[1] // x.shape[2])), x)


def _nearest(length: int, made: int, aligned: bool, half_pixels: bool) -> np.ndarray:
    """The input cell of every output cell of an axis, as TFLite finds it in float32."""
    f32 = np.float32
    is_aligned = aligned and made > 1
    scale = f32(length - 1) / f32(made - 1) if is_aligned else f32(length) / f32(made)
    at = (np.arange(made, dtype=f32) + f32(0.5 if half_pixels else 0.0)) * scale
    # C's round of numbers above 0
    cells = np.floor(at.astype(np.float64) + 0.5) if aligned else np.floor(at)
    return np.clip(cells.astype(np.int64), 0, length - 1)


def _size(layer: Layer, size: tuple[int, ...]) -> tuple[int, ...]:
    if not all(1 <= length <= MAX_SIZE for length in size):
        raise layer.damaged(f"an output of {list(size)}")
    return size


@imports("RESIZE_BILINEAR")
def resize_bilinear(layer: Layer) -> None:
    x, size, aligned, half_pixels = _resizing(layer, tflite.ResizeBilinearOptions)
    op = ResizeBilinear(size=size, aligned=aligned, half_pixels=half_pixels)
    layer.add(op, x)


@imports("TILE")
def tile(layer: Layer) -> None:
    """One inner axis of length 1, which converters write for upsampling layers of Keras 3, repeats pixels."""
    x, times = layer.activation(0), layer.integers(1)
    if len(times) != len(x.shape):
        raise layer.damaged(f"{len(times)} multiples for {len(x.shape)} dimensions")
    axes = [axis for axis, n in enumerate(times) if n != 1]
    if len(axes) != 1 or not 0 < axes[0] < len(times) - 1 or x.shape[axes[0]] != 1:
        repeat(layer, x, x.shape, times)
        return
    (axis,) = axes
    (count,) = _size(layer, times[axis : axis + 1])
    image, factor = _as_image(x.shape, axis, count)
    y = layer.derive("image", Reshape(shape=image), x)
    y = layer.derive("repeated", UpSampling2D(factor=factor), y)
    layer.add(Reshape(shape=(*x.shape[:axis], count, *x.shape[axis + 1 :])), y)


def _as_image(
    shape: tuple[int, ...], axis: int, count: int
) -> tuple[tuple[int, ...], tuple[int, int]]:
    """An image with the elements of a shape, and factors that repeat its axis of length 1: the last axis are pixels,
    what lies between are the columns of rows."""
    before, after = shape[1:axis], shape[axis + 1 :]
    if len(after) > 1:
        return (shape[0], math.prod(before), math.prod(after[:-1]), after[-1]), (count, 1)
    return (shape[0], math.prod(before[:-1]), *(before[-1:] or (1,)), after[0]), (1, count)


@imports("SLICE")
def take_box(layer: Layer) -> None:
    x, begin, size = layer.activation(0), layer.integers(1), layer.integers(2)
    if not len(x.shape) == len(begin) == len(size):
        raise layer.damaged(f"begin {list(begin)} and size {list(size)} of {list(x.shape)}")
    ends = (d if n == -1 else b + n for d, b, n in zip(x.shape, begin, size, strict=True))
    add_crop(layer, x, begin, tuple(ends))


def add_crop(layer: Layer, x: Tensor, begin: tuple[int, ...], end: tuple[int, ...]) -> None:
    """Add the box of x from cell `begin` to before cell `end`."""
    if any(not 0 <= b < e <= d for b, e, d in zip(begin, end, x.shape, strict=True)):
        raise layer.damaged(f"the box from {list(begin)} to {list(end)} of {list(x.shape)}")
    crops = tuple((b, d - e) for b, e, d in zip(begin, end, x.shape, strict=True))
    layer.add(Crop(crops=crops), x)
