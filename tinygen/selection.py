"""Which kernel computes which layer: by predicted cycles, bytes of flash and bytes of RAM.

Every layer has candidates with a cost in cycles, in constants of its own, and in code that layers share. The choice
minimizes cycles * memory^weight, with a weight of 0 for speed; memory is flash and RAM, each byte of RAM worth some of
flash. So a per cent of memory is worth `weight` per cents of cycles, whatever else could be chosen, and nothing is
chosen that another choice beats in cycles, flash and RAM.

For a given price of a byte, the least cycles + price * memory is an integer program, solved exactly, within a budget of
flash where one is given. What is chosen is the best at its own price, weight * cycles / memory: that with the smaller
product of two such choices, found from the fastest and from the smallest one on. Another product may be smaller by
little. The result says what the next better choices would cost.
"""

import contextlib
import enum
import math
import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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

MOST_CODE = 12 * 1024
"""Bytes of the kernels' code in `size`."""

ALIGNMENT = 8
"""Buffers of the arena start on multiples of so many bytes (planner/offsets.py)."""


class Optimize(enum.Enum):
    """What the choice of kernels minimizes: cycles * memory^weight, where memory is flash + ram_worth * RAM."""

    SPEED = "speed"
    """Cycles, whatever they cost in memory."""

    BALANCED = "balanced"
    """Cycles and memory: a per cent of one for a per cent of the other."""

    SIZE = "size"
    """Flash: four per cents of it for three of cycles, where MOST_CODE stands for what no choice does without, beside
    which code would count for nothing. The code is at most MOST_CODE where it can be, and the flash at
    most that of BALANCED. RAM decides between what is equally good."""

    LEAST = "least"
    """Flash and RAM, whatever they cost in cycles."""

    @property
    def weight(self) -> float:
        """Per cents of cycles that one per cent of memory is worth."""
        return {
            Optimize.SPEED: 0.0,
            Optimize.BALANCED: 1.0,
            Optimize.SIZE: 0.75,
            Optimize.LEAST: 1e4,  # cycles decide between what is equally small
        }[self]

    @property
    def ram_worth(self) -> float:
        """Bytes of flash that a byte of RAM is worth. Microcontrollers have about four times as much flash, or more."""
        return {
            Optimize.SPEED: 1.0,
            Optimize.BALANCED: 4.0,
            Optimize.SIZE: 1 / 1024,
            Optimize.LEAST: 1.0,
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
    def lead(self) -> int | None:
        """Bytes that the output may lie below the input `over` (leads.py); None where they must be apart."""
        found = self.kernel.lead(self.call) if self.kernel.lead else None
        return None if found is None or (self.kernel.lead_is_exact and found % ALIGNMENT) else found

    @property
    def over(self) -> str:
        """The input that the lead is about."""
        return self.call.inputs[self.kernel.lead_over(self.call)].name

    @cached_property
    def kernel_calls(self) -> tuple[KernelCall, ...]:
        return self.kernel.lower(self.call)

    @cached_property
    def spreads(self) -> bool:
        return self.kernel.spreads(self.call)

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
class Moment:
    """What lies in the arena while a layer runs, beside its scratch.

    `others` are bytes of tensors that it neither reads nor writes, `reads` those of its inputs, `made` those of its
    output. `dying` are inputs that nobody reads afterwards.
    """

    others: int
    reads: Mapping[str, int]
    made: int
    dying: frozenset[str]

    def bytes_with(self, candidate: Candidate) -> int:
        """With the scratch of this candidate, the output over an input where it may be."""
        kernel, call = candidate.kernel, candidate.call
        apart = sum(self.reads.values()) + self.made
        least = apart
        if any(self._becomes(call.inputs[i].name, kernel.moves_only) for i in kernel.in_place):
            least = apart - self.made
        size = self.reads.get(candidate.over, 0)
        if candidate.over in self.dying and candidate.lead is not None and self.made:
            least = min(least, apart - size - self.made + max(size + candidate.lead, self.made))
        return self.others + least + candidate.scratch_bytes

    def _becomes(self, name: str, moves_only: bool) -> bool:
        """Whether the output may take the place of an input."""
        return name in self.reads and (
            moves_only or (name in self.dying and self.reads[name] == self.made)
        )


def moments_of(calls: Sequence[Call], external: Container[str]) -> tuple[Moment, ...]:
    """Of the layers of a graph in order; tensors that are `external` are not in the arena."""
    sizes = {t.name: t.bytes for c in calls for t in (*c.activations, *c.outputs)}
    inside = {name: 0 if name in external else size for name, size in sizes.items()}
    made = {t.name: i for i, c in enumerate(calls) for t in c.outputs}
    last = {t.name: i for i, c in enumerate(calls) for t in c.activations}
    found = []
    for i, call in enumerate(calls):
        reads = {t.name: inside[t.name] for t in call.activations}
        alive = (n for n in sizes if made.get(n, 0) < i < last.get(n, 0) and n not in reads)
        found.append(
            Moment(
                others=sum(inside[name] for name in alive),
                reads=reads,
                made=sum(inside[t.name] for t in call.outputs),
                dying=frozenset(n for n in reads if last[n] == i and n not in external),
            )
        )
    return tuple(found)


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
    moments: tuple[Moment, ...]

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
        """What is alive where it is most: no arena is smaller, and most are no larger."""
        alive = zip(self.moments, self.chosen, strict=True)
        return max((moment.bytes_with(candidate) for moment, candidate in alive), default=0)

    @property
    def cautious_cycles(self) -> float:
        """Predicted cycles that reckon with errors of the prediction."""
        return sum(c.cautious_cycles or 0.0 for c in self.chosen)

    @cached_property
    def unavoidable_bytes(self) -> int:
        """Weights and constants that every choice has."""
        return sum(min(c.constant_bytes for c in options) for options in self.options)

    def memory(self, optimize: Optimize) -> float:
        """Flash and RAM in bytes of flash; 1 where there are none."""
        flash = self.flash_bytes
        if optimize is Optimize.SIZE:
            flash += MOST_CODE - self.unavoidable_bytes
        return max(flash + optimize.ram_worth * self.ram_bytes, 1.0)

    def product(self, optimize: Optimize) -> float:
        """The logarithm of what is minimized."""
        cycles = math.log(max(self.cautious_cycles, 1.0))
        return cycles + optimize.weight * math.log(self.memory(optimize))

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
        return replace(self, chosen=chosen)


Allowed = Callable[[Candidate], bool]


def choose(
    calls: Sequence[Call],
    target: Target,
    *,
    optimize: Optimize = Optimize.SPEED,
    flash_budget: int | None = None,
    allowed: Allowed = lambda _: True,
    forced: Mapping[str, str] = MappingProxyType({}),
    external: Container[str] = (),
) -> Selection:
    """The kernels for the calls of a graph, of which the tensors `external` are not in the arena.

    `forced` names the kernel of some layers, by the layers' names: UsageError where one does not fit.
    `flash_budget` bounds the predicted flash; the smallest choice is returned where it cannot be met. `allowed`
    rules out candidates, except where it would rule out all of a layer's.
    """
    table = costs.of(target)
    options = tuple(
        _forced(call, target, table, forced) or _options(call, target, table, allowed)
        for call in calls
    )
    fastest = Selection(
        chosen=tuple(o[0] for o in options),
        options=options,
        table=table,
        moments=moments_of(calls, external),
    )
    if fastest.cycles is None or (optimize is Optimize.SPEED and flash_budget is None):
        return fastest
    best = _with_least_product(fastest, optimize) if optimize.weight else fastest
    if optimize is Optimize.SIZE:
        best = _no_larger(best, _with_least_product(fastest, Optimize.BALANCED), optimize)
    if flash_budget is not None and best.flash_bytes > flash_budget:
        prices = _Prices.of(best, optimize)
        best = _best(fastest, prices, flash_budget) or _best(fastest, SMALLEST) or fastest
    return best


def _with_least_product(fastest: Selection, optimize: Optimize) -> Selection:
    """The best choice found: from the fastest and from the smallest on, always the best at the price of the one before.

    The product falls each time: its logarithm is concave, and so lies below the plane that touches it.
    """
    quickest = _Prices()
    code = MOST_CODE if optimize is Optimize.SIZE else None
    if code is not None and _best(fastest, quickest, most_code=code) is None:
        code = None
    found = []
    for prices in (quickest, SMALLEST):
        best = _best(fastest, prices, most_code=code) or fastest
        while (better := _best(fastest, _Prices.of(best, optimize), most_code=code)) is not None:
            if better.product(optimize) > best.product(optimize) - TINY:
                break
            best = better
        found.append(best)
    return min(found, key=lambda s: s.product(optimize))


def _no_larger(best: Selection, other: Selection, optimize: Optimize) -> Selection:
    """The best choice that takes no more flash than the other: of a small network the modes weigh it differently."""
    if best.flash_bytes <= other.flash_bytes:
        return best
    return _best(best, _Prices.of(best, optimize), other.flash_bytes) or other


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
    """Candidates, fastest first; where nobody has measured any, the first of the catalogue."""
    found = [Candidate(call, kernel, table) for kernel in candidates(call, target.features)]
    measured = _without_twins(c for c in found if c.cautious_cycles is not None)
    if not measured:
        return tuple(found[:1])  # nothing to compare it with
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


def _scratch(candidate: Candidate) -> int:
    return candidate.scratch_bytes


@dataclass(frozen=True, kw_only=True)
class _Prices:
    """Cycles that a byte is worth."""

    flash: float = 0.0
    ram: float = 0.0
    cycle: float = 1.0
    """0 where only bytes count."""

    @staticmethod
    def of(selection: Selection, optimize: Optimize) -> "_Prices":
        """At which a per cent of this selection's memory is worth so many per cents of its cycles as the mode says."""
        flash = optimize.weight * selection.cautious_cycles / selection.memory(optimize)
        return _Prices(flash=flash, ram=flash * optimize.ram_worth)


SMALLEST = _Prices(flash=1.0, ram=1.0, cycle=0.0)

TINY = 1e-9
"""A product whose logarithm falls by less stays the same."""


def _best(
    fastest: Selection,
    prices: _Prices,
    flash_budget: int | None = None,
    most_code: int | None = None,
) -> Selection | None:
    """The least cycles + flash price * flash + RAM price * RAM; None where the budget, or the most code, cannot be met.

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
    if most_code is not None:
        code = np.where(np.arange(len(flash)) < len(columns), 0.0, flash)
        rows.append((code, -np.inf, float(most_code)))
    cycles = [prices.cycle * (c.cautious_cycles or 0.0) for c in columns]
    costs_row = np.array([*cycles, *([0.0] * len(files)), prices.ram]) + prices.flash * flash
    chosen = _solved(costs_row, rows, len(columns))
    if chosen is None:
        return None
    kept = iter([c for c, value in zip(columns, chosen, strict=False) if value > 0.5])
    return replace(fastest, chosen=tuple(kept))


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
    for options, moment in zip(fastest.options, fastest.moments, strict=True):
        ram = np.zeros(len(columns) + len(files) + 1)
        ram[-1] = -1.0
        needs: dict[str, NDArray[np.float64]] = {}
        for index, option in enumerate(options, first):
            ram[index] = moment.bytes_with(option)
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
    with _nothing_printed():
        found = milp(
            costs_row / unit,
            constraints=LinearConstraint(np.array(matrix), low, high),
            bounds=Bounds(0.0, upper),
            integrality=integrality,
            options={"mip_rel_gap": 1e-6},
        )
    return found.x


@contextlib.contextmanager
def _nothing_printed() -> Iterator[None]:
    """HiGHS prints a line where it solves a program again, whatever it is told: it would stand in a command's JSON."""
    if sys.stdout is None:
        yield
        return
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
