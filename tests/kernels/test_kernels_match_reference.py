"""Every C kernel against the reference, bit for bit, over graphs of its operator."""

from collections import Counter

import pytest
from hypothesis import given

from tests.kernels.checking import check_kernel, fitting_kernels
from tests.strategies import DETERMINISTIC, one_op_graph
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import CATALOGUE

OPERATORS = sorted(CATALOGUE, key=lambda op: op.__name__)


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_kernels_match_the_reference(library, op, arithmetic):
    runs: Counter[str] = Counter()

    @DETERMINISTIC
    @given(one_op_graph(op, arithmetic))
    def check(graph):
        for kernel in fitting_kernels(graph.calls()[0]):
            check_kernel(library, kernel, graph, samples=4)
            runs[kernel.symbol] += 1

    check()
    expected = {k.symbol for k in CATALOGUE[op] if arithmetic in k.arithmetics}
    assert runs.keys() == expected, "a kernel that no example reached is not tested"
