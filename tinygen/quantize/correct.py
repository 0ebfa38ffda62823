"""Bias correction: what rounding the weights and the inputs adds to a channel on average is taken from its bias.

Formula: bias[c] += E[w * x + b] - E[w' * x' + b] over samples and positions, where w', x' are what the integers
stand for. After Nagel et al., Data-Free Quantization through Weight Equalization and Bias Correction, 2019, section
4.2, with the expectation measured on calibration data.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Call, DType, Graph, Node, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.scaled import WeightedOperator
from tinygen.quantize.apply import (
    dequantize_array,
    integer_graph,
    quantize_array,
    quantize_parameters,
)
from tinygen.quantize.calibration import Calibration
from tinygen.quantize.names import free_name
from tinygen.quantize.observe import is_batched
from tinygen.quantize.scheme import Scheme

_MOST_SAMPLES = 64
_MOST_ELEMENTS = 2**25

Values = dict[str, NDArray]


def with_corrected_biases(
    graph: Graph, scheme: Scheme, arithmetic: Arithmetic, calibration: Calibration
) -> Graph:
    """The float graph with corrected biases. Layers are corrected in order, each on the corrected ones before it.

    Graphs that cannot run several samples together are returned as they are.
    """
    if not is_batched(graph):
        return graph
    calibration = calibration.first(_sample_count(graph))
    exact: Values = dict(calibration.samples)
    integer: Values = {
        name: quantize_array(x, scheme.quantizations[name]) for name, x in exact.items()
    }
    last_use = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}
    for i, call in enumerate(graph.calls()):
        node = call.node
        if isinstance(node.op, WeightedOperator):
            graph = _with_corrected_bias(graph, i, scheme, exact, integer)
        exact[call.output.name] = call.op.evaluate_float(call, _inputs(call, exact))
        corrected = graph.call(graph.nodes[i])
        integer[call.output.name] = _step(graph, corrected, scheme, arithmetic, integer)
        for name in node.inputs:
            if last_use[name] == i:
                exact.pop(name, None)
                integer.pop(name, None)
    return graph


def _sample_count(graph: Graph) -> int:
    """All samples pass a layer before the next is corrected, so their activations are held together."""
    largest = max(t.size for t in graph.tensors.values() if not t.is_constant)
    return min(_MOST_SAMPLES, max(1, _MOST_ELEMENTS // largest))


def _inputs(call: Call, values: Values) -> list[NDArray]:
    return [values[t.name] if t.data is None else t.data for t in call.inputs]


def _step(
    graph: Graph, call: Call, scheme: Scheme, arithmetic: Arithmetic, integer: Values
) -> NDArray:
    """Run one node of the integer graph."""
    activations = tuple(t.name for t in call.activations)
    alone = graph.replace(nodes=(call.node,), inputs=activations, outputs=call.node.outputs)
    (step,) = integer_graph(alone, scheme, arithmetic).calls()
    return step.op.evaluate_integer(step, _inputs(step, integer))


def _with_corrected_bias(
    graph: Graph, index: int, scheme: Scheme, exact: Values, integer: Values
) -> Graph:
    node = graph.nodes[index]
    # the mean error of the sums is looked for, before an activation hides a part of it
    call = graph.call(
        dataclasses.replace(node, op=dataclasses.replace(node.op, activation=Activation.NONE))
    )
    x = call.inputs[0].name
    weights = quantize_parameters(call, scheme).real_weights
    approximate = [dequantize_array(integer[x], scheme.quantizations[x]), weights]
    bias = call.op.bias(call).astype(np.float32)
    wanted = call.op.evaluate_float(call, _inputs(call, exact))
    got = call.op.evaluate_float(call, [*approximate, bias])
    error = (wanted - got).mean(axis=tuple(range(wanted.ndim - 1)), dtype=np.float64)
    return _with_bias(graph, index, (bias + error).astype(np.float32))


def _with_bias(graph: Graph, index: int, bias: NDArray[np.float32]) -> Graph:
    node = graph.nodes[index]
    name = free_name(f"{node.name}/corrected_bias", graph.tensors)
    tensor = Tensor(name=name, shape=bias.shape, dtype=DType.FLOAT32, data=bias)
    changed: Node = dataclasses.replace(node, inputs=(*node.inputs[:2], name))
    nodes = (*graph.nodes[:index], changed, *graph.nodes[index + 1 :])
    return graph.replace(tensors={**graph.tensors, name: tensor}, nodes=nodes)
