"""Rewrites of graphs, one per file, in the order in which they run.

FLOAT_PASSES run before quantization. INTEGER_PASSES run on int8 graphs and are exact: every output
byte stays.
"""

from tinygen.ir import Graph
from tinygen.passes import (
    compose_unaries,
    dead_channels,
    fold_batch_norm,
    fold_constants,
    fold_padding,
    fold_transposes,
    fuse_activations,
    join_curves,
    merge_reshapes,
    merge_unary,
    merge_upsamplings,
    remove_dead_nodes,
    remove_identities,
    split_transposed,
)
from tinygen.passes.rewrite import Pass, PassReport, apply

__all__ = [
    "FLOAT_PASSES",
    "INTEGER_PASSES",
    "Pass",
    "PassReport",
    "optimize",
    "optimize_float",
    "optimize_integer",
]

FLOAT_PASSES: tuple[Pass, ...] = (
    remove_dead_nodes.PASS,
    fold_constants.PASS,
    fold_transposes.PASS,
    merge_reshapes.PASS,
    remove_identities.PASS,
    merge_upsamplings.PASS,
    fold_batch_norm.PASS,
    fuse_activations.PASS,
    join_curves.PASS,
    fold_padding.PASS,
)

INTEGER_PASSES: tuple[Pass, ...] = (
    remove_dead_nodes.PASS,
    fold_constants.PASS,
    fold_transposes.PASS,
    merge_reshapes.PASS,
    remove_identities.PASS,
    merge_upsamplings.PASS,
    merge_unary.PASS,
    fuse_activations.PASS,
    compose_unaries.PASS,
    fold_padding.PASS,
    split_transposed.PASS,
    dead_channels.PASS,
)


def optimize(graph: Graph) -> Graph:
    """The graph after the passes for its kind, float or int8."""
    run = optimize_integer if graph.is_quantized else optimize_float
    return run(graph)[0]


def optimize_float(graph: Graph) -> tuple[Graph, tuple[PassReport, ...]]:
    """A float graph, made ready for quantization, and what each pass changed."""
    return _run(FLOAT_PASSES, graph)


def optimize_integer(graph: Graph) -> tuple[Graph, tuple[PassReport, ...]]:
    """An int8 graph that computes the same bytes with less work, and what each pass changed."""
    return _run(INTEGER_PASSES, graph)


def _run(passes: tuple[Pass, ...], graph: Graph) -> tuple[Graph, tuple[PassReport, ...]]:
    reports = []
    for rewrite in passes:
        graph, report = apply(rewrite, graph)
        reports.append(report)
    return graph, tuple(reports)
