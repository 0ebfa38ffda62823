"""What training left in a model about its data: statistics in batch normalizations, scaling at the input."""

import numpy as np

from tinygen.ir import Call, Graph, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.batch_normalization import BatchNormalization
from tinygen.ops.relu import Relu
from tinygen.ops.scaled import WeightedOperator
from tinygen.quantize.calibration import Interval

DEVIATIONS = 5.0
"""Standard deviations around the mean that an activation behind a batch normalization is expected to span."""


def expected_ranges(graph: Graph) -> dict[str, Interval]:
    """Bounds of tensors behind batch normalizations: beta +- DEVIATIONS * |gamma|, over all channels.

    They hold under the names that the tensors have after the normalization has been folded into the layer
    before it and a ReLU behind it has been fused. Empty for graphs without batch normalization.
    """
    ranges: dict[str, Interval] = {}
    for call in graph.calls():
        if isinstance(call.op, BatchNormalization) and call.op.epsilon > 0.0:
            low, high = _normalized(call)
            for name, activation in _names_after_folding(graph, call):
                bottom, top = activation.value
                ranges[name] = max(low, bottom), min(high, top)
    return ranges


def _normalized(call: Call) -> Interval:
    gamma, beta = (call.inputs[i].data.astype(np.float64) for i in (1, 2))
    spread = DEVIATIONS * np.abs(gamma)
    return float((beta - spread).min()), float((beta + spread).max())


def _names_after_folding(graph: Graph, call: Call) -> list[tuple[str, Activation]]:
    """The names of the normalized tensor, each with the activation that it has under this name."""
    x, y = call.node.inputs[0], call.node.outputs[0]
    activation = Activation.NONE
    names = [(y, activation)]
    readers = graph.consumers(y)
    if len(readers) == 1 and isinstance(readers[0].op, Relu):
        activation = readers[0].op.bounds
        names = [(y, activation), (readers[0].outputs[0], activation)]
    producer = graph.producer(x)
    if producer is not None and isinstance(producer.op, WeightedOperator):
        if len(graph.consumers(x)) == 1 and producer.op.activation is Activation.NONE:
            names.append((x, activation))
    return names


def input_interval(graph: Graph, tensor: Tensor) -> Interval | None:
    """The interval that an input came from in training, from a scaling directly behind it; None where none is."""
    readers = graph.consumers(tensor.name)
    if len(readers) != 1 or not isinstance(readers[0].op, BatchNormalization):
        return None
    call = graph.call(readers[0])
    if call.op.epsilon > 0.0:  # a real batch normalization: it says more about the data than its bounds
        return None
    factor, offset = call.op.factor_and_offset([t.data for t in call.inputs[1:]])
    if not factor.all():
        return None
    return _undo_scaling(factor, offset)


def _undo_scaling(factor: np.ndarray, offset: np.ndarray) -> Interval | None:
    """The inputs that y = factor * x + offset maps to [0, 1] without an offset, else to about [-1, 1]."""
    low = 0.0 if not offset.any() else -1.0
    ends = np.concatenate([(low - offset) / factor, (1.0 - offset) / factor])
    return float(ends.min()), float(ends.max())
