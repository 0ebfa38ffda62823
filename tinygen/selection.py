"""Which kernel computes which layer: by predicted cycles, bytes of flash and bytes of RAM.

Every layer has candidates with a cost in cycles, in constants of its own, and in code that layers share. The choice
minimizes cycles + price * bytes of flash and RAM, with a price of 0 for speed, and within a budget of flash where one
is given: an integer program, solved exactly. The result says what the next better choices would cost.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tinygen import costs
from tinygen.costs import CostTable, code_files
from tinygen.errors import UsageError
from tinygen.ir import Call
from tinygen.kernels import Array, Fill, Kernel, KernelCall, Struct, candidates
from tinygen.targets import Target


class Optimize(enum.Enum):
    """What the choice of kernels minimizes."""

    SPEED = "speed"
    """Cycles, whatever they cost in flash."""

    BALANCED = "balanced"
    """Cycles and memory: a per cent of one for a per cent of the other."""

    SIZE = "size"
    """Memory, as long as a per cent less does not cost a multiple in cycles."""

    LEAST = "least"
    """Memory, whatever it costs in cycles."""

    @property
    def weight(self) -> float:
        """Per cents of cycles that one per cent of memory is worth."""
        return {
            Optimize.SPEED: 0.0,
            Optimize.BALANCED: 1.0,
            Optimize.SIZE: 6.0,
            Optimize.LEAST: 1e4,  # cycles decide between what is equally small
        }[self]


class Candidate:
    """One way to compute a layer. What is expensive to know is computed when somebody asks."""

    def __init__(self, call: Call, kernel: Kernel, table: CostTable) -> None:
        self.call = call
        self.kernel = kernel
        self.table = table
        self.cycles = table.cycles(kernel, call)
        self.cautious_cycles = table.cautious_cycles(kernel, call)

    @cached_property
    def scratch_bytes(self) -> int:
        return self.kernel.scratch_bytes(self.call) if self.kernel.scratch_bytes else 0

    @cached_property
    def kernel_calls(self) -> tuple[KernelCall, ...]:
        return self.kernel.lower(self.call)

    @cached_property
    def constant_bytes(self) -> int:
        """Bytes of weights and constants that only this layer reads, and of code that only it runs."""
        return sum(constant_bytes(kc.params) + kc.code_bytes for kc in self.kernel_calls)


def constant_bytes(struct: Struct) -> int:
    """Bytes of the arrays of a parameter struct, without rows that layers share."""
    total = 0
    for value in struct.fields.values():
        match value:
            case Array():
                total += value.data.nbytes
            case Struct():
                total += constant_bytes(value)
            case Fill() | int():
                pass
    return total


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """A choice that would save cycles for more bytes."""

    layer: str
    symbol: str
    flash_bytes: int
    scratch_bytes: int
    cycles: float


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A candidate for every call, and what they cost together. `cycles` is None on a core without measurements.

    A layer whose only kernel was never measured counts as nothing: there is no choice.
    """

    chosen: tuple[Candidate, ...]
    options: tuple[tuple[Candidate, ...], ...]
    table: CostTable

    @property
    def cycles(self) -> float | None:
        return sum(c.cycles or 0.0 for c in self.chosen) if self.table.terms else None

    @cached_property
    def flash_bytes(self) -> int:
        """Predicted bytes of constants, weights and kernels."""
        code = self.table.code(c.kernel for c in self.chosen)
        return code + sum(c.constant_bytes for c in self.chosen)

    @cached_property
    def ram_bytes(self) -> int:
        """Inputs, output and scratch of the layer where they are most: near to what the arena will be."""
        return max((_bytes_alive(c) for c in self.chosen), default=0)

    def upgrades(self) -> tuple[Upgrade, ...]:
        """Single changes that save cycles and cost flash, best bargain first."""
        found = []
        if self.cycles is None:
            return ()
        for index, options in enumerate(self.options):
            for option in options:
                saved = (self.chosen[index].cycles or 0.0) - (option.cycles or 0.0)
                if saved <= 0:
                    continue
                other = self.replacing({index: option})
                found.append(
                    Upgrade(
                        layer=option.call.node.name,
                        symbol=option.kernel.symbol,
                        flash_bytes=other.flash_bytes - self.flash_bytes,
                        scratch_bytes=option.scratch_bytes - self.chosen[index].scratch_bytes,
                        cycles=saved,
                    )
                )
        return tuple(sorted(found, key=lambda u: -u.cycles / max(u.flash_bytes, 1)))

    def replacing(self, changes: dict[int, Candidate]) -> "Selection":
        """The same with other candidates at some indices."""
        chosen = tuple(changes.get(i, c) for i, c in enumerate(self.chosen))
        return Selection(chosen=chosen, options=self.options, table=self.table)


