"""Operators that move data in other ways: TRANSPOSE, SPLIT, PACK, UNPACK, GATHER, MIRROR_PAD, and so on."""

import math
from collections.abc import Sequence

import numpy as np
import tflite

from tinygen.importers.tflite.layer import Layer
from tinygen.importers.tflite.registry import imports
from tinygen.ir import Operator, Tensor
from tinygen.ops.concatenate import MAX_INPUTS, Concatenate
from tinygen.ops.crop import Crop
from tinygen.ops.reshape import Reshape
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.tile import Tile
from tinygen.ops.transpose import Transpose

Chain = list[tuple[str, Operator]]
"""Operators one after the other, with the names of what they compute."""


def add_chain(layer: Layer, x: Tensor, chain: Chain, position: int | None = None) -> None:
    """Add operators in a row, the last of which computes an output of the layer."""
    *inner, (_, last) = chain
    for suffix, op in inner:
        x = layer.derive(suffix, op, x)
    layer.add(last, x, position=position)


def range_of(x: Tensor, axis: int, start: int, stride: int, length: int) -> Operator:
    """The operator that takes some cells along one axis."""
    if stride == 1:
        crops = [(0, 0)] * len(x.shape)
        crops[axis] = (start, x.shape[axis] - start - length)
        return Crop(crops=tuple(crops))
    others = range(1, len(x.shape))
    return StridedSlice(
        starts=tuple(start if i == axis else 0 for i in others),
        strides=tuple(stride if i == axis else 1 for i in others),
        lengths=tuple(length if i == axis else x.shape[i] for i in others),
    )


@imports("TRANSPOSE")
def transpose(layer: Layer) -> None:
    x, permutation = layer.activation(0), layer.integers(1)
    if sorted(permutation) != list(range(len(x.shape))):
        raise layer.damaged(f"the permutation {list(permutation)} of {len(x.shape)} dimensions")
    kept = [axis for axis in permutation if x.shape[axis] > 1]
    if kept == sorted(kept):  # only axes of length 1 move: the same bytes
        layer.add(Reshape(shape=tuple(x.shape[axis] for axis in permutation)), x)
    else:
        layer.add(Transpose(permutation=permutation), x)


