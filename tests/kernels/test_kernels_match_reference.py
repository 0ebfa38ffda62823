"""Every C kernel against the reference, bit for bit, over graphs of its operator."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from tests.kernels.checking import check_kernel, fitting_kernels
from tests.strategies import DETERMINISTIC, one_op_graph
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import CATALOGUE

OPERATORS = sorted(CATALOGUE, key=lambda op: op.__name__)

RARE = settings(
    DETERMINISTIC,
    max_examples=30,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
"""For kernels that take few of the graphs that are drawn."""

LEAST_RUNS = 4


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_kernels_match_the_reference(library, op, arithmetic):
    runs: Counter[str] = Counter()

    def check(graph):
        for kernel in fitting_kernels(graph.calls()[0]):
            check_kernel(library, kernel, graph, samples=3)
            runs[kernel.symbol] += 1

    graphs = one_op_graph(op, arithmetic)
    DETERMINISTIC(given(graphs)(check))()
    for symbol in {k.symbol for k in CATALOGUE[op] if arithmetic in k.arithmetics and k.source}:
        if runs[symbol] < LEAST_RUNS:
            RARE(given(graphs.filter(lambda g, symbol=symbol: _takes(symbol, g)))(check))()
        assert runs[symbol] >= LEAST_RUNS, f"{symbol} is hardly tested"


def _takes(symbol, graph):
    (call,) = graph.calls()
    rows = [k for k in CATALOGUE[type(call.op)] if k.symbol == symbol]
    return any(k.reason_against(call, k.needs) is None for k in rows)
