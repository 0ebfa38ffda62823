"""Runs every kernel under AddressSanitizer and UndefinedBehaviorSanitizer; test_sanitizers.py starts it.

LD_PRELOAD=<libasan> python -m tests.kernels.sanitized <folder of the sanitized kernels.so>
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.kernels.checking import check_kernel, fitting_kernels
from tests.kernels.harness import KernelLibrary
from tests.strategies import one_op_graph
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import CATALOGUE

ROUND = settings(
    max_examples=25,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
MOST_ROUNDS = 24
"""For kernels that take few of the graphs that are drawn."""

ENOUGH, MOST = 3, 8
"""Graphs per kernel: rounds go on until all kernels of an operator had enough of them."""


def main(arguments: Sequence[str]) -> None:
    (folder,) = arguments
    # without guards the sanitizer's own zones lie right behind every buffer
    library = KernelLibrary(Path(folder) / "kernels.so", guard_bytes=0)
    runs: Counter[str] = Counter()

    def check(graph):
        for kernel in fitting_kernels(graph.calls()[0]):
            if runs[kernel.symbol] < MOST:
                check_kernel(library, kernel, graph, samples=2)
                runs[kernel.symbol] += 1

    for op in CATALOGUE:
        symbols = {k.symbol for k in CATALOGUE[op] if k.source and not k.whole_only}
        for number in range(MOST_ROUNDS):
            for arithmetic in Arithmetic:
                seed(number)(ROUND(given(one_op_graph(op, arithmetic))(check)))()
            if all(runs[symbol] >= ENOUGH for symbol in symbols):
                break
    print("\n".join(sorted(runs)))


if __name__ == "__main__":
    main(sys.argv[1:])
