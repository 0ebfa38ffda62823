"""Scales and zero points of activations: which tensors must share them, and what they become.

Tensors are put into groups with one quantization each: the inputs and outputs of operators that only move or
select bytes. A group is fixed when it holds the output of an operator whose quantization is fixed.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tinygen.fixedpoint import INT8_MAX, INT8_MIN, Arithmetic
from tinygen.ir import Call, DType, Graph, Node, Quantization, Tensor
from tinygen.ops.activation import Activation
from tinygen.ops.batch_matmul import BatchMatmul
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.mul import LARGEST_PRODUCT, Mul
from tinygen.ops.quantization_rules import FixedQuantization, SameQuantization
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.squared_difference import SquaredDifference
from tinygen.ops.sum import Sum
from tinygen.quantize.calibration import Interval
from tinygen.quantize.names import free_name

_STEPS = INT8_MAX - INT8_MIN
_DEFAULT_INTERVAL = (0.0, 1.0)
_LEAST_WIDTH = 1e-12

FINEST_FACTOR = 2.0**8
"""Outputs are at most this much finer than what they are computed from: more would show nothing."""

FINEST_ARGUMENT = 2.0**-16
"""Scale of the inputs of softmax, logistic and tanh, whose outputs have 8 bits."""

FINEST_HARD_SWISH = 2.0**-20, 2.0**-8, 2.0**-6
"""Scale of its input, absolute and over that of its output; scale of its output over that of its input."""

FINEST_SQUARE = 2.0**11
"""The square of a difference is at most this much finer than the square of the larger scale."""

FINEST_ROOT = 2.0**19
"""1 / sqrt(x) has no more output steps than this for an x of one step."""

WORST_CASE_STEPS = 2.0**28
"""Results of any inputs whatever stay below this many output steps, so that requantization cannot overflow."""


class Groups:
    """Tensors that share one quantization."""

    def __init__(self, graph: Graph):
        self._parent = {name: name for name in graph.tensors}
        self._fixed: dict[str, Quantization] = {}

    def of(self, name: str) -> str:
        while self._parent[name] != name:
            self._parent[name] = name = self._parent[self._parent[name]]
        return name

    def fix(self, name: str, quantization: Quantization) -> None:
        self._fixed[self.of(name)] = quantization

    def fixed(self, name: str) -> Quantization | None:
        return self._fixed.get(self.of(name))

    def join(self, a: str, b: str) -> bool:
        """Put two tensors into one group; False where both groups are fixed to different quantizations."""
        a, b = self.of(a), self.of(b)
        if a == b:
            return True
        fixed = {q for q in (self._fixed.get(a), self._fixed.get(b)) if q is not None}
        if len(fixed) > 1:
            return False
        self._parent[b] = a
        for quantization in fixed:
            self._fixed[a] = quantization
        return True


def with_requantize(graph: Graph, arithmetic: Arithmetic) -> tuple[Graph, Groups]:
    """The graph's groups, after a Requantize has been put where tensors that should share one cannot."""
    while True:
        groups, conflict = _grouped(graph, arithmetic)
        if conflict is None:
            return graph, groups
        graph = _separate(graph, *conflict)


def _grouped(graph: Graph, arithmetic: Arithmetic) -> tuple[Groups, tuple[Node, int] | None]:
    """Groups, and the first (node, input) whose quantization cannot be that of the node's output."""
    groups = Groups(graph)
    for call in graph.calls():
        if isinstance(call.op, FixedQuantization):
            groups.fix(call.output.name, call.op.output_quantization)
    several = []
    for call in graph.calls():
        if not _shares(call, graph, arithmetic):
            continue
        if len(call.inputs) == 1:
            groups.join(call.output.name, call.inputs[0].name)
        else:
            several.append(call)
    for call in several:
        conflict = _join_operands(call, groups)
        if conflict is not None:
            return groups, (call.node, conflict)
    return groups, None


def _shares(call: Call, graph: Graph, arithmetic: Arithmetic) -> bool:
    if isinstance(call.op, Relu):
        keeps = arithmetic is Arithmetic.TFLM and call.op.bounds is not Activation.RELU
        return keeps or _is_clamped(graph, call.inputs[0].name)
    return isinstance(call.op, SameQuantization)


def _is_clamped(graph: Graph, tensor: str) -> bool:
    """True for a tensor that only a ReLU reads: saturation may do the clamping before it."""
    readers = graph.consumers(tensor)
    is_end = tensor in graph.inputs or tensor in graph.outputs
    return not is_end and len(readers) == 1 and isinstance(readers[0].op, Relu)


def _join_operands(call: Call, groups: Groups) -> int | None:
    """Join the operands of a concatenation; the index of one that must keep a quantization of its own."""
    fixed = {groups.fixed(t.name) for t in call.inputs}
    for index, tensor in enumerate(call.inputs):
        is_odd = groups.fixed(tensor.name) is not None and len(fixed) > 1
        if is_odd or not groups.join(call.output.name, tensor.name):
            return index
    return None


