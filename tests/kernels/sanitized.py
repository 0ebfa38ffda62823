"""Runs every kernel under AddressSanitizer and UndefinedBehaviorSanitizer; test_sanitizers.py starts it.

LD_PRELOAD=<libasan> python -m tests.kernels.sanitized <folder of the sanitized kernels.so>
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from hypothesis import Phase, given, settings

from tests.kernels.checking import check_kernel, fitting_kernels
from tests.kernels.harness import KernelLibrary
from tests.strategies import DETERMINISTIC, one_op_graph
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import CATALOGUE

FEW = settings(DETERMINISTIC, max_examples=20, phases=[Phase.generate])
MANY = settings(FEW, max_examples=300)
"""For kernels that take few of the graphs that are drawn."""


def main(arguments: Sequence[str]) -> None:
    (folder,) = arguments
    # without guards the sanitizer's own zones lie right behind every buffer
    library = KernelLibrary(Path(folder) / "kernels.so", guard_bytes=0)
    reached = set()

    def check(graph):
        for kernel in fitting_kernels(graph.calls()[0]):
            check_kernel(library, kernel, graph, samples=2)
            reached.add(kernel.symbol)

    def check_unreached(graph):
        if not {k.symbol for k in CATALOGUE[type(graph.calls()[0].op)] if k.source} <= reached:
            check(graph)

    for op in CATALOGUE:
        for arithmetic in Arithmetic:
            FEW(given(one_op_graph(op, arithmetic))(check))()
        for arithmetic in Arithmetic:
            MANY(given(one_op_graph(op, arithmetic))(check_unreached))()
    print("\n".join(sorted(reached)))


if __name__ == "__main__":
    main(sys.argv[1:])
