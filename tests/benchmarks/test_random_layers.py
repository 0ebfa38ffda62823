"""Random layers for the search for cliffs (benchmarks/random_layers.py)."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def random_layers(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    return importlib.import_module("random_layers").random_layers


@pytest.mark.parametrize("family", ["convolution", "pointwise", "depthwise", "dense"])
def test_a_seed_gives_the_same_layers(family, random_layers):
    first, again, other = (
        [name for name, _ in random_layers(family, 6, 32, seed)] for seed in (1, 1, 2)
    )
    assert len(first) == 6
    assert first == again != other


def test_outputs_have_as_many_products_as_asked_for(random_layers):
    for _, graph in random_layers("convolution", 8, 100):
        (call,) = graph.calls()
        assert graph.macs >= 100 * call.output.size
