"""Removes channels that nobody needs, and those that hold one value, which the next bias takes."""

import dataclasses

from tinygen.analysis import tensor_ranges
from tinygen.analysis.liveness import kept_channels
from tinygen.ir import Call, Graph, Tensor
from tinygen.passes.narrow import Keep, bias_tensor, narrow, take_channels
from tinygen.passes.rewrite import Pass, fresh_name, substitute


def remove_dead_channels(graph: Graph) -> Graph:
    """The int8 graph without dead and constant channels; its ends keep their shapes."""
    if not graph.is_quantized:
        return graph
    masks = kept_channels(graph)
    if all(mask.all() for mask in masks.values()):
        return graph
    ranges = tensor_ranges(graph)
    tensors = dict(graph.tensors)
    tensors.update((name, take_channels(tensors[name], mask)) for name, mask in masks.items())
    narrowed = graph.replace(tensors=tensors)
    for call in graph.calls():
        x, y = call.inputs[0].name, call.outputs[0].name
        if masks[x].all() and masks[y].all():
            continue
        keep = Keep(x=masks[x], y=masks[y], x_range=ranges.get(x))
        narrowed = _replace_node(narrowed, call, keep)
    return narrowed


def _replace_node(graph: Graph, call: Call, keep: Keep) -> Graph:
    result = narrow(call.op, call, keep)
    node = dataclasses.replace(call.node, op=result.op)
    if result.weights is None:
        return substitute(graph, node, [node])
    weights = dataclasses.replace(
        result.weights, name=_parameter_name(graph, call.inputs[1], f"{node.name}/weights")
    )
    graph = graph.with_tensors([weights])
    old_bias = call.inputs[2] if len(call.inputs) > 2 else None
    if old_bias is None and not result.bias.any():
        without_bias = dataclasses.replace(node, inputs=(node.inputs[0], weights.name))
        return substitute(graph, node, [without_bias])
    bias = bias_tensor(_parameter_name(graph, old_bias, f"{node.name}/bias"), result.bias)
    graph = graph.with_tensors([bias])
    inputs = (node.inputs[0], weights.name, bias.name)
    return substitute(graph, node, [dataclasses.replace(node, inputs=inputs)])


def _parameter_name(graph: Graph, old: Tensor | None, wanted: str) -> str:
    """The old name where no other node reads that constant."""
    if old is not None and len(graph.consumers(old.name)) == 1:
        return old.name
    return fresh_name(graph, wanted)


PASS = Pass(name="remove dead channels", run=remove_dead_channels, exact=True)
