"""Layers that move elements without changing them."""

import math
from typing import Any

from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.registry import imports
from tinygen.ops.pad import Pad
from tinygen.ops.reshape import Reshape


def _reshape(layer: Layer, shape: tuple[int, ...]) -> Value:
    tensor = layer.x.tensor
    if tensor.shape == shape:
        return image(tensor)
    return image(layer.node(Reshape(shape=shape), tensor))


@imports("Flatten")
def flatten(layer: Layer) -> Value:
    layer.settings.check_channels_last()
    n, *rest = layer.x.shape
    return _reshape(layer, (n, math.prod(rest)))


@imports("Reshape", "keras.ops.Reshape")
def reshape(layer: Layer) -> Value:
    n, *rest = layer.x.shape
    if "newshape" in layer.settings:  # of keras.ops.reshape, with the batch
        target = _behind_batch(layer, layer.settings.get("newshape"), n)
    else:
        target = layer.settings.get("target_shape")
    wrong = layer.settings.wrong("target_shape", target, f"a shape for {math.prod(rest)} elements")
    if not isinstance(target, list) or not all(type(d) is int for d in target):
        raise wrong
    if target.count(-1) > 1 or not all(d > 0 or d == -1 for d in target):
        raise wrong
    known = math.prod(d for d in target if d != -1)
    missing = math.prod(rest) // known
    shape = (n, *(missing if d == -1 else d for d in target))
    if math.prod(shape) != layer.x.tensor.size:
        raise wrong
    return _reshape(layer, shape)


def _behind_batch(layer: Layer, shape: Any, batch: int) -> Any:
    """The target of keras.ops.reshape without the batch, which it writes as -1 or as the number."""
    if isinstance(shape, list) and shape[:1] in ([-1], [batch], [None]):
        return shape[1:]
    raise layer.unsupported(f"the new shape {shape!r:.60}", "shapes that keep the batch: (-1, ...)")


@imports("ZeroPadding2D")
def zero_padding2d(layer: Layer) -> Value:
    layer.settings.check_channels_last()
    x = layer.expect_rank(4)
    return image(
        layer.node(Pad(paddings=((0, 0), *pairs_of(layer, "padding", 2), (0, 0))), x.tensor)
    )


@imports("ZeroPadding1D")
def zero_padding1d(layer: Layer) -> Value:
    x = layer.lifted(layer.expect_rank(3))
    paddings = ((0, 0), (0, 0), *pairs_of(layer, "padding", 1), (0, 0))
    return layer.signal(layer.node(Pad(paddings=paddings), x))


def pairs_of(layer: Layer, key: str, spatial: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for each spatial axis; Keras writes one number, one per axis, or pairs."""
    value = layer.settings.get(key, 1)
    if spatial == 1 and isinstance(value, list):
        value = [value] if all(isinstance(v, int) for v in value) else value
    rows = value if isinstance(value, list) else [value] * spatial
    pairs = [row if isinstance(row, list) else [row, row] for row in rows]
    is_right = len(pairs) == spatial and all(
        len(p) == 2 and all(type(v) is int and 0 <= v < 2**31 for v in p) for p in pairs
    )
    if not is_right:
        raise layer.settings.wrong(key, value, "numbers of cells, 0 and above")
    return tuple((p[0], p[1]) for p in pairs)
