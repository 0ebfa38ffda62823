"""Functions of Keras that move, cut and reduce tensors: keras.ops.transpose, x[:, ::2], keras.ops.mean, and so on."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.registry import imports
from tinygen.ir import Operator, Tensor
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.crop import Crop
from tinygen.ops.mean import Mean
from tinygen.ops.pad import Pad
from tinygen.ops.reduce_extreme import ReduceMaximum, ReduceMinimum
from tinygen.ops.reshape import Reshape
from tinygen.ops.strided_slice import StridedSlice
from tinygen.ops.sum import Sum
from tinygen.ops.tile import Tile
from tinygen.ops.transpose import Transpose


def reshaped(layer: Layer, x: Tensor, shape: Sequence[int], suffix: str = "") -> Tensor:
    """x in another shape; itself where it has that."""
    if x.shape == tuple(shape):
        return x
    return layer.node(Reshape(shape=tuple(shape)), x, suffix=suffix)


def transposed(layer: Layer, x: Tensor, permutation: Sequence[int], suffix: str = "") -> Tensor:
    """x with its axes in another order; itself where they are in that."""
    if list(permutation) == sorted(permutation):
        return x
    return layer.node(Transpose(permutation=tuple(permutation)), x, suffix=suffix)


def _numbers(layer: Layer, key: str, count: int | None = None) -> tuple[int, ...]:
    """A setting that is a list of integers, or one of them."""
    value = layer.settings.get(key)
    values = value if isinstance(value, list) else [value]
    is_right = all(type(v) is int and abs(v) < 2**31 for v in values)
    if not is_right or (count is not None and len(values) != count):
        raise layer.settings.wrong(key, value, f"{count or 'some'} integers")
    return tuple(values)


def _axes(layer: Layer, key: str, rank: int) -> tuple[int, ...]:
    """Axes counted from the front; None stands for all, the batch too."""
    axes = _numbers(layer, key) if key in layer.settings else tuple(range(rank))
    if not all(-rank <= axis < rank for axis in axes):
        raise layer.settings.wrong(key, list(axes), f"axes of a tensor with {rank} dimensions")
    found = tuple(sorted({axis % rank for axis in axes}))
    if 0 in found:
        raise layer.unsupported("it works along the batch", "other axes")
    return found


@imports("Permute")
def permute(layer: Layer) -> Value:
    x = layer.plain(layer.x)
    dims = _numbers(layer, "dims", len(x.shape) - 1)
    return _transposed(layer, x, (0, *dims))


@imports("Transpose", "keras.ops.Transpose")
def transpose(layer: Layer) -> Value:
    x = layer.plain(layer.x)
    rank = len(x.shape)
    axes = _numbers(layer, "axes", rank) if "axes" in layer.settings else range(rank)[::-1]
    return _transposed(layer, x, tuple(axis % rank for axis in axes))


def _transposed(layer: Layer, x: Tensor, permutation: tuple[int, ...]) -> Value:
    if sorted(permutation) != list(range(len(x.shape))) or permutation[0] != 0:
        raise layer.unsupported(f"the order {list(permutation)} of axes", "the batch in front")
    return image(layer.node(Transpose(permutation=permutation), x))


@imports("RepeatVector")
def repeat_vector(layer: Layer) -> Value:
    n, channels = layer.expect_rank(2).shape
    x = reshaped(layer, layer.x.tensor, (n, 1, channels), "row")
    return image(layer.node(Tile(times=(1, layer.settings.positive("n"), 1)), x))


@imports("Tile", "keras.ops.Tile")
def tile(layer: Layer) -> Value:
    x = layer.plain(layer.x)
    times = _numbers(layer, "repeats")
    return image(layer.node(Tile(times=(1,) * (len(x.shape) - len(times)) + times), x))


@imports("Repeat", "keras.ops.Repeat")
def repeat(layer: Layer) -> Value:
    """Every cell along an axis several times."""
    x = layer.plain(layer.x)
    (axis,), (count,) = _axes(layer, "axis", len(x.shape)), _numbers(layer, "repeats", 1)
    before, after = x.shape[: axis + 1], x.shape[axis + 1 :]
    cells = reshaped(layer, x, (*before, 1, *after), "cells")
    times = (1,) * len(before) + (count,) + (1,) * len(after)
    y = layer.node(Tile(times=times), cells, suffix="repeated")
    return image(reshaped(layer, y, (*before[:-1], before[-1] * count, *after)))


@imports("Flip", "keras.ops.Flip")
def flip(layer: Layer) -> Value:
    x = layer.plain(layer.x)
    axes = _axes(layer, "axis", len(x.shape))
    every = [range(d)[::-1] if i in axes else range(d) for i, d in enumerate(x.shape)]
    return image(_taken(layer, x, every))


def _reduction(operator: type[Operator]) -> Callable[[Layer], Value]:
    def importer(layer: Layer) -> Value:
        x = layer.plain(layer.x)
        axes = _axes(layer, "axis", len(x.shape))
        op = operator(axes=axes, keep_dims=layer.settings.flag("keepdims", False))
        return image(layer.node(op, x))

    return importer


for _name, _operator in {
    "Mean": Mean,
    "Sum": Sum,
    "Max": ReduceMaximum,
    "Min": ReduceMinimum,
}.items():
    imports(_name, f"keras.ops.{_name}")(_reduction(_operator))


@imports("ExpandDims", "keras.ops.ExpandDims")
def expand_dims(layer: Layer) -> Value:
    x = layer.plain(layer.x)
    axis = layer.settings.axis("axis", len(x.shape) + 1)
    return image(reshaped(layer, x, (*x.shape[:axis], 1, *x.shape[axis:])))


@imports("Squeeze", "keras.ops.Squeeze")
def squeeze(layer: Layer) -> Value:
    x = layer.plain(layer.x)
    ones = tuple(i for i, d in enumerate(x.shape) if d == 1 and i > 0)
    axes = _axes(layer, "axis", len(x.shape)) if "axis" in layer.settings else ones
    if any(x.shape[axis] != 1 for axis in axes):
        raise layer.settings.wrong("axis", list(axes), f"axes of length 1 of {list(x.shape)}")
    return image(reshaped(layer, x, [d for i, d in enumerate(x.shape) if i not in axes]))


@imports("Pad", "keras.ops.Pad")
def pad(layer: Layer) -> Value:
    x, pairs = layer.plain(layer.x), layer.settings.get("pad_width")
    mode = layer.settings.text("mode", "constant")
    is_right = isinstance(pairs, list) and all(
        isinstance(p, list) and len(p) == 2 and all(type(v) is int for v in p) for p in pairs
    )
    if not is_right or len(pairs) != len(x.shape):
        raise layer.settings.wrong("pad_width", pairs, "a pair for every axis")
    if mode != "constant" or len(layer.operands) > 1:
        raise layer.unsupported(f"padding mode {mode!r}, or with a number", "zeros")
    return image(layer.node(Pad(paddings=tuple((b, a) for b, a in pairs)), x))


@imports("Stack", "keras.ops.Stack")
def stack(layer: Layer) -> Value:
    tensors = [layer.plain(x) for x in layer.inputs]
    axis = layer.settings.axis("axis", len(tensors[0].shape) + 1, 0)
    if axis == 0:
        raise layer.unsupported("it works along the batch", "other axes")
    shape = (*tensors[0].shape[:axis], 1, *tensors[0].shape[axis:])
    parts = [reshaped(layer, x, shape, f"part_{i}") for i, x in enumerate(tensors)]
    return image(layer.node(Concatenate(axis=axis), *parts))


@imports("Split", "keras.ops.Split")
def split(layer: Layer) -> list[Value]:
    x = layer.plain(layer.x)
    (axis,), cuts = _axes(layer, "axis", len(x.shape)), layer.settings.get("indices_or_sections")
    length = x.shape[axis]
    if type(cuts) is int and 0 < cuts <= length and length % cuts == 0:
        cuts = list(range(length // cuts, length, length // cuts))
    ends = cuts if isinstance(cuts, list) and all(type(c) is int for c in cuts) else [0]
    bounds = [0, *ends, length]
    if sorted(set(bounds)) != bounds:
        raise layer.settings.wrong("indices_or_sections", cuts, f"parts of {length} cells")
    parts = []
    for i, (first, last) in enumerate(pairwise(bounds)):
        every = [range(first, last) if a == axis else range(d) for a, d in enumerate(x.shape)]
        parts.append(image(_taken(layer, x, every, suffix=f"part_{i}")))
    return parts


def _taken(layer: Layer, x: Tensor, cells: Sequence[range], suffix: str = "") -> Tensor:
    """The cells of these indices along every axis, the first of which is whole."""
    if all(c.step == 1 or len(c) == 1 for c in cells):
        crops = tuple((c[0], d - 1 - c[-1]) for c, d in zip(cells, x.shape, strict=True))
        return layer.node(Crop(crops=crops), x, suffix=suffix)
    op = StridedSlice(
        starts=tuple(c[0] for c in cells[1:]),
        strides=tuple(c.step if len(c) > 1 else 1 for c in cells[1:]),
        lengths=tuple(len(c) for c in cells[1:]),
    )
    return layer.node(op, x, suffix=suffix)


@imports("GetItem", "keras.ops.GetItem", "tf.__operators__.getitem")
def get_item(layer: Layer) -> Value:
    """x[:, 1:5, ::2, None, ..., -1]"""
    x, keys = layer.plain(layer.x), _keys(layer)
    cells: list[range] = []
    shape: list[int] = []
    left = sum(key is not None and key is not Ellipsis for key in keys)
    for key in [*keys, *([] if Ellipsis in keys else [Ellipsis])]:
        rest = x.shape[len(cells) :]
        if key is Ellipsis:
            whole = rest[: len(rest) - left]
            cells += [range(d) for d in whole]
            shape += whole
            continue
        if key is None:
            shape.append(1)
            continue
        if not rest:
            raise layer.unsupported(f"{len(keys)} indices of {list(x.shape)}", "one for each axis")
        left -= 1
        found = _indices(layer, key, rest[0])
        cells.append(found)
        shape += [len(found)] if isinstance(key, slice) else []
    if cells[0] != range(x.shape[0]) or shape[:1] != [x.shape[0]]:
        raise layer.unsupported("it cuts the batch", "x[:, ...]")
    return image(reshaped(layer, _taken(layer, x, cells, "cells"), shape))


def _indices(layer: Layer, key: slice | int, length: int) -> range:
    if isinstance(key, slice):
        found = range(length)[key]
    else:
        found = range(key % length, key % length + 1) if -length <= key < length else range(0)
    if not found:
        raise layer.unsupported(f"{key} of an axis of length {length}", "at least one cell")
    return found


def _keys(layer: Layer) -> list[Any]:
    """What stands between the brackets: slices, integers, None and `...`."""
    keys = _slices(layer.arguments)
    if keys is None:
        raise layer.unsupported("this form of index", "integers, ranges, None and `...`")
    return [_key(layer, key) for key in (keys if isinstance(keys, list) else [keys])]


def _slices(arguments: Any) -> Any:
    """The index in the arguments of a call, as Keras 3 or Keras 2 writes them."""
    if isinstance(arguments, dict):  # Keras 3: [tensor, index]
        positional, named = arguments.get("args"), arguments.get("kwargs")
        if isinstance(positional, list) and len(positional) == 2:
            return positional[1]
        return named.get("key") if isinstance(named, dict) else None
    if isinstance(arguments, list):  # Keras 2: [[layer, call, output, {"slice_spec": index}]]
        flat = arguments[0] if arguments and isinstance(arguments[0], list) else arguments
        named = flat[3] if len(flat) == 4 and isinstance(flat[3], dict) else {}
        return named.get("slice_spec")
    return None


def _key(layer: Layer, key: Any) -> Any:
    if key is None or (type(key) is int and abs(key) < 2**31):
        return key
    if isinstance(key, dict):
        if key.get("class_name") == "__ellipsis__":
            return Ellipsis
        bounds = key.get("config") if key.get("class_name") == "__slice__" else key
        if isinstance(bounds, dict):
            ends = [bounds.get(name) for name in ("start", "stop", "step")]
            if all(e is None or (type(e) is int and abs(e) < 2**31) for e in ends) and ends[2] != 0:
                return slice(*ends)
    raise layer.unsupported(f"the index {key!r:.60}", "integers, ranges, None and `...`")


@imports("Matmul", "keras.ops.Matmul", "tf.linalg.matmul")
def matmul(layer: Layer) -> Value:
    if len(layer.inputs) != 2 or len(layer.operands) != 2:
        raise layer.unsupported("an operand that is no tensor", "two tensors")
    a, b = (layer.plain(x) for x in layer.inputs)
    return image(layer.node(BatchMatmul(), a, b))


@imports("Dot")
def dot(layer: Layer) -> Value:
    """y = the sums of products along one axis of each input."""
    if len(layer.inputs) != 2:
        raise layer.unsupported(f"it is called on {len(layer.inputs)} tensors", "two tensors")
    if layer.settings.flag("normalize", False):
        raise layer.unsupported("normalize=True", "products as they are")
    a, b = (layer.plain(x) for x in layer.inputs)
    axes = _numbers(layer, "axes")
    first, second = (axes[0] % len(a.shape), axes[-1] % len(b.shape))
    flat = len(a.shape) == len(b.shape) == 2
    a, b = (reshaped(layer, t, _as_matrix(t.shape), f"matrix_{i}") for i, t in enumerate((a, b)))
    if flat:  # [1, C] as a row
        first = second = 2
    if len(a.shape) != 3 or len(b.shape) != 3 or 0 in (first, second):
        raise layer.unsupported("products of these shapes", "vectors and matrices, not the batch")
    op = BatchMatmul(turn_a=first == 1, turn_b=second == 2)
    y = layer.node(op, a, b, suffix="product" if flat else "")
    return image(reshaped(layer, y, (y.shape[0], 1)) if flat else y)


def _as_matrix(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape if len(shape) != 2 else (shape[0], 1, shape[1])


@imports("CenterCrop")
def center_crop(layer: Layer) -> Value:
    """The middle of an image that is no smaller; what is odd goes to the end."""
    layer.settings.check_channels_last()
    x = layer.expect_rank(4).tensor
    size = layer.settings.positive("height"), layer.settings.positive("width")
    if any(n > d for n, d in zip(size, x.shape[1:3], strict=True)):
        raise layer.unsupported(f"{list(size)} of {list(x.shape[1:3])}", "sizes that fit")
    firsts = [(d - n) // 2 for n, d in zip(size, x.shape[1:3], strict=True)]
    middle = (range(f, f + n) for f, n in zip(firsts, size, strict=True))
    return image(_taken(layer, x, [range(x.shape[0]), *middle, range(x.shape[3])]))
