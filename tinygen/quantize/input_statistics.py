"""Mean and deviation of a model's inputs in training, read from its first layer."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Graph, Node, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.pad import Pad
from tinygen.ops.reshape import Reshape
from tinygen.ops.scaled import WeightedOperator
from tinygen.quantize.signals import natural_noise
from tinygen.reference import run_one_input

LEVEL_SHARE = 0.25
"""Part of an input's variance that lies between the means of samples, not within them."""

DOMINANT_BIAS = 5.0
"""Biases that are this much larger than the responses to inputs of deviation 1 must cancel large inputs."""

_NOISE_COUNT, _NOISE_SEED = 16, 3

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class InputStatistics:
    """Mean and standard deviation of all elements of an input over the training data."""

    mean: float
    deviation: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Responses:
    """A linear map f of the input, per channel: f(0), f(1) - f(0), variance of f for inputs of variance 1."""

    zero: Vector
    one: Vector
    noise: Vector

    def solve(self, mean: Vector, variance: Vector) -> InputStatistics | None:
        """The input for which f has this mean and variance; None where f does not determine it.

        E[y] - f(0) = input mean * (f(1) - f(0)) is solved by least squares over channels, and
        Var[y] = input variance * Var[f(noise)] by the median.
        """
        # dead channels say nothing
        live = (variance > 1e-6 * variance.max()) & (self.noise > 1e-6 * self.noise.max())
        weight, one = 1.0 / variance[live], self.one[live]
        determined = (weight * one**2).sum()
        if not live.any() or determined < 1e-3 * (weight * self.noise[live]).sum():
            return None
        return InputStatistics(
            mean=float((weight * one * (mean - self.zero)[live]).sum() / determined),
            deviation=float(np.sqrt(np.median(variance[live] / self.noise[live]))),
        )


def input_statistics(graph: Graph, tensor: Tensor) -> InputStatistics | None:
    """Estimate an input's statistics from the linear layers directly behind it; None where they tell nothing.

    A batch normalization holds the mean and variance of what they made in training. Where it has been folded into
    them, their biases cancel the mean, and their outputs have about mean 0 and variance 1.
    """
    chain, end = _linear_chain(graph, tensor)
    if not chain:
        return None
    linear = _without_activation(graph, chain[-1]).up_to(chain[-1].outputs[0])
    if linear.inputs != (tensor.name,):
        return None
    responses = _responses(linear, tensor)
    if end is not None:
        mean, variance = (graph.tensors[name].data.astype(np.float64) for name in end.inputs[3:])
        return responses.solve(mean, variance)
    size = np.sqrt(np.mean(responses.zero**2 / np.maximum(responses.noise, 1e-30)))
    if size < DOMINANT_BIAS:
        return None
    return responses.solve(np.zeros_like(responses.zero), np.ones_like(responses.zero))


def _linear_chain(graph: Graph, tensor: Tensor) -> tuple[list[Node], Node | None]:
    """Linear layers behind an input, each with one reader, and the batch normalization that follows them.

    Without one the chain ends at its first layer with weights.
    """
    chain: list[Node] = []
    readers = graph.consumers(tensor.name)
    while len(readers) == 1:
        (node,) = readers
        if isinstance(node.op, BatchNormalization) and node.op.epsilon > 0.0:
            return chain, node
        is_weighted = isinstance(node.op, WeightedOperator)
        if not is_weighted and not isinstance(node.op, (Reshape, Pad, BatchNormalization)):
            break
        chain.append(node)
        if is_weighted and node.op.activation is not Activation.NONE:
            break
        readers = graph.consumers(node.outputs[0])
    weighted = next((i for i, n in enumerate(chain) if isinstance(n.op, WeightedOperator)), None)
    return ([] if weighted is None else chain[: weighted + 1]), None


def _without_activation(graph: Graph, node: Node) -> Graph:
    if not isinstance(node.op, WeightedOperator):
        return graph
    bare = dataclasses.replace(node, op=dataclasses.replace(node.op, activation=Activation.NONE))
    return graph.replace(nodes=tuple(bare if other is node else other for other in graph.nodes))


def _responses(linear: Graph, tensor: Tensor) -> _Responses:
    ones = np.ones((1, *tensor.shape[1:]), np.float32)
    noise = natural_noise(tensor.shape[1:], _NOISE_COUNT, _NOISE_SEED).astype(np.float32)
    outputs = (run_one_input(linear, x).astype(np.float64) for x in (0 * ones, ones, noise))
    zero, one, random = (y.reshape(-1, y.shape[-1]) for y in outputs)
    change = one.mean(axis=0) - zero.mean(axis=0)
    # a part of the deviation is between samples: each has a level of its own
    between, within = LEVEL_SHARE * change**2, (1 - LEVEL_SHARE) * random.var(axis=0)
    return _Responses(zero=zero.mean(axis=0), one=change, noise=between + within)
