"""Bounds of whole networks hold for every input that is tried."""

import numpy as np

from tests.passes.network import Network
from tests.passes.planted import plant_constant, random_graph, samples
from tinygen import reference
from tinygen.analysis import reachable_int8, tensor_ranges
from tinygen.ir import Range
from tinygen.ops.add import Add


def test_no_value_leaves_its_bounds():
    def check(call, outputs):
        for tensor, values in zip(call.outputs, outputs, strict=True):
            bounds, v = ranges[tensor.name], values.astype(np.int64)
            assert (v >= bounds.low).all() and (v <= bounds.high).all(), call.node.name

    for seed in range(25):
        graph = random_graph(seed)
        ranges = tensor_ranges(graph)
        reference.run(graph, samples(graph), observer=check)


def test_constants_are_seen_through_a_sum():
    net = Network((1, 4, 4, 2))
    a, b = net.conv(net.input, 3), net.conv(net.input, 3)
    total = net.apply(Add(), a, b)
    graph = net.finish(net.conv(total, 2))
    for node in graph.nodes[:2]:
        graph = plant_constant(graph, node.name, [1])
    assert tensor_ranges(graph)[total].is_constant.tolist() == [False, True, False]


def test_reachable_values_are_those_between_the_bounds():
    bounds = Range(low=np.array([-128, 3]), high=np.array([-127, 4]))
    assert np.flatnonzero(reachable_int8(bounds)).tolist() == list(range(133))
