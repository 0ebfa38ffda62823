"""Transpositions that move nothing are reshapes, two in a row are one, and a PAD in front of a RESHAPE goes behind it.

All three show to the passes behind what has nothing between it.
"""

import dataclasses

from tinygen.ir import Call, Graph, Node, Tensor
from tinygen.ops.pad import Pad
from tinygen.ops.reshape import Reshape
from tinygen.ops.transpose import Transpose
from tinygen.passes.remove_dead_nodes import remove_dead_nodes
from tinygen.passes.rewrite import Pass, fresh_name, only_consumer, substitute, until_stable


def fold_transposes(graph: Graph) -> Graph:
    return until_stable(_step, graph)


def _step(graph: Graph) -> Graph | None:
    """The graph with one change; None where there is nothing to change."""
    for call in graph.calls():
        if isinstance(call.op, Transpose):
            changed = _as_reshape(graph, call) or _joined(graph, call)
        elif isinstance(call.op, Reshape):
            changed = _before_padding(graph, call)
        else:
            continue
        if changed is not None:
            return remove_dead_nodes(changed)
    return None


def _as_reshape(graph: Graph, call: Call) -> Graph | None:
    """Where the axes longer than 1 keep their order, the bytes stay."""
    shape = call.inputs[0].shape
    kept = [axis for axis in call.op.permutation if shape[axis] > 1]
    if kept != sorted(kept):
        return None
    node = dataclasses.replace(call.node, op=Reshape(shape=call.output.shape))
    return substitute(graph, call.node, [node])


def _joined(graph: Graph, call: Call) -> Graph | None:
    """One transposition from what the one before reads."""
    before = graph.producer(call.node.inputs[0])
    if before is None or not isinstance(before.op, Transpose):
        return None
    permutation = tuple(before.op.permutation[axis] for axis in call.op.permutation)
    op = Transpose(permutation=permutation)
    return substitute(
        graph, call.node, [dataclasses.replace(call.node, op=op, inputs=before.inputs)]
    )


def _before_padding(graph: Graph, call: Call) -> Graph | None:
    """PAD, RESHAPE as RESHAPE, PAD, where the reshape only adds or removes axes of length 1."""
    pad = graph.producer(call.node.inputs[0])
    if pad is None or not isinstance(pad.op, Pad):
        return None
    if only_consumer(graph, call.node.inputs[0]) is not call.node:
        return None
    paddings = _moved(pad.op, call.inputs[0].shape, call.output.shape)
    if paddings is None:
        return None
    source = graph.tensors[pad.inputs[0]]
    pairs = zip(call.output.shape, paddings, strict=True)
    shape = tuple(length - before - after for length, (before, after) in pairs)
    name = fresh_name(graph, f"{call.node.name}/unpadded")
    bare = dataclasses.replace(source, name=name, shape=shape)
    return _with_both(graph, call, pad, bare, paddings)


def _with_both(
    graph: Graph, call: Call, pad: Node, bare: Tensor, paddings: tuple[tuple[int, int], ...]
) -> Graph:
    reshape = Node(
        name=bare.name, op=Reshape(shape=bare.shape), inputs=pad.inputs, outputs=(bare.name,)
    )
    op = dataclasses.replace(pad.op, paddings=paddings)
    padded = dataclasses.replace(call.node, op=op, inputs=(bare.name,))
    return substitute(graph, call.node, [reshape, padded], [bare])


def _moved(
    op: Pad, before: tuple[int, ...], after: tuple[int, ...]
) -> tuple[tuple[int, int], ...] | None:
    """The paddings of the axes after the reshape; None where it does more than to add and remove axes of length 1."""
    left = [(d, pair) for d, pair in zip(before, op.paddings, strict=True) if d != 1]
    if [d for d, _ in left] != [d for d in after if d != 1] or after[:1] != before[:1]:
        return None
    pairs = iter(pair for _, pair in left)
    return tuple((0, 0) if d == 1 else next(pairs) for d in after)


PASS = Pass(name="fold transpositions", run=fold_transposes, exact=True)