Allowed = Callable[[Candidate], bool]


def choose(
    calls: Sequence[Call],
    target: Target,
    *,
    optimize: Optimize = Optimize.SPEED,
    flash_budget: int | None = None,
    allowed: Allowed = lambda _: True,
    forced: Mapping[str, str] = MappingProxyType({}),
) -> Selection:
    """The kernels for the calls of a graph.

    `forced` names the kernel of some layers, by the layers' names: UsageError where one does not fit.
    `flash_budget` bounds the predicted flash; the smallest choice is returned where it cannot be met. `allowed`
    rules out candidates, except where it would rule out all of a layer's.
    """
    table = costs.of(target)
    options = tuple(
        _forced(call, target, table, forced) or _options(call, target, table, allowed)
        for call in calls
    )
    fastest = Selection(chosen=tuple(o[0] for o in options), options=options, table=table)
    if fastest.cycles is None or (optimize is Optimize.SPEED and flash_budget is None):
        return fastest
    best = fastest
    prices = _Prices()
    if optimize.weight:
        price = optimize.weight * fastest.cycles / max(fastest.flash_bytes + fastest.ram_bytes, 1)
        prices = _Prices(flash=price, ram=price)
        best = _best(fastest, prices) or fastest
    if flash_budget is not None and best.flash_bytes > flash_budget:
        smallest = _Prices(flash=1.0, cycle=0.0)
        best = _best(fastest, prices, flash_budget) or _best(fastest, smallest) or fastest
    return best


def _forced(
    call: Call, target: Target, table: CostTable, forced: Mapping[str, str]
) -> tuple[Candidate, ...]:
    """The one candidate that was asked for by name; empty where none was."""
    wanted = forced.get(call.node.name)
    if wanted is None:
        return ()
    fitting = candidates(call, target.features)
    found = tuple(Candidate(call, k, table) for k in fitting if k.symbol == wanted)
    if not found:
        raise UsageError(
            what=f"{wanted} does not compute this layer on {target.name}",
            where=f"layer '{call.node.name}'",
            next_step=f"kernels that do: {', '.join(sorted({k.symbol for k in fitting}))}",
        )
    return found[:1]


def _options(
    call: Call, target: Target, table: CostTable, allowed: Allowed
) -> tuple[Candidate, ...]:
    """Candidates, fastest first; in the order of the catalogue from the first that nobody has measured."""
    found = [Candidate(call, kernel, table) for kernel in candidates(call, target.features)]
    if found[0].cycles is None:
        return tuple(found[:1])  # nothing to compare it with
    measured = _without_twins(c for c in found if c.cautious_cycles is not None)
    preferred = _most_special(measured)
    measured.sort(key=lambda c: (c is not preferred, c.cautious_cycles))
    return tuple(c for c in measured if allowed(c)) or (min(measured, key=_scratch),)


def _without_twins(measured: Iterable[Candidate]) -> list[Candidate]:
    """Of the rows of a C function that cost the same, the first: that which works in place, where it does."""
    found: dict[tuple[str, float, int], Candidate] = {}
    for candidate in measured:
        key = candidate.kernel.symbol, candidate.cycles, candidate.scratch_bytes
        found.setdefault(key, candidate)
    return list(found.values())


NO_DIFFERENCE = 1.03
"""Predictions that are closer than this say nothing: then the kernel written for fewer layers is taken."""


def _most_special(measured: Sequence[Candidate]) -> Candidate | None:
    """The first, in the order of the catalogue, of those that are about as fast as the fastest."""
    least = min((c.cautious_cycles for c in measured), default=0.0)
    return next((c for c in measured if c.cautious_cycles <= NO_DIFFERENCE * least), None)


