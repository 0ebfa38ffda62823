"""From a float graph and a scheme to the integer graph: weights, biases, constants, activations."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import INT8_MAX, INT8_MIN, Arithmetic, round_half_away
from tinygen.ir import Call, DType, Graph, Node, Quantization, Tensor
from tinygen.ops.scaled import WeightedOperator
from tinygen.quantize.names import free_name
from tinygen.quantize.scheme import Scheme

MAX_WEIGHT = 127
MAX_BIAS = 2**30
MAX_ACCUMULATOR = 2**31 - 1
LEAST_FACTOR = 2.0**-24
"""Weights of channels that hardly matter are not resolved further than this, in output steps per unit."""

MAX_BIAS_STEPS = 2.0**28
"""Biases beyond this many output steps saturate the output whatever the inputs: they are clipped to it."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Integer weights and bias of one layer, with their scales per output channel."""

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    scales: NDArray[np.float32]
    axis: int

    @property
    def real_weights(self) -> NDArray[np.float32]:
        """The weights that the integers stand for."""
        along = [1] * self.weights.ndim
        along[self.axis] = -1
        return self.weights.astype(np.float32) * self.scales.reshape(along)


def integer_graph(graph: Graph, scheme: Scheme, arithmetic: Arithmetic) -> Graph:
    """The same nodes over int8 tensors."""
    tensors: dict[str, Tensor] = {}
    nodes = []
    taken = set(graph.tensors)
    for name in graph.inputs:
        tensors[name] = _activation(graph.tensors[name], scheme)
    for call in graph.calls():
        for tensor in call.outputs:
            tensors[tensor.name] = _activation(tensor, scheme)
        if isinstance(call.op, WeightedOperator):
            nodes.append(_weighted(call, scheme, tensors, taken))
        else:
            for tensor in call.inputs:
                if tensor.is_constant:
                    tensors[tensor.name] = _constant(tensor, scheme)
            nodes.append(call.node)
    return graph.replace(tensors=tensors, nodes=tuple(nodes), arithmetic=arithmetic)


def _activation(tensor: Tensor, scheme: Scheme) -> Tensor:
    return dataclasses.replace(
        tensor, dtype=DType.INT8, quantization=scheme.quantizations[tensor.name], data=None
    )


def _constant(tensor: Tensor, scheme: Scheme) -> Tensor:
    quantization = scheme.quantizations[tensor.name]
    return dataclasses.replace(
        tensor,
        dtype=DType.INT8,
        quantization=quantization,
        data=quantize_array(tensor.data, quantization),
    )


def quantize_array(x: NDArray, quantization: Quantization) -> NDArray[np.int8]:
    """Real numbers to int8, rounded half away from zero and saturated; the division is in float32."""
    steps = round_half_away(np.asarray(x, np.float32) / np.float32(quantization.scale))
    return np.clip(steps + quantization.zero_point, INT8_MIN, INT8_MAX).astype(np.int8)


def dequantize_array(q: NDArray[np.int8], quantization: Quantization) -> NDArray[np.float32]:
    """int8 to the real numbers that they stand for."""
    return (q.astype(np.float32) - quantization.zero_point) * np.float32(quantization.scale)


def _weighted(
    call: Call, scheme: Scheme, tensors: dict[str, Tensor], taken: Collection[str]
) -> Node:
    """Add the integer weights and bias of a layer; layers with other scales may share the float ones."""
    p = quantize_parameters(call, scheme)
    weights, bias = (
        free_name(f"{call.node.name}/{part}", taken) for part in ("weights_int8", "bias_int32")
    )
    tensors[weights] = Tensor(
        name=weights,
        shape=p.weights.shape,
        dtype=DType.INT8,
        quantization=Quantization.per_channel(p.scales, p.axis),
        data=p.weights,
    )
    in_scale = np.float32(scheme.scale(call.inputs[0].name))
    tensors[bias] = Tensor(
        name=bias,
        shape=p.bias.shape,
        dtype=DType.INT32,
        quantization=Quantization.per_channel(in_scale * p.scales, 0),
        data=p.bias,
    )
    return dataclasses.replace(call.node, inputs=(call.inputs[0].name, weights, bias))


def quantize_parameters(call: Call, scheme: Scheme) -> Parameters:
    """Weights to [-127, 127] per output channel, the bias to int32 in units of input times weight scale.

    A channel's scale is the largest weight over 127, but never so small that its bias would leave int32, that
    its multiplier would lose bits, or that the accumulator could overflow for any input.
    """
    axis = call.op.channel_axis()
    weights = np.moveaxis(call.inputs[1].data.astype(np.float64), axis, 0)
    rows = weights.reshape(len(weights), -1)
    in_scale = scheme.scale(call.inputs[0].name)
    out_scale = scheme.scale(call.output.name)
    largest_bias = out_scale * MAX_BIAS_STEPS
    bias = np.clip(call.op.bias(call).astype(np.float64), -largest_bias, largest_bias)
    scales = np.maximum.reduce(
        [
            np.abs(rows).max(axis=1) / MAX_WEIGHT,
            np.abs(bias) / (in_scale * MAX_BIAS),
            np.full(len(rows), LEAST_FACTOR * out_scale / in_scale),
            _accumulator_bound(rows, bias / in_scale),
        ]
    ).astype(np.float32)
    q = round_half_away(rows / scales[:, None].astype(np.float64))
    q = np.clip(q, -MAX_WEIGHT, MAX_WEIGHT).astype(np.int8).reshape(weights.shape)
    units = bias / (in_scale * scales.astype(np.float64))
    return Parameters(
        weights=np.ascontiguousarray(np.moveaxis(q, 0, axis)),
        bias=np.clip(round_half_away(units), -MAX_BIAS, MAX_BIAS).astype(np.int32),
        scales=scales,
        axis=axis,
    )


def _accumulator_bound(rows: NDArray, bias_units: NDArray) -> NDArray[np.float64]:
    """The least scale for which 256 * sum|w| + |bias| stays in int32; rounding may add 1/2 per weight.

    256 holds also where a kernel folds the zero point into the bias.
    """
    room = MAX_ACCUMULATOR - 256 * (rows.shape[1] + 1)
    return (256 * np.abs(rows).sum(axis=1) + np.abs(bias_units)) / max(room, 1)
