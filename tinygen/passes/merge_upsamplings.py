"""Repetition of rows behind one of columns, or the other way round, is one: converters write both for UpSampling2D."""

import dataclasses

from tinygen.ir import Call, Graph
from tinygen.ops.upsampling2d import UpSampling2D
from tinygen.passes.rewrite import Pass, only_consumer, substitute, until_stable


def merge_upsamplings(graph: Graph) -> Graph:
    return until_stable(_merge_one, graph)


def _merge_one(graph: Graph) -> Graph | None:
    for call in graph.calls():
        if isinstance(call.op, UpSampling2D) and (merged := _merged(graph, call)) is not None:
            return merged
    return None


def _merged(graph: Graph, first: Call) -> Graph | None:
    """The graph with the factors of `first` in the upsampling that alone reads it; None where there is none."""
    second = only_consumer(graph, first.output.name)
    if second is None or not isinstance(second.op, UpSampling2D):
        return None
    (h, w), (more_h, more_w) = first.op.factor, second.op.factor
    without = graph.replace(nodes=tuple(n for n in graph.nodes if n.name != first.node.name))
    both = dataclasses.replace(
        second, op=UpSampling2D(factor=(h * more_h, w * more_w)), inputs=first.node.inputs
    )
    return substitute(without, second, [both])


PASS = Pass(name="merge upsamplings", run=merge_upsamplings, exact=True)
