"""Multi-layer perceptrons: linear scores, narrowed to 16 bits or less between the layers."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.description import Activation, Description, Linear, Network, Task
from tinygen.classical.fixed_features import features_bits, summed_features
from tinygen.classical.linear_nodes import scores_node
from tinygen.classical.probabilities import add_probabilities
from tinygen.classical.weighted import each_scaled
from tinygen.errors import UnsupportedError
from tinygen.ir import DType, Quantization, Tensor
from tinygen.ops.activation import Activation as FusedActivation
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.interpolate import MOST_BITS, SEGMENTS, Interpolate
from tinygen.ops.classical.linear_scores import LinearScores
from tinygen.ops.classical.narrow import Narrow
from tinygen.ops.fully_connected import FullyConnected

INT8_MAX = 127
HEADROOM = 1.25
"""Hidden values saturate beyond the largest of the samples times this."""

FUNCTIONS: dict[Activation, Callable[[NDArray], NDArray]] = {
    Activation.IDENTITY: lambda x: x,
    Activation.RELU: lambda x: np.maximum(x, 0.0),
    Activation.TANH: np.tanh,
    Activation.LOGISTIC: lambda x: 1 / (1 + np.exp(-np.clip(x, -700, 700))),
}

FLAT = {Activation.TANH: 5.0, Activation.LOGISTIC: 10.0}
"""Beyond this a function is its limit, to 4 decimals."""


def build(
    graph: GraphBuilder, description: Description, samples: NDArray[np.float64], bits: int
) -> None:
    """Add the methods of a network; `samples` tell how far hidden values reach.

    With 8 bits the hidden layers of ReLU networks on int8 features are those of int8 neural nets (FullyConnected), if
    the network is one; else hidden values have as many bits as int32 sums allow, and weights 16.
    """
    network: Network = description.scorer
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of a multi-layer perceptron is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    first, *others = network.layers
    x, layer, reach = summed_features(graph, algebra.collapse(first, before), samples)
    real = samples @ before.weights.T + before.bias
    is_small = bits == 8 and network.activation is Activation.RELU
    for i, following in enumerate(others):
        if is_small and x.dtype is DType.INT8 and i < graph.precision.small_layers:
            # the first layer is one on the raw integers of the features, whose scale is 1
            dense = layer if i == 0 else network.layers[i]
            real = np.maximum(real @ network.layers[i].weights.T + network.layers[i].bias, 0.0)
            make = _dense if len(others) > 1 else _only_hidden
            x, layer, reach = make(graph, i, x, dense, real, following)
            continue
        sums = scores_node(graph, f"layer {i + 1}", x, layer, reach)
        real = real @ network.layers[i].weights.T + network.layers[i].bias
        x, step, reach = _activated(graph, i, sums, real, network.activation)
        layer = Linear(weights=following.weights * step, bias=following.bias)
        real = FUNCTIONS[network.activation](real)
    if description.task is Task.REGRESS and _is_identity(network.layers[-1]):
        graph.method("predict", each_scaled(graph, "values", x, np.diag(layer.weights), layer.bias))
        return
    _answer(graph, description, scores_node(graph, "scores", x, layer, reach))


def _is_identity(layer: Linear) -> bool:
    """True of a last layer that only stands for there being none: a net whose last hidden layer is its answer."""
    shape = layer.weights.shape
    is_eye = shape[0] == shape[1] and (layer.weights == np.eye(shape[0])).all()
    return bool(is_eye and not layer.bias.any())


def _answer(graph: GraphBuilder, description: Description, scores: Tensor) -> None:
    if description.task is Task.REGRESS:
        graph.method("predict", scores)
        return
    graph.method("predict", graph.node("classes", ArgMax(), [scores]))
    add_probabilities(graph, scores, description.link, description.link_factor)


def _activated(
    graph: GraphBuilder, index: int, sums: Tensor, real: NDArray[np.float64], activation: Activation
) -> tuple[Tensor, float, NDArray[np.float64]]:
    """Hidden values as int16, the real number that 1 of them stands for, and how large they can be."""
    bits = features_bits(sums.channels)
    most = 2 ** (bits - 1) - 1
    scale, name = sums.quantization.scale, f"hidden {index + 1}"
    if activation in FLAT:
        hidden = _interpolated(graph, name, sums, activation, most)
        return hidden, 1.0 / most, np.full(sums.channels, float(most))
    largest = max(HEADROOM * float(np.abs(FUNCTIONS[activation](real)).max()), 1e-30)
    shift = int(np.clip(math.ceil(math.log2(largest / scale / most)), 0, 30))
    low = 0 if activation is Activation.RELU else -most - 1
    step = scale * 2.0**shift
    op = Narrow(shift=shift, low=low, high=most)
    hidden = graph.node(name, op, [sums], dtype=DType.INT16, scale=step)
    return hidden, step, np.full(sums.channels, most + 1.0)


def _dense(
    graph: GraphBuilder,
    index: int,
    x: Tensor,
    layer: Linear,
    real: NDArray[np.float64],
    following: Linear,
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """A hidden layer as int8, weights with a scale for each output; and the next layer on its raw integers.

    The raw integers begin at the zero point -128, which stands for 0.
    """
    name, unit = f"hidden {index + 1}", x.quantization.scale
    scales = np.maximum(np.abs(layer.weights).max(axis=1), 1e-12).astype(np.float32) / 127
    weights = np.rint(layer.weights / scales[:, None].astype(np.float64))
    step = float(np.float32(max(float(real.max()), 1e-6) / 255))
    bias = np.clip(np.rint(layer.bias / (unit * scales.astype(np.float64))), -(2.0**30), 2.0**30)
    inputs = [
        x,
        graph.constant(
            f"{name}: weights", weights, DType.INT8, Quantization.per_channel(scales, 0)
        ),
        graph.constant(f"{name}: bias", bias),
    ]
    op = FullyConnected(activation=FusedActivation.RELU)
    hidden = graph.node(name, op, inputs, dtype=DType.INT8, scale=step, zero_point=-128)
    moved = Linear(
        weights=following.weights * step,
        bias=following.bias + following.weights.sum(axis=1) * step * 128,
    )
    return hidden, moved, np.full(hidden.channels, 128.0)


def _only_hidden(
    graph: GraphBuilder,
    index: int,
    x: Tensor,
    layer: Linear,
    real: NDArray[np.float64],
    following: Linear,
) -> tuple[Tensor, Linear, NDArray[np.float64]]:
    """The only hidden layer with int8 weights, narrowed; and the next layer on its integers.

    Linear scores have less code than the layers of neural nets, which pays where there is one such layer. Every output
    has weights of a unit of its own, which goes into the next layer: max(0, x) of a multiple is that multiple.
    """
    name = f"hidden {index + 1}"
    units = np.maximum(np.abs(layer.weights).max(axis=1) / INT8_MAX, 1e-30)
    bias = np.clip(np.rint(layer.bias / units), -(2.0**30), 2.0**30)
    inputs = [
        x,
        graph.constant(f"{name}: weights", np.rint(layer.weights / units[:, None]), DType.INT8),
        graph.constant(f"{name}: bias", bias),
    ]
    sums = graph.node(f"{name}: sums", LinearScores(), inputs)
    most = 2 ** (features_bits(sums.channels) - 1) - 1
    largest = HEADROOM * max(float((real / units).max()), 1.0)
    shift = int(np.clip(math.ceil(math.log2(largest / most)), 0, 30))
    op = Narrow(shift=shift, low=0, high=most)
    hidden = graph.node(name, op, [sums], dtype=DType.INT16)
    moved = Linear(weights=following.weights * units * 2.0**shift, bias=following.bias)
    return hidden, moved, np.full(hidden.channels, float(most))


def _interpolated(
    graph: GraphBuilder, name: str, sums: Tensor, activation: Activation, most: int
) -> Tensor:
    """The function as a table over the sums that matter: 256 segments, the outermost of which are flat."""
    scale = sums.quantization.scale
    segment = math.ceil(math.log2(2 * FLAT[activation] / SEGMENTS / scale))
    bits = int(np.clip(segment, 0, MOST_BITS))
    shift = int(np.clip(segment - bits, 0, 31))
    ends = (np.arange(SEGMENTS + 1) - SEGMENTS // 2) * 2.0 ** (bits + shift) * scale
    table = np.rint(FUNCTIONS[activation](ends) * most)
    constant = graph.constant(f"{name}: table", table, DType.INT16)
    op = Interpolate(shift=shift, bits=bits)
    return graph.node(name, op, [sums, constant], dtype=DType.INT16, scale=1.0 / most)
