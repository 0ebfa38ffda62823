"""What training left in a model about its data: statistics in batch normalizations, scaling at the input."""

import numpy as np

from tinygen.ir import Call, Graph, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.relu import Relu
from tinygen.ops.scaled import WeightedOperator
from tinygen.quantize.calibration import Interval

DEVIATIONS = 6.0
"""Standard deviations around the mean that an activation behind a batch normalization can span."""


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
