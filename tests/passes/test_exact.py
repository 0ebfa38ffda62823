"""Exact passes change no output byte: on random networks, for extreme and random inputs."""

import numpy as np
import pytest

from tests.oracle import NotExpressibleError, run_tflm, to_tflite
from tests.passes.planted import random_graph, samples
from tinygen import passes, reference
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import verify

SEEDS = range(40)


def assert_same_bytes(before, after):
    verify(after)
    assert after.inputs == before.inputs and after.outputs == before.outputs
    x = samples(before)
    expected, result = reference.run(before, x), reference.run(after, x)
    for name in before.outputs:
        np.testing.assert_array_equal(result[name], expected[name])


def test_every_integer_pass_is_exact():
    assert all(rewrite.exact for rewrite in passes.INTEGER_PASSES)


@pytest.mark.parametrize("rewrite", passes.INTEGER_PASSES, ids=lambda p: p.name)
def test_pass_alone(rewrite):
    for seed in SEEDS:
        graph = random_graph(seed)
        assert_same_bytes(graph, rewrite.run(graph))


@pytest.mark.parametrize("arithmetic", Arithmetic, ids=lambda a: a.value)
def test_all_passes_together(arithmetic):
    smaller = 0
    for seed in SEEDS:
        graph = random_graph(seed, arithmetic)
        after, _ = passes.optimize_integer(graph)
        assert_same_bytes(graph, after)
        smaller += after.macs < graph.macs
    assert smaller > len(SEEDS) // 3  # the networks do hold something to remove


def test_tflite_micro_agrees_that_nothing_changed():
    """The interpreter runs both networks: the claim does not rest on our own reference."""
    compared = 0
    for seed in SEEDS:
        graph = random_graph(seed)
        after = passes.optimize(graph)
        try:
            files = to_tflite(graph), to_tflite(after)
        except NotExpressibleError:
            continue
        inputs = [samples(graph)[name] for name in graph.inputs]
        for expected, result in zip(*(run_tflm(f, *inputs) for f in files), strict=True):
            np.testing.assert_array_equal(result, expected)
        compared += 1
    assert compared > len(SEEDS) // 2


def test_optimizing_twice_changes_nothing_more():
    for seed in SEEDS:
        once, _ = passes.optimize_integer(random_graph(seed))
        twice, reports = passes.optimize_integer(once)
        assert not any(r.changed for r in reports if r.name == "remove dead channels"), seed
        assert twice.macs == once.macs
