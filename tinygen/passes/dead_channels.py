"""Removes channels that nobody needs, and those that hold one value, which the next bias takes."""

import dataclasses

from tinygen.analysis import tensor_ranges
from tinygen.analysis.liveness import kept_channels
from tinygen.ir import Call, Graph
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
    weights, bias = result.weights, bias_tensor(result.bias)
    parameters = [weights, bias] if len(node.inputs) > 2 or result.bias.any() else [weights]
    old_names = (*node.inputs[1:], None)
    parameters = [
        dataclasses.replace(p, name=_parameter_name(graph, old, f"{node.name}/{what}"))
        for p, old, what in zip(parameters, old_names, ("weights", "bias"), strict=False)
    ]
    inputs = (node.inputs[0], *(p.name for p in parameters))
    return substitute(graph, node, [dataclasses.replace(node, inputs=inputs)], parameters)


def _parameter_name(graph: Graph, old: str | None, wanted: str) -> str:
    """The old name where no other node reads that constant."""
    if old is not None and len(graph.consumers(old)) == 1:
        return old
    return fresh_name(graph, wanted)


PASS = Pass(name="remove dead channels", run=remove_dead_channels, exact=True)
