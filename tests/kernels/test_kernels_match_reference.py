"""Every C kernel against the reference, bit for bit, over graphs of its operator."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.kernels.checking import check_kernel, fitting_kernels
from tests.strategies import DETERMINISTIC, one_op_graph
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import CATALOGUE

OPERATORS = sorted(CATALOGUE, key=lambda op: op.__name__)

MANY = settings(DETERMINISTIC, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
"""So many graphs that every kernel gets its share of them."""

LEAST_RUNS, MOST_RUNS = 3, 20
"""Graphs per kernel: fewer are no test, more teach nothing new."""


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_kernels_match_the_reference(library, op, arithmetic):
    runs: Counter[str] = Counter()

    @MANY
    @given(one_op_graph(op, arithmetic))
    def check(graph):
        for kernel in fitting_kernels(graph.calls()[0]):
            if runs[kernel.symbol] < MOST_RUNS:
                check_kernel(library, kernel, graph, samples=3)
                runs[kernel.symbol] += 1

    check()
    for kernel in CATALOGUE[op]:
        if arithmetic in kernel.arithmetics and kernel.source and not kernel.whole_only:
            tested = runs[kernel.symbol] >= LEAST_RUNS or kernel.symbol in _names_in_other_tests()
            assert tested, f"{kernel.symbol} is hardly tested: draw more graphs that it takes"


@cache
def _names_in_other_tests() -> frozenset[str]:
    """The kernels that a test of this folder builds graphs for, because they take few graphs."""
    others = (file for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__))
    return frozenset(name for file in others for name in re.findall(r"tg_\w+", file.read_text()))
