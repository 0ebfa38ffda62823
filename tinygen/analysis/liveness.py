"""Which channels of an int8 graph matter.

Training leaves channels whose ReLU never opens: whatever the input is, they hold their zero point.
The layer behind can take such a constant into its bias. Channels that elementwise operators tie
together can only go together. What must stay is a least fixpoint: a channel that goes may free
those that only it has read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.analysis.channels import ChannelFlow, channel_flow
from tinygen.analysis.ranges import tensor_ranges
from tinygen.ir import Call, Graph, Range
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.scaled import WeightedOperator

Mask = NDArray[np.bool_]


def kept_channels(graph: Graph) -> dict[str, Mask]:
    """For every tensor but weights and biases of an int8 graph: which of its channels must stay.

    All channels of graph inputs and outputs stay, and at least one of every other tensor.
    """
    flows = {call.node.name: channel_flow(call.op, call) for call in graph.calls()}
    classes = _classes(graph, flows)
    contractions = _contractions(graph, flows, tensor_ranges(graph))
    kept = _pinned(graph, flows, classes)
    while True:
        _spread(kept, classes, contractions)
        masks = {name: kept[numbers] for name, numbers in classes.items()}
        empty = next((name for name, mask in masks.items() if not mask.any()), None)
        if empty is None:
            return masks
        kept[classes[empty][0]] = True


@dataclass(frozen=True, kw_only=True, eq=False)
class _Contraction:
    """A layer whose weights mix channels. `touches[o, i]`: some weight from i to o is not zero.

    `absorbs[i]`: channel i always holds a value that the bias can take over.
    """

    x: str
    y: str
    touches: Mask
    absorbs: Mask


def _channel_tensors(graph: Graph) -> list[str]:
    names = dict.fromkeys(graph.inputs)
    for node in graph.nodes:
        names.update(dict.fromkeys((*_data_inputs(graph.call(node)), *node.outputs)))
    return list(names)


def _data_inputs(call: Call) -> tuple[str, ...]:
    """Inputs that have channels: not the weights and biases of layers."""
    return call.node.inputs[:1] if isinstance(call.op, WeightedOperator) else call.node.inputs


def _classes(graph: Graph, flows: Mapping[str, ChannelFlow]) -> dict[str, NDArray[np.int64]]:
    """A number for each channel of each tensor; linked channels have the same one."""
    starts: dict[str, int] = {}
    count = 0
    for name in _channel_tensors(graph):
        starts[name] = count
        count += graph.tensors[name].channels
    pairs = [np.empty((2, 0), np.int64)]
    for call in graph.calls():
        for link in flows[call.node.name].links:
            a = starts[call.inputs[link.position].name] + link.inputs
            b = starts[call.output.name] + link.outputs
            pairs.append(np.stack([a, b]))
    numbers = _merge(count, np.concatenate(pairs, axis=1))
    return {
        name: numbers[start : start + graph.tensors[name].channels]
        for name, start in starts.items()
    }


def _merge(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The smallest element that each of 0..count-1 is connected to by pairs [2, P]."""
    numbers = np.arange(count)
    while True:
        before = numbers.copy()
        smallest = numbers[pairs].min(axis=0)
        for side in pairs:
            np.minimum.at(numbers, side, smallest)
        numbers = numbers[numbers]
        if np.array_equal(before, numbers):
            return numbers


def _pinned(
    graph: Graph, flows: Mapping[str, ChannelFlow], classes: Mapping[str, NDArray[np.int64]]
) -> Mask:
    """Per class: whether some channel of it must stay for itself."""
    kept = np.zeros(1 + max(int(numbers.max()) for numbers in classes.values()), bool)
    parameters = {n for call in graph.calls() for n in call.node.inputs[len(_data_inputs(call)) :]}
    for name in (*graph.inputs, *graph.outputs, *parameters.intersection(classes)):
        kept[classes[name]] = True
    for call in graph.calls():
        flow = flows[call.node.name]
        for position, name in enumerate(_data_inputs(call)):
            if not (flow.mixes and position == 0):
                linked = [link.inputs for link in flow.links if link.position == position]
                kept[_without(classes[name], linked)] = True
        for name in call.node.outputs:
            movable = [flow.free, *(link.outputs for link in flow.links)]
            kept[_without(classes[name], movable)] = True
    return kept


def _without(numbers: NDArray[np.int64], removed: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The entries at positions that are in none of the index arrays."""
    mask = np.ones(len(numbers), bool)
    for indices in removed:
        mask[indices] = False
    return numbers[mask]


def _contractions(
    graph: Graph, flows: Mapping[str, ChannelFlow], ranges: Mapping[str, Range]
) -> list[_Contraction]:
    found = []
    for call in graph.calls():
        if flows[call.node.name].mixes:
            touches = tap_sums(call, np.abs) != 0
            absorbs = absorbed_channels(call, ranges[call.inputs[0].name])
            x, y = call.inputs[0].name, call.output.name
            found.append(_Contraction(x=x, y=y, touches=touches, absorbs=absorbs))
    return found


def tap_sums(call: Call, function: np.ufunc | None = None) -> NDArray[np.int64]:
    """Weights [O, ..., I] of a layer that mixes channels, summed over its taps: [O, I]."""
    weights = call.inputs[1]
    w = weights.data.astype(np.int64) - weights.quantization.zero_points[0]
    w = function(w) if function else w
    return w.reshape(w.shape[0], -1, w.shape[-1]).sum(axis=1)


def absorbed_channels(call: Call, x: Range) -> Mask:
    """Input channels whose constant value can go into the bias of a layer that mixes channels.

    The new bias fits in int32: it is a value of the accumulator, for these constants and for zero
    points in all other channels, and accumulators are checked for all int8 inputs.
    """
    if _reads_padding(call):  # it holds zero points, and so must the channel
        return x.is_constant & (x.low == call.inputs[0].zero_point)
    return x.is_constant


def _reads_padding(call: Call) -> bool:
    return isinstance(call.op, Conv2D) and not call.op.padding.is_zero


def _spread(
    kept: Mask, classes: Mapping[str, NDArray[np.int64]], contractions: list[_Contraction]
) -> None:
    """Keep, in place, what kept outputs of layers read from channels that are not absorbed."""
    changed = True
    while changed:
        changed = False
        for layer in reversed(contractions):
            needed = layer.touches[kept[classes[layer.y]]].any(axis=0) & ~layer.absorbs
            numbers = classes[layer.x][needed]
            changed |= not kept[numbers].all()
            kept[numbers] = True
