"""Computes now what depends on constants only."""

import dataclasses

import numpy as np

from tinygen.ir import Call, Graph, Tensor
from tinygen.passes.rewrite import Pass


def fold_constants(graph: Graph) -> Graph:
    tensors, kept = dict(graph.tensors), []
    for node in graph.nodes:
        call = Call(
            node=node,
            inputs=tuple(tensors[name] for name in node.inputs),
            outputs=tuple(tensors[name] for name in node.outputs),
            arithmetic=graph.arithmetic,
        )
        if call.activations or set(node.outputs) & set(graph.outputs):
            kept.append(node)
        else:
            tensors.update((t.name, t) for t in _evaluated(call))
    return graph.replace(nodes=tuple(kept), tensors=tensors)


def _evaluated(call: Call) -> list[Tensor]:
    integer = call.outputs[0].dtype.is_integer
    evaluate = call.op.evaluate_integer if integer else call.op.evaluate_float
    result = evaluate(call, [t.data for t in call.inputs])
    arrays = result if isinstance(result, tuple) else (result,)
    return [
        dataclasses.replace(t, data=np.ascontiguousarray(a, t.dtype.numpy).reshape(t.shape))
        for t, a in zip(call.outputs, arrays, strict=True)
    ]


PASS = Pass(name="fold constants", run=fold_constants, exact=True)