def _separate(graph: Graph, node: Node, index: int) -> Graph:
    """Put a Requantize before one input of a node."""
    source = graph.tensors[node.inputs[index]]
    taken = {*graph.tensors, *(other.name for other in graph.nodes)}
    name = free_name(f"{node.name}/requantize_{index}", taken)
    inputs = (*node.inputs[:index], name, *node.inputs[index + 1 :])
    added = Node(name=name, op=Requantize(), inputs=(source.name,), outputs=(name,))
    nodes = []
    for other in graph.nodes:
        if other is node:
            nodes += [added, dataclasses.replace(node, inputs=inputs)]
        else:
            nodes.append(other)
    tensor = Tensor(name=name, shape=source.shape, dtype=DType.FLOAT32)
    return graph.replace(tensors={**graph.tensors, name: tensor}, nodes=tuple(nodes))


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """The quantization of every activation, and of constants that are added or concatenated."""

    quantizations: Mapping[str, Quantization]

    def scale(self, tensor: str) -> float:
        return self.quantizations[tensor].scale


def choose_scheme(graph: Graph, groups: Groups, intervals: Mapping[str, Interval]) -> Scheme:
    """Quantizations from the interval of each activation: groups cover all their members' intervals.

    What a ReLU cuts off need not be covered where nothing else reads it.
    """
    merged: dict[str, Interval] = {}
    for name, interval in {**_constants(graph), **intervals}.items():
        if _is_clamped(graph, name):
            continue
        low, high = merged.get(groups.of(name), (0.0, 0.0))
        merged[groups.of(name)] = min(low, interval[0]), max(high, interval[1])
    merged = {group: _with_width(interval) for group, interval in merged.items()}
    _widen(graph, groups, merged)
    chosen = {group: quantization_of(interval) for group, interval in merged.items()}
    return Scheme(
        quantizations={
            name: groups.fixed(name) or chosen[groups.of(name)]
            for name in {**_constants(graph), **intervals}
        }
    )


def _constants(graph: Graph) -> dict[str, Interval]:
    """Intervals of the constants that are operands like activations, not weights."""
    return {
        tensor.name: (float(min(0.0, tensor.data.min())), float(max(0.0, tensor.data.max())))
        for call in graph.calls()
        if not isinstance(call.op, WeightedOperator)
        for tensor in call.inputs
        if tensor.data is not None
    }


def _with_width(interval: Interval) -> Interval:
    """The interval; any sane one for a tensor that was always 0."""
    return interval if interval[1] - interval[0] > _LEAST_WIDTH else _DEFAULT_INTERVAL


def quantization_of(interval: Interval) -> Quantization:
    """int8 for an interval that contains 0, with 0 at an integer."""
    low, high = interval
    scale = float(np.float32((high - low) / _STEPS))
    zero_point = round(INT8_MIN - low / scale)
    return Quantization.per_tensor(scale, min(max(zero_point, INT8_MIN), INT8_MAX))


def _widen(graph: Graph, groups: Groups, merged: dict[str, Interval]) -> None:
    """Make intervals so wide that no multiplier and no accumulator leaves its range.

    Trained models hardly ever need it: it takes results that cancel each other out almost exactly.
    """
    for _ in range(len(graph.nodes) + 1):
        changed = False
        for call in graph.calls():
            for name, scale in _least_scales(call, groups, merged).items():
                group = groups.of(name)
                if groups.fixed(name) is None and quantization_of(merged[group]).scale < scale:
                    merged[group] = _scaled_up(merged[group], scale)
                    changed = True
        if not changed:
            return


def _scaled_up(interval: Interval, scale: float) -> Interval:
    factor = 1.01 * scale * _STEPS / (interval[1] - interval[0])
    return interval[0] * factor, interval[1] * factor


def _least_scales(call: Call, groups: Groups, merged: dict[str, Interval]) -> dict[str, float]:
    """The finest scales that are safe for an operator, by tensor."""
    if isinstance(call.op, FixedQuantization):
        return {t.name: FINEST_ARGUMENT for t in call.activations}

    def scale(tensor: Tensor) -> float:
        return (groups.fixed(tensor.name) or quantization_of(merged[groups.of(tensor.name)])).scale

    if isinstance(call.op, HardSwish):
        x, y = call.inputs[0], call.output
        least_input, of_output, of_input = FINEST_HARD_SWISH
        return {x.name: max(least_input, scale(y) * of_output), y.name: scale(x) * of_input}
    if isinstance(call.op, Mul | BatchMatmul | SquaredDifference | Sum | Rsqrt):
        return {call.output.name: _least_output(call, [scale(t) for t in call.inputs])}
    scales = [scale(t) for t in call.activations]
    least = max(scales, default=0.0) / FINEST_FACTOR
    if isinstance(call.op, WeightedOperator):
        weights = np.abs(call.inputs[1].data.astype(np.float64))
        others = tuple(a for a in range(weights.ndim) if a != call.op.channel_axis())
        worst_case = weights.sum(axis=others).max() * scales[0] * _STEPS
        least = max(least * weights.max() / INT8_MAX, worst_case / WORST_CASE_STEPS)
    return {t.name: least for t in call.outputs}


def _least_output(call: Call, scales: list[float]) -> float:
    """The finest scale of the output of an operator whose results are not of the size of its inputs."""
    match call.op:
        case Mul():
            return scales[0] * scales[1] / FINEST_FACTOR
        case BatchMatmul():
            worst_case = LARGEST_PRODUCT * call.op.depth(call) / WORST_CASE_STEPS
            return scales[0] * scales[1] * max(1 / FINEST_FACTOR, worst_case)
        case SquaredDifference():
            return max(scales) ** 2 / FINEST_SQUARE
        case Sum():
            worst_case = _STEPS * call.op.count(call) / WORST_CASE_STEPS
            return scales[0] * max(1 / FINEST_FACTOR, worst_case)
    return 1 / (math.sqrt(scales[0]) * FINEST_ROOT)
