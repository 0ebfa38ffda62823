"""Operators that move data: CONCATENATION, PAD, PADV2, RESHAPE, SQUEEZE, EXPAND_DIMS.

SHAPE, STRIDED_SLICE, GATHER, REDUCE_PROD, PACK and CONCATENATION are read where they compute a shape,
which is known beforehand: converters write them for a dense layer on a sequence or an image.
"""

import math

import numpy as np
import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.operators.moving import gather_computed, pack_computed
from tinygen.importers.tflite.operators.slicing import slice_computed
from tinygen.importers.tflite.registry import imports
from tinygen.ops.activation import Activation
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.pad import Pad
from tinygen.ops.reshape import Reshape

MAX_FOLDED_ELEMENTS = 4096
"""Shapes are short; larger constants are no business of these operators."""


@imports("CONCATENATION")
def concatenation(layer: Layer) -> None:
    axis, activation = layer.options(tflite.ConcatenationOptions, "Axis", "FusedActivationFunction")
    if layer.fused_activation(activation) is not Activation.NONE:
        raise layer.unsupported("a fused activation", "concatenation without activation")
    count = len(layer.operator.inputs)
    if not count:
        raise layer.damaged("there are no inputs")
    if all(layer.constant(i) is not None for i in range(count)):
        _concatenate_shapes(layer, axis)
        return
    inputs = [layer.operand(i) for i in range(count)]
    layer.add(Concatenate(axis=layer.axis(axis, len(inputs[0].shape))), *inputs)


def _concatenate_shapes(layer: Layer, axis: int) -> None:
    parts = _shape_arithmetic(layer, len(layer.operator.inputs))
    if any(p.ndim != 1 or p.dtype != parts[0].dtype for p in parts):
        raise layer.unsupported("no input is computed", "at least one computed input")
    layer.axis(axis, 1)
    layer.fold(np.concatenate(parts))


@imports("PAD")
def pad(layer: Layer) -> None:
    _pad(layer, 0.0)


@imports("PADV2")
def pad_with_value(layer: Layer) -> None:
    declared, data = layer.declared_input(2), layer.constant(2)
    if data is None or data.size != 1 or data.dtype not in (np.float32, np.int8):
        raise layer.unsupported("the padding value", "one constant number of the input's type")
    value = float(data.reshape(()))
    if declared.type == "INT8":
        if declared.scales.size != 1:
            raise layer.damaged("the padding value has no scale")
        value = float(declared.scales[0]) * (value - int(declared.zero_points[0]))
    _pad(layer, value)


def _pad(layer: Layer, value: float) -> None:
    x, pairs = layer.activation(0), layer.integers(1)
    if len(pairs) != 2 * len(x.shape):
        raise layer.damaged(f"{len(pairs)} paddings for {len(x.shape)} dimensions")
    paddings = tuple(zip(pairs[::2], pairs[1::2], strict=True))
    layer.add(Pad(paddings=paddings, value=value), x)


@imports("RESHAPE")
def reshape(layer: Layer) -> None:
    if layer.has_input(1):
        shape = layer.integers(1)
    else:
        (shape,) = layer.options(tflite.ReshapeOptions, "NewShapeAsNumpy")
    size = layer.tensor(0).size
    _reshape(layer, _resolved(layer, shape or (), size))


