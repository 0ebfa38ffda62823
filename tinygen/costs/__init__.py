"""What kernels cost on a core: cycles as a linear function of loop counts, and bytes of code.

The tables (`<core>.json`) are fitted to measurements by `python benchmarks/fit_costs.py`. Their unit is the modelled
cycle where the core has a cycle model, else the executed instruction; figures of one core compare with each other only.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from tinygen.ir import Call
from tinygen.kernels import Kernel
from tinygen.kernels.counts import counts_of
from tinygen.kernels.sources import files_for
from tinygen.targets import Target


@dataclass(frozen=True, kw_only=True)
class CostTable:
    """Cycles of every term of every kernel, and bytes of code of every C file of the runtime, on one core.

    `errors` are the largest relative errors of the fit: a choice between kernels reckons with them.
    """

    unit: str
    terms: Mapping[str, Mapping[str, float]]
    code_bytes: Mapping[str, int]
    errors: Mapping[str, float] = field(default_factory=dict)

    def cycles(self, kernel: Kernel, call: Call) -> float | None:
        """The predicted cost of a node; of a kernel that nobody has measured on this core its estimate, or None."""
        terms = self.terms.get(kernel.symbol)
        if terms is None:
            return kernel.estimate(call) if kernel.estimate else None
        counts = counts_of(kernel, call)
        return sum(terms.get(term, 0.0) * count for term, count in counts.items())

    def cautious_cycles(self, kernel: Kernel, call: Call) -> float | None:
        """The prediction, worse by half of what the fit may be wrong."""
        cycles = self.cycles(kernel, call)
        return None if cycles is None else cycles * (1 + self.errors.get(kernel.symbol, 0.0) / 2)

    def code(self, kernels: Iterable[Kernel]) -> int:
        """Bytes of code that these kernels bring, files that they share counted once."""
        files = {file for kernel in set(kernels) for file in code_files(kernel)}
        return sum(self.code_bytes.get(file, 0) for file in files)


NO_COSTS = CostTable(unit="cycles", terms={}, code_bytes={})
"""For cores without a table: kernels are taken in the order of the catalogue."""


@functools.lru_cache(maxsize=1024)
def code_files(kernel: Kernel) -> tuple[str, ...]:
    """The C files that a kernel needs."""
    return tuple(name for name in files_for([kernel]) if name.endswith(".c"))


def of(target: Target) -> CostTable:
    """The table for a target: its core's, or that of the core which stands for it."""
    return load(target.costs_of or target.core)


@functools.cache
def load(core: str) -> CostTable:
    """The table of a core; NO_COSTS where there is none."""
    file = resources.files(__package__) / f"{core}.json"
    if not file.is_file():
        return NO_COSTS
    return CostTable(**json.loads(file.read_text(encoding="utf-8")))
