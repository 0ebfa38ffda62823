"""Attention: weighted sums of values, the weights of which are computed at run time."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tinygen.importers.keras.builder import Layer, Value, image
from tinygen.importers.keras.layers.activation import apply_activation
from tinygen.importers.keras.layers.operations import reshaped, transposed
from tinygen.importers.keras.registry import imports
from tinygen.importers.keras.weights import Shapes
from tinygen.ir import Tensor
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.curve import Curve
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.real_functions import Line
from tinygen.ops.softmax import Softmax


@imports("MultiHeadAttention")
def multi_head_attention(layer: Layer) -> Value:
    """Every head: softmax(query * key / sqrt(key_dim)) * value; then one projection of all heads."""
    settings = layer.settings
    _expect_plain(layer)
    query, value, *others = [layer.plain(x) for x in _sequences(layer, 2, 3)]
    key = others[0] if others else value
    heads, width = settings.positive("num_heads"), settings.positive("key_dim")
    value_width = settings.positive("value_dim", width)
    q, k, v = (
        _heads(layer, part, x, heads, size)
        for part, x, size in (
            ("query", query, width),
            ("key", key, width),
            ("value", value, value_width),
        )
    )
    mixed = _attend(layer, q, k, v, 1 / math.sqrt(width))  # [N, heads, T, value_width]
    rows = transposed(layer, mixed, (0, 2, 1, 3), "rows")
    flat = reshaped(layer, rows, (*query.shape[:2], heads * value_width), "joined")
    channels = query.shape[-1]
    kernel, bias = _projection(layer, "output", (heads, value_width, channels), (channels,))
    return image(_dense(layer, flat, kernel.reshape(-1, channels), bias, ""))


def _expect_plain(layer: Layer) -> None:
    settings = layer.settings
    if settings.get("output_shape", None) is not None if "output_shape" in settings else False:
        raise layer.unsupported("an output_shape of its own", "output_shape=None")
    if settings.get("attention_axes", [1]) not in ([1], 1):
        raise layer.unsupported("attention over other axes than the first", "attention_axes=None")
    for key in ("use_gate", "sliding_window"):
        if settings.get(key, False):
            raise layer.unsupported(f"{key}", f"multi-head attention without {key}")
    named = layer.arguments.get("kwargs") if isinstance(layer.arguments, dict) else None
    given = named if isinstance(named, dict) else {}
    if given.get("use_causal_mask") or given.get("return_attention_scores"):
        raise layer.unsupported("a causal mask, or scores as an output", "attention without them")


def _sequences(layer: Layer, least: int, most: int) -> Sequence[Value]:
    if not least <= len(layer.inputs) <= most or any(len(x.shape) != 3 for x in layer.inputs):
        shapes = [list(x.shape) for x in layer.inputs]
        raise layer.unsupported(f"it is called on {shapes}", "query, value and key, no masks")
    return layer.inputs


def _heads(layer: Layer, part: str, x: Tensor, heads: int, width: int) -> Tensor:
    """The projection of a sequence, one matrix per head: [N, heads, T, width]."""
    kernel, bias = _projection(layer, part, (x.shape[-1], heads, width), (heads, width))
    flat = _dense(layer, x, kernel.reshape(x.shape[-1], -1), bias, f"{part}_projected")
    split = reshaped(layer, flat, (*x.shape[:2], heads, width), f"{part}_split")
    return transposed(layer, split, (0, 2, 1, 3), f"{part}_heads")


def _projection(
    layer: Layer, part: str, kernel: tuple[int, ...], bias: tuple[int, ...]
) -> tuple[NDArray, NDArray | None]:
    """Weights of an inner layer; .h5 files and .keras archives have other names for them."""
    shapes: Shapes = {"kernel": kernel}
    if layer.settings.flag("use_bias", True):
        shapes["bias"] = bias
    named = "attention_output" if part == "output" else part
    weights = layer.weights(shapes, inner=(named, f"{part}_dense"))
    return weights["kernel"], weights.get("bias")


def _dense(layer: Layer, x: Tensor, kernel: NDArray, bias: NDArray | None, suffix: str) -> Tensor:
    """kernel [inputs, outputs]"""
    prefix = f"{suffix}/" if suffix else ""
    inputs = [x, layer.constant(f"{prefix}kernel", kernel.T)]
    if bias is not None:
        inputs.append(layer.constant(f"{prefix}bias", bias.reshape(-1)))
    return layer.node(FullyConnected(), *inputs, suffix=suffix)


def _attend(layer: Layer, q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    scores = layer.node(BatchMatmul(turn_b=True), q, k, suffix="scores")
    if scale != 1:
        scores = layer.node(Curve(of=Line(factor=scale)), scores, suffix="scaled")
    weights = layer.node(Softmax(), scores, suffix="weights")
    return layer.node(BatchMatmul(), weights, v, suffix="mixed")


@imports("Attention")
def attention(layer: Layer) -> Value:
    """softmax(query * key) * value"""
    settings = layer.settings
    if settings.text("score_mode", "dot") != "dot":
        raise layer.unsupported("score_mode 'concat'", "score_mode='dot'")
    query, value, *others = [layer.plain(x) for x in _sequences(layer, 2, 3)]
    key = others[0] if others else value
    scale = 1.0
    if settings.flag("use_scale", False):
        scale = float(layer.weights({"scale": ()})["scale"])
    return image(_attend(layer, query, key, value, scale))


@imports("EinsumDense")
def einsum_dense(layer: Layer) -> Value:
    """Equations that contract the last axes of the input with the first of the kernel: 'abc,cde->abde'."""
    x = layer.plain(layer.x)
    first, kernel, result = _equation(layer, len(x.shape))
    count = len(set(first) & set(kernel))
    free, kept = kernel[count:], first[: len(first) - count]
    if first[len(kept) :] != kernel[:count] or result != kept + free or not count:
        raise layer.unsupported(
            f"the equation {layer.settings.get('equation')!r}",
            "equations that contract the last axes with the first of the kernel, in order",
        )
    sizes = _sizes(layer, x.shape, first, kernel, result)
    shape = tuple(sizes[c] for c in kernel)
    axes = layer.settings.get("bias_axes", "")
    shapes: Shapes = {"kernel": shape}
    if axes:
        # as Keras lays it out: from the first of its axes on, with 1 where it repeats
        start = min(free.index(c) for c in axes if c in free)
        shapes["bias"] = tuple(sizes[c] if c in axes else 1 for c in free[start:])
    weights = layer.weights(shapes)
    inputs = math.prod(x.shape[len(kept) :])
    flat = reshaped(layer, x, (*x.shape[: len(kept)], inputs), "flat")
    outputs = shape[count:]
    bias = np.broadcast_to(weights["bias"], outputs) if axes else None
    y = _dense(layer, flat, weights["kernel"].reshape(inputs, -1), bias, "projected")
    return apply_activation(layer, image(reshaped(layer, y, (*x.shape[: len(kept)], *outputs))))


def _equation(layer: Layer, rank: int) -> tuple[str, str, str]:
    """The letters of the input, the kernel and the output; an ellipsis stands for the axes in front."""
    text = layer.settings.text("equation").replace(" ", "")
    inputs, _, result = text.partition("->")
    first, _, kernel = inputs.partition(",")
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in text]
    letters = "".join(spare[: max(rank - len(first.replace("...", "")), 0)])
    first, result = first.replace("...", letters), result.replace("...", letters)
    if len(first) != rank or not (first + kernel + result).isalpha():
        raise layer.settings.wrong("equation", text, f"an equation for {rank} dimensions")
    return first, kernel, result


def _sizes(
    layer: Layer, shape: tuple[int, ...], first: str, kernel: str, result: str
) -> dict[str, int]:
    """Lengths of the axes: from the input, and from what the layer says of its output."""
    sizes = dict(zip(first, shape, strict=True))
    wanted = layer.settings.get("output_shape")
    values = wanted if isinstance(wanted, list) else [wanted]
    for letter, value in zip(reversed(result), reversed(values), strict=False):
        if type(value) is int and value > 0:
            sizes.setdefault(letter, value)
    if any(letter not in sizes for letter in kernel):
        raise layer.settings.wrong("output_shape", wanted, "the lengths of all axes of the kernel")
    return sizes