def _resolved(layer: Layer, shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The shape with its one -1 computed from the number of elements."""
    if shape.count(-1) > 1 or min(shape, default=1) < -1 or 0 in shape:
        raise layer.damaged(f"the new shape {list(shape)}")
    known = math.prod(d for d in shape if d != -1)
    return tuple(size // known if d == -1 else d for d in shape)


@imports("SQUEEZE", "EXPAND_DIMS")
def insert_or_remove_ones(layer: Layer) -> None:
    _reshape(layer, layer.declared_output.shape)


def _reshape(layer: Layer, shape: tuple[int, ...]) -> None:
    data = layer.constant(0)
    if data is None:
        layer.add(Reshape(shape=shape), layer.activation(0))
    elif math.prod(shape) == data.size:
        layer.fold(data.reshape(shape))
    else:
        raise layer.damaged(f"{data.size} elements in the shape {list(shape)}")


@imports("SHAPE")
def shape(layer: Layer) -> None:
    kind = np.int64 if layer.declared_output.type == "INT64" else np.int32
    layer.fold(np.array(layer.tensor(0).shape, kind))


@imports("STRIDED_SLICE")
def strided_slice(layer: Layer) -> None:
    masks = layer.options(
        tflite.StridedSliceOptions,
        *("BeginMask", "EndMask", "ShrinkAxisMask", "EllipsisMask", "NewAxisMask"),
    )
    begin_mask, end_mask, shrink_mask, *others = masks
    if layer.constant(0) is None:
        slice_computed(layer, *masks)
        return
    (data,) = _shape_arithmetic(layer, 1)
    begin, end, strides = (layer.integers(i) for i in (1, 2, 3))
    if any(others) or not data.ndim == len(begin) == len(end) == len(strides) or 0 in strides:
        raise layer.unsupported("this form of slicing", "slices of a shape, one entry per axis")
    index: list[slice | int] = []
    for i, (first, last, stride) in enumerate(zip(begin, end, strides, strict=True)):
        if shrink_mask >> i & 1:
            if not -data.shape[i] <= first < data.shape[i]:
                raise layer.damaged(f"index {first} of an axis of length {data.shape[i]}")
            index.append(first)
        else:
            start = None if begin_mask >> i & 1 else first
            index.append(slice(start, None if end_mask >> i & 1 else last, stride))
    layer.fold(data[tuple(index)])


@imports("GATHER")
def gather(layer: Layer) -> None:
    axis, batch_dims = layer.options(tflite.GatherOptions, "Axis", "BatchDims")
    if layer.constant(0) is None:
        gather_computed(layer, axis, batch_dims)
        return
    data, indices = _shape_arithmetic(layer, 2)
    if data.ndim != 1 or batch_dims or layer.axis(axis, 1) or indices.dtype.kind != "i":
        raise layer.unsupported("this form of gathering", "entries of a shape")
    if ((indices < 0) | (indices >= data.size)).any():
        raise layer.damaged(f"an index outside of {data.size} entries")
    layer.fold(data[indices])


@imports("REDUCE_PROD")
def reduce_prod(layer: Layer) -> None:
    (keep_dims,) = layer.options(tflite.ReducerOptions, "KeepDims")
    (data,) = _shape_arithmetic(layer, 1)
    axes = {layer.axis(a, data.ndim) for a in layer.integers(1)}
    if data.ndim != 1 or data.dtype.kind != "i" or not axes:
        raise layer.unsupported("this form of product", "the product of the entries of a shape")
    product = math.prod(int(d) for d in data)
    if product > np.iinfo(np.int32).max:
        raise layer.damaged(f"a shape with {product} elements")
    layer.fold(np.full([1] if keep_dims else [], product, data.dtype))


@imports("PACK")
def pack(layer: Layer) -> None:
    (axis,) = layer.options(tflite.PackOptions, "Axis")
    count = len(layer.operator.inputs)
    if any(layer.constant(i) is None for i in range(count)):
        pack_computed(layer, axis)
        return
    parts = _shape_arithmetic(layer, count)
    if not parts or len({(p.shape, p.dtype) for p in parts}) != 1:
        raise layer.damaged("the inputs have different shapes or types")
    layer.fold(np.stack(parts, layer.axis(axis, parts[0].ndim + 1)))


def _shape_arithmetic(layer: Layer, count: int) -> list[np.ndarray]:
    """The first inputs, which must be small constants."""
    parts = [layer.constant(i) for i in range(count)]
    if any(p is None or p.size > MAX_FOLDED_ELEMENTS for p in parts):
        raise layer.unsupported(
            "it works on data that is computed at run time", "shapes, which are known beforehand"
        )
    return parts
