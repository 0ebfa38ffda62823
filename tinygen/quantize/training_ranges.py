"""What training left in a model about its data: statistics in batch normalizations, scaling at the input."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call, Graph, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.pad import Pad
from tinygen.ops.relu import Relu
from tinygen.ops.reshape import Reshape
from tinygen.ops.scaled import WeightedOperator
from tinygen.quantize.calibration import Interval
from tinygen.quantize.signals import natural_noise
from tinygen.reference import run_one_input

DEVIATIONS = 6.0
"""Standard deviations around the mean that an activation behind a batch normalization can span."""

LEVEL_SHARE = 0.25
"""Part of an input's variance that lies between the means of samples, not within them."""

_NOISE_COUNT, _NOISE_SEED = 16, 3


def expected_ranges(graph: Graph) -> dict[str, Interval]:
    """Bounds of tensors behind batch normalizations: beta +- DEVIATIONS * |gamma|, over all channels.

    They hold under the names that the tensors have after the normalization has been folded into the layer
    before it and a ReLU behind it has been fused. Empty for graphs without batch normalization.
    """
    ranges: dict[str, Interval] = {}
    for call in graph.calls():
        if isinstance(call.op, BatchNormalization) and call.op.epsilon > 0.0:
            low, high = _normalized(call)
            activation, names = _names_after_folding(graph, call)
            bottom, top = activation.value
            ranges.update(dict.fromkeys(names, (max(low, bottom), min(high, top))))
    return ranges


def _normalized(call: Call) -> Interval:
    gamma, beta = (call.inputs[i].data.astype(np.float64) for i in (1, 2))
    spread = DEVIATIONS * np.abs(gamma)
    return float((beta - spread).min()), float((beta + spread).max())


def _names_after_folding(graph: Graph, call: Call) -> tuple[Activation, list[str]]:
    """What clamps the normalized tensor, and the names that it can have then."""
    x, y = call.node.inputs[0], call.node.outputs[0]
    activation, names = Activation.NONE, [y]
    readers = graph.consumers(y)
    if len(readers) == 1 and isinstance(readers[0].op, Relu):
        activation = readers[0].op.bounds
        names.append(readers[0].outputs[0])
    producer = graph.producer(x)
    is_weighted = producer is not None and isinstance(producer.op, WeightedOperator)
    if is_weighted and producer.op.activation is Activation.NONE and len(graph.consumers(x)) == 1:
        names.append(x)
    return activation, names


def scaling_interval(graph: Graph, tensor: Tensor) -> Interval | None:
    """The interval of an input, from a scaling by constants directly behind it; None where none is."""
    readers = graph.consumers(tensor.name)
    if len(readers) != 1 or not isinstance(readers[0].op, BatchNormalization):
        return None
    call = graph.call(readers[0])
    if call.op.epsilon > 0.0:
        return None  # a real batch normalization: it tells more about the data than an interval
    factor, offset = call.op.factor_and_offset([t.data for t in call.inputs[1:]])
    if not factor.all():
        return None
    # without an offset the usual target is [0, 1], else about [-1, 1]
    low = 0.0 if not offset.any() else -1.0
    ends = np.concatenate([(low - offset) / factor, (1.0 - offset) / factor])
    return float(ends.min()), float(ends.max())


@dataclass(frozen=True, kw_only=True)
class InputStatistics:
    """Mean and standard deviation of all elements of an input over the training data."""

    mean: float
    deviation: float


def input_statistics(graph: Graph, tensor: Tensor) -> InputStatistics | None:
    """Estimate an input's statistics from the first batch normalization behind linear layers; None without one.

    For y = f(x) linear and x = mean + deviation * noise: E[y] - f(0) = mean * (f(1) - f(0)), which is solved for
    the mean by least squares over channels, and Var[y] = deviation**2 * Var[f(noise)], of which the median is taken.
    """
    call = _first_normalization(graph, tensor)
    if call is None:
        return None
    linear = graph.up_to(call.node.inputs[0])
    if linear.inputs != (tensor.name,) or not linear.nodes:
        return None
    mean, variance = (call.inputs[i].data.astype(np.float64) for i in (3, 4))
    zero, one, noise = _responses(linear, tensor)
    # dead channels say nothing
    live = (variance > 1e-6 * variance.max()) & (noise > 1e-6 * noise.max())
    weight, shift = 1.0 / variance[live], mean[live] - zero[live]
    determined = (weight * one[live] ** 2).sum()
    if not live.any() or determined < 1e-3 * (weight * noise[live]).sum():
        return None
    return InputStatistics(
        mean=float((weight * one[live] * shift).sum() / determined),
        deviation=float(np.sqrt(np.median(variance[live] / noise[live]))),
    )


def _first_normalization(graph: Graph, tensor: Tensor) -> Call | None:
    """The batch normalization that follows an input after linear layers only, all with one reader."""
    readers = graph.consumers(tensor.name)
    while len(readers) == 1:
        call = graph.call(readers[0])
        if isinstance(call.op, BatchNormalization) and call.op.epsilon > 0.0:
            return call
        is_weighted = (
            isinstance(call.op, WeightedOperator) and call.op.activation is Activation.NONE
        )
        if not is_weighted and not isinstance(call.op, (Reshape, Pad, BatchNormalization)):
            return None
        readers = graph.consumers(call.node.outputs[0])
    return None


def _responses(
    linear: Graph, tensor: Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Per channel: f(0), f(1) - f(0), and the variance of f for inputs of variance 1."""
    ones = np.ones((1, *tensor.shape[1:]), np.float32)
    noise = natural_noise(tensor.shape[1:], _NOISE_COUNT, _NOISE_SEED).astype(np.float32)
    outputs = (run_one_input(linear, x).astype(np.float64) for x in (0 * ones, ones, noise))
    zero, one, random = (y.reshape(-1, y.shape[-1]) for y in outputs)
    change = one.mean(axis=0) - zero.mean(axis=0)
    # a part of the deviation is between samples: each has a level of its own
    between, within = LEVEL_SHARE * change**2, (1 - LEVEL_SHARE) * random.var(axis=0)
    return zero.mean(axis=0), change, between + within