@imports("SPLIT")
def split(layer: Layer) -> None:
    (count,) = layer.options(tflite.SplitOptions, "NumSplits")
    (axis,) = layer.integers(0)
    x = layer.activation(1)
    axis = layer.axis(axis, len(x.shape))
    if count < 1 or x.shape[axis] % count:
        raise layer.damaged(f"{x.shape[axis]} cells in {count} parts")
    _split(layer, x, axis, [x.shape[axis] // count] * count)


@imports("SPLIT_V")
def split_by_sizes(layer: Layer) -> None:
    x, sizes, (axis,) = layer.activation(0), list(layer.integers(1)), layer.integers(2)
    axis = layer.axis(axis, len(x.shape))
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = x.shape[axis] - sum(sizes) - 1
    if sum(sizes) != x.shape[axis] or min(sizes) < 1:
        raise layer.damaged(f"{x.shape[axis]} cells in parts of {sizes}")
    _split(layer, x, axis, sizes)


def _split(layer: Layer, x: Tensor, axis: int, sizes: Sequence[int]) -> None:
    if len(sizes) != len(layer.operator.outputs):
        raise layer.damaged(f"{len(layer.operator.outputs)} outputs for {len(sizes)} parts")
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    for position, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        layer.add(range_of(x, axis, start, 1, size), x, position=position)


@imports("UNPACK")
def unpack(layer: Layer) -> None:
    count, axis = layer.options(tflite.UnpackOptions, "Num", "Axis")
    x = layer.activation(0)
    axis = layer.axis(axis, len(x.shape))
    if count != x.shape[axis] or count != len(layer.operator.outputs):
        raise layer.damaged(f"{count} parts of an axis of length {x.shape[axis]}")
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    for position in range(count):
        part = (f"part_{position}", range_of(x, axis, position, 1, 1))
        add_chain(layer, x, [part, ("plain", Reshape(shape=shape))], position)


def pack_computed(layer: Layer, axis: int) -> None:
    """PACK of tensors that are computed at run time: a new axis along which they lie."""
    parts = [layer.operand(i) for i in range(len(layer.operator.inputs))]
    axis = layer.axis(axis, len(parts[0].shape) + 1)
    shape = (*parts[0].shape[:axis], 1, *parts[0].shape[axis:])
    thick = [layer.derive(f"part_{i}", Reshape(shape=shape), x) for i, x in enumerate(parts)]
    layer.add(Concatenate(axis=axis), *thick)


def gather_computed(layer: Layer, axis: int, batch_dims: int) -> None:
    """GATHER of cells that the file names, along one axis."""
    x, indices = layer.activation(0), layer.constant(1)
    if indices is None or indices.dtype.kind not in "iu" or batch_dims:
        raise layer.unsupported("this form of gathering", "constant indices, batch_dims of 0")
    axis = layer.axis(axis, len(x.shape))
    if not indices.size or indices.min() < 0 or indices.max() >= x.shape[axis]:
        raise layer.damaged(f"an index outside of an axis of length {x.shape[axis]}")
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    runs = _runs([int(i) for i in indices.reshape(-1)])
    if len(runs) > MAX_INPUTS:
        raise layer.unsupported(f"{len(runs)} runs of indices", f"at most {MAX_INPUTS}")
    parts = [range_of(x, axis, *run) for run in runs]
    if len(parts) == 1:
        add_chain(layer, x, [("cells", parts[0]), ("plain", Reshape(shape=shape))])
        return
    cells = [layer.derive(f"cells_{i}", op, x) for i, op in enumerate(parts)]
    joined = layer.derive("joined", Concatenate(axis=axis), *cells)
    layer.add(Reshape(shape=shape), joined)


def _runs(indices: Sequence[int]) -> list[tuple[int, int, int]]:
    """(start, stride, length) of neighbours, forwards or backwards; or of all, where they are at one distance."""
    strides = np.diff(indices)
    if len(indices) > 1 and strides[0] and (strides == strides[0]).all():
        return [(indices[0], int(strides[0]), len(indices))]
    runs: list[tuple[int, int, int]] = []
    for index in indices:
        if runs:
            start, stride, length = runs[-1]
            if length == 1 and index - start in (1, -1):
                stride = index - start
            if index == start + length * stride:
                runs[-1] = (start, stride, length + 1)
                continue
        runs.append((index, 1, 1))
    return runs


@imports("REVERSE_V2")
def reverse(layer: Layer) -> None:
    x = layer.activation(0)
    axes = {layer.axis(a, len(x.shape)) for a in layer.integers(1)}
    others = range(1, len(x.shape))
    op = StridedSlice(
        starts=tuple(x.shape[i] - 1 if i in axes else 0 for i in others),
        strides=tuple(-1 if i in axes else 1 for i in others),
        lengths=x.shape[1:],
    )
    if 0 in axes and x.shape[0] > 1:
        raise layer.unsupported("the first axis backwards", "other axes")
    layer.add(op, x)


@imports("SPACE_TO_DEPTH")
def space_to_depth(layer: Layer) -> None:
    (block,) = layer.options(tflite.SpaceToDepthOptions, "BlockSize")
    x = layer.activation(0, ranks=(4,))
    n, height, width, channels = x.shape
    if block < 1 or height % block or width % block:
        raise layer.damaged(f"blocks of {block} in an image of {height} x {width}")
    cut = (n, height // block, block, width // block, block, channels)
    shape = (n, height // block, width // block, block * block * channels)
    _turned(layer, x, cut, (0, 1, 3, 2, 4, 5), shape)


@imports("DEPTH_TO_SPACE")
def depth_to_space(layer: Layer) -> None:
    (block,) = layer.options(tflite.DepthToSpaceOptions, "BlockSize")
    x = layer.activation(0, ranks=(4,))
    n, height, width, channels = x.shape
    if block < 1 or channels % (block * block):
        raise layer.damaged(f"blocks of {block} of {channels} channels")
    left = channels // (block * block)
    cut = (n, height, width, block, block, left)
    _turned(layer, x, cut, (0, 1, 3, 2, 4, 5), (n, height * block, width * block, left))


def _turned(
    layer: Layer,
    x: Tensor,
    cut: tuple[int, ...],
    permutation: tuple[int, ...],
    shape: tuple[int, ...],
) -> None:
    """The elements in the shape `cut`, with the axes in another order, in the shape of the output."""
    chain: Chain = [
        ("cut", Reshape(shape=cut)),
        ("turned", Transpose(permutation=permutation)),
        ("joined", Reshape(shape=shape)),
    ]
    add_chain(layer, x, chain)


@imports("MIRROR_PAD")
def mirror_pad(layer: Layer) -> None:
    """Axis after axis: what lies before and behind is taken backwards, with or without the cell at the end."""
    (mode,) = layer.options(tflite.MirrorPadOptions, "Mode")
    x, pairs = layer.activation(0), layer.integers(1)
    if len(pairs) != 2 * len(x.shape):
        raise layer.damaged(f"{len(pairs)} paddings for {len(x.shape)} dimensions")
    inside = 1 if mode == tflite.MirrorPadMode.REFLECT else 0
    amounts = list(zip(pairs[::2], pairs[1::2], strict=True))
    padded = [axis for axis, pair in enumerate(amounts) if pair != (0, 0)]
    if any(min(amounts[a]) < 0 or max(amounts[a]) > x.shape[a] - inside for a in padded):
        raise layer.damaged(f"paddings {list(pairs)} of {list(x.shape)}")
    if not padded:
        layer.add(Reshape(shape=x.shape), x)
        return
    for axis in padded:
        before, after = amounts[axis]
        parts = [x]
        if before:
            op = range_of(x, axis, before - 1 + inside, -1, before)
            parts.insert(0, layer.derive(f"before_{axis}", op, x))
        if after:
            op = range_of(x, axis, x.shape[axis] - 1 - inside, -1, after)
            parts.append(layer.derive(f"after_{axis}", op, x))
        if axis == padded[-1]:
            layer.add(Concatenate(axis=axis), *parts)
        else:
            x = layer.derive(f"padded_{axis}", Concatenate(axis=axis), *parts)


@imports("BROADCAST_TO")
def broadcast_to(layer: Layer) -> None:
    x, shape = layer.activation(0), layer.integers(1)
    own = (1,) * (len(shape) - len(x.shape)) + x.shape
    if len(own) != len(shape) or any(d not in (1, n) for d, n in zip(own, shape, strict=True)):
        raise layer.damaged(f"the shape {list(x.shape)} broadcast to {list(shape)}")
    repeat(layer, x, own, tuple(n // d for d, n in zip(own, shape, strict=True)))


def repeat(layer: Layer, x: Tensor, shape: tuple[int, ...], times: tuple[int, ...]) -> None:
    """Add the elements in a shape of as many, so many times along its axes."""
    if math.prod(shape) * math.prod(times) >= 2**31:
        raise layer.damaged(f"{list(shape)} {list(times)} times")
    chain: Chain = [("shape", Reshape(shape=shape))] if shape != x.shape else []
    add_chain(layer, x, [*chain, ("repeated", Tile(times=times))])