def _bytes_alive(candidate: Candidate) -> int:
    call = candidate.call
    tensors = sum(t.bytes for t in (*call.activations, *call.outputs))
    return tensors + candidate.scratch_bytes


def _scratch(candidate: Candidate) -> int:
    return candidate.scratch_bytes


@dataclass(frozen=True, kw_only=True)
class _Prices:
    """Cycles that a byte is worth."""

    flash: float = 0.0
    ram: float = 0.0
    cycle: float = 1.0
    """0 where only bytes count."""


def _best(fastest: Selection, prices: _Prices, flash_budget: int | None = None) -> Selection | None:
    """The least cycles + flash price * flash + RAM price * RAM; None where the budget cannot be met.

    A mixed-integer program, solved to optimality by HiGHS. Binary variables say which candidate computes a layer;
    a variable for every C file is 1 where a chosen kernel needs it; the last variable is the RAM of the layer that
    needs most.
    """
    columns = [c for options in fastest.options for c in options]
    files = sorted({f for c in columns for f in code_files(c.kernel)})
    flash = _flash_row(fastest.table, columns, files)
    rows = [*_one_kernel_each(fastest, len(files)), *_code_and_ram(fastest, columns, files)]
    if flash_budget is not None:
        rows.append((flash, -np.inf, float(flash_budget)))
    cycles = [prices.cycle * (c.cautious_cycles or 0.0) for c in columns]
    costs_row = np.array([*cycles, *([0.0] * len(files)), prices.ram]) + prices.flash * flash
    chosen = _solved(costs_row, rows, len(columns))
    if chosen is None:
        return None
    kept = iter([c for c, value in zip(columns, chosen, strict=False) if value > 0.5])
    return Selection(chosen=tuple(kept), options=fastest.options, table=fastest.table)


_Row = tuple[NDArray[np.float64], float, float]
"""Coefficients of all variables, least and largest value of their sum."""


def _flash_row(
    table: CostTable, columns: Sequence[Candidate], files: Sequence[str]
) -> NDArray[np.float64]:
    constants = [float(c.constant_bytes) for c in columns]
    return np.array([*constants, *(float(table.code_bytes.get(f, 0)) for f in files), 0.0])


def _one_kernel_each(fastest: Selection, files: int) -> Iterator[_Row]:
    total = sum(len(options) for options in fastest.options)
    first = 0
    for options in fastest.options:
        row = np.zeros(total + files + 1)
        row[first : first + len(options)] = 1.0
        first += len(options)
        yield row, 1.0, 1.0


def _code_and_ram(
    fastest: Selection, columns: Sequence[Candidate], files: Sequence[str]
) -> Iterator[_Row]:
    """In every layer: a file is there if the chosen kernel needs it; the RAM is enough for the chosen one."""
    place = {file: len(columns) + i for i, file in enumerate(files)}
    first = 0
    for options in fastest.options:
        ram = np.zeros(len(columns) + len(files) + 1)
        ram[-1] = -1.0
        needs: dict[str, NDArray[np.float64]] = {}
        for index, option in enumerate(options, first):
            ram[index] = _bytes_alive(option)
            for file in code_files(option.kernel):
                row = needs.setdefault(file, np.zeros_like(ram))
                row[index], row[place[file]] = 1.0, -1.0
        first += len(options)
        yield ram, -np.inf, 0.0
        yield from ((row, -np.inf, 0.0) for row in needs.values())


def _solved(
    costs_row: NDArray[np.float64], rows: Sequence[_Row], binaries: int
) -> NDArray[np.float64] | None:
    """The values of the variables; None where no values meet the rows."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # takes long to import

    matrix, low, high = zip(*rows, strict=True)
    upper = np.ones(len(costs_row))
    upper[-1] = np.inf
    integrality = (np.arange(len(costs_row)) < binaries).astype(int)
    unit = max(float(np.abs(costs_row).max()), 1.0) / 1000  # the solver's tolerances are absolute
    found = milp(
        costs_row / unit,
        constraints=LinearConstraint(np.array(matrix), low, high),
        bounds=Bounds(0.0, upper),
        integrality=integrality,
        options={"mip_rel_gap": 1e-6},
    )
    return found.x
