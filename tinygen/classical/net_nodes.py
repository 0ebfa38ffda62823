"""Neural nets among classical models: an int8 graph behind transformers, with its last dense layer in 16 bits.

The transformers collapse into one matrix, which makes the int8 input of the net. Where the features are int8 and
nothing transforms them, they are that input. What the last dense layer sums stays int32: no output is rounded to int8.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinygen.classical import algebra
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.combination import NeuralNet
from tinygen.classical.description import Description, Linear, Matrix, Rows, Task
from tinygen.classical.linear_nodes import scores_node
from tinygen.classical.probabilities import add_probabilities
from tinygen.classical.stored_rows import scaled_rows
from tinygen.errors import UnsupportedError
from tinygen.ir import Call, DType, Graph, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.classical.arg_max import ArgMax
from tinygen.ops.classical.joined_rows import JoinedRows, Piece
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.reshape import Reshape

QuantizeNet = Callable[[Graph, NDArray[np.float32], tuple[float, float]], Graph]
"""(float graph, samples of its input [N, ...], bounds of the input) -> int8 graph of the same tensors"""

Build = Callable[[GraphBuilder, Description, Rows, int], None]

INT8_REACH = 127
ROOM = 0.02
"""Bounds of the input are wider by this part: the integer -128 is not used, and samples are not all that is met."""


def build(
    graph: GraphBuilder, description: Description, samples: Rows, bits: int, build_any: Build
) -> None:
    """Add the methods of a neural net."""
    if description.task is Task.CLASSIFY and len(description.classes) < 2:
        raise UnsupportedError(what="a net that classifies has one class")
    net: NeuralNet = description.scorer
    before = algebra.as_matrix(description.transforms, description.features)
    if before is None:
        raise UnsupportedError(
            what="a transformer in front of a neural net is not affine",
            next_step="supported: scalers, feature selection, PCA and other linear projections",
        )
    body, last = _without_last(net.graph)
    if last is not None and not body.nodes:
        scorer = algebra.collapse(last, before)
        build_any(graph, replace(description, scorer=scorer, transforms=()), samples, bits)
        return
    x = _body(graph, body, before, samples)
    scores = _as_int32(graph, x) if last is None else _scores(graph, x, last)
    if description.task is not Task.CLASSIFY:
        graph.method("predict", scores)
        return
    graph.method("predict", graph.node("classes", ArgMax(), [scores]))
    add_probabilities(graph, scores, description.link)


def _without_last(net: Graph) -> tuple[Graph, Linear | None]:
    """The graph before its last dense layer, and that layer; None where it ends in something else."""
    call = net.calls()[-1]
    is_row = call.inputs[0].shape[:-1] == (1,)
    if not isinstance(call.op, FullyConnected) or not is_row or not _is_plain(call):
        return net, None
    weights = call.inputs[1].data.astype(np.float64)
    bias = np.zeros(len(weights)) if len(call.inputs) < 3 else call.inputs[2].data
    return net.up_to(call.inputs[0].name), Linear(weights=weights, bias=bias.astype(np.float64))


def _is_plain(call: Call) -> bool:
    constant = all(t.is_constant for t in call.inputs[1:])
    return constant and call.op.activation is Activation.NONE


def _body(graph: GraphBuilder, net: Graph, before: Matrix, samples: Rows) -> Tensor:
    """The net's output, int8."""
    if graph.quantize_net is None:
        raise UnsupportedError(
            what="a neural net needs the quantization of nets",
            next_step="call tinygen.convert, or quantize() of tinygen.model.fitted(...)",
        )
    (place,) = net.input_tensors
    behind = samples @ before.weights.T + before.bias
    is_direct = _is_unchanged(before) and graph.input.dtype is DType.INT8
    bounds = (-128.0, 127.0) if is_direct else _bounds(behind)
    rows = behind.astype(np.float32).reshape(-1, *place.shape[1:])
    quantized = graph.quantize_net(net, rows, bounds)
    (wanted,) = quantized.input_tensors
    x = graph.input if is_direct else _input(graph, before, samples, wanted)
    if wanted.shape != x.shape:
        step, zero = x.quantization.scale, x.zero_point
        op = Reshape(shape=wanted.shape)
        x = graph.node("picture", op, [x], dtype=DType.INT8, scale=step, zero_point=zero)
    return _copied(graph, quantized, x)


def _bounds(rows: Rows) -> tuple[float, float]:
    low, high = min(float(rows.min()), 0.0), max(float(rows.max()), 0.0)
    more = ROOM * max(high - low, 1e-6)
    return low - more, high + more


def _is_unchanged(before: Matrix) -> bool:
    count = len(before.bias)
    is_identity = before.weights.shape == (count, count) and (before.weights == np.eye(count)).all()
    return bool(is_identity and not before.bias.any())


def _input(graph: GraphBuilder, before: Matrix, samples: Rows, wanted: Tensor) -> Tensor:
    """Features behind all transformers, as the net's int8 input."""
    scale, zero = wanted.quantization.scale, wanted.zero_point
    origin = np.full(len(before.bias), -zero * scale)
    return scaled_rows(
        graph, before, samples, scale, origin, DType.INT8, INT8_REACH, wanted.quantization
    )


def _copied(graph: GraphBuilder, net: Graph, x: Tensor) -> Tensor:
    """The nodes of a graph, on a tensor in the place of its input."""
    made = {net.inputs[0]: x}
    for call in net.calls():
        inputs = [
            graph.constant(f"net: {t.name}", t.data, t.dtype, t.quantization)
            if t.is_constant
            else made[t.name]
            for t in call.inputs
        ]
        quantization, name = call.output.quantization, call.output.name
        made[name] = graph.node(
            f"net: {name}",
            call.op,
            inputs,
            dtype=call.output.dtype,
            scale=quantization.scale,
            zero_point=quantization.zero_point,
        )
    return made[net.outputs[0]]


def _as_int32(graph: GraphBuilder, x: Tensor) -> Tensor:
    scale = x.quantization.scale
    if len(x.shape) != 2:
        zero, flat = x.zero_point, Reshape(shape=(1, x.size))
        x = graph.node("flat", flat, [x], dtype=x.dtype, scale=scale, zero_point=zero)
    return graph.node("values", JoinedRows(pieces=(Piece(zero=x.zero_point),)), [x], scale=scale)


def _scores(graph: GraphBuilder, x: Tensor, last: Linear) -> Tensor:
    """The last layer on the integers of an int8 row."""
    scale, zero = x.quantization.scale, x.zero_point
    moved = Linear(
        weights=last.weights * scale, bias=last.bias - last.weights.sum(axis=1) * scale * zero
    )
    return scores_node(graph, "scores", x, moved, np.full(x.channels, 128.0))
