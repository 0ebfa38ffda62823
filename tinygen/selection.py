"""Which kernel computes which layer: by predicted cycles, bytes of flash and bytes of RAM.

Every layer has candidates with a cost in cycles, in constants of its own, and in code that layers share. The choice
minimizes cycles + price * bytes of flash and RAM. The price is 0 for speed; for size and for a flash budget it is
raised until a byte saved is worth what was asked for. The result says what the next better choices would cost.
"""

import enum
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from tinygen import costs
from tinygen.costs import CostTable
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

    @property
    def weight(self) -> float:
        """Per cents of cycles that one per cent of memory is worth."""
        return {Optimize.SPEED: 0.0, Optimize.BALANCED: 1.0, Optimize.SIZE: 6.0}[self]


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
    if optimize.weight:
        price = optimize.weight * fastest.cycles / max(fastest.flash_bytes + fastest.ram_bytes, 1)
        best = _cheapest(fastest, price, price)
    if flash_budget is not None and best.flash_bytes > flash_budget:
        best = _within(fastest, flash_budget)
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
    measured = [c for c in found if c.cautious_cycles is not None]
    preferred = _most_special(measured)
    measured.sort(key=lambda c: (c is not preferred, c.cautious_cycles))
    return tuple(c for c in measured if allowed(c)) or (min(measured, key=_scratch),)


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


MOST_KERNELS = 10
"""Kernels of one operator whose subsets are all tried; of more only the fastest anywhere are."""


def _cheapest(fastest: Selection, flash_price: float, ram_price: float = 0.0) -> Selection:
    """The least cycles + flash_price * flash + ram_price * RAM that is found.

    For each operator every set of its kernels is tried: within a set each layer's choice is free, and the set's code
    is paid once. What operators share (code, RAM) is left to single changes afterwards.
    """
    families: dict[type, list[int]] = {}
    for index, candidate in enumerate(fastest.chosen):
        families.setdefault(type(candidate.call.op), []).append(index)
    changes: dict[int, Candidate] = {}
    for indices in families.values():
        changes |= _cheapest_family(fastest, indices, flash_price)
    starts = (fastest.replacing(changes), fastest)
    found = [_polished(start, flash_price, ram_price) for start in starts]
    return min(found, key=lambda s: _cost(s, flash_price, ram_price))


def _cost(selection: Selection, flash_price: float, ram_price: float) -> float:
    bytes_cost = flash_price * selection.flash_bytes + ram_price * selection.ram_bytes
    return selection.cycles + bytes_cost


def _cheapest_family(
    selection: Selection, indices: list[int], flash_price: float
) -> dict[int, Candidate]:
    options = {i: selection.options[i] for i in indices}
    ranks = {
        o.kernel: (r, -o.kernel.specificity) for i in indices for r, o in enumerate(options[i])
    }
    kernels = sorted(ranks, key=lambda k: ranks[k])[:MOST_KERNELS]
    best: dict[int, Candidate] = {}
    best_cost = float("inf")
    for count in range(1, len(kernels) + 1):
        for kept in itertools.combinations(kernels, count):
            cost = flash_price * selection.table.code(kept)
            choice = {}
            for index in indices:
                allowed = [o for o in options[index] if o.kernel in kept]
                if not allowed or cost >= best_cost:
                    break
                choice[index] = min(
                    allowed, key=lambda o: (o.cycles or 0.0) + flash_price * o.constant_bytes
                )
                cost += (choice[index].cycles or 0.0) + flash_price * choice[index].constant_bytes
            if len(choice) == len(indices) and cost < best_cost:
                best, best_cost = choice, cost
    return best


def _polished(start: Selection, flash_price: float, ram_price: float) -> Selection:
    """The same after all changes of single layers that make it cheaper."""
    best, best_cost = start, _cost(start, flash_price, ram_price)
    improved = True
    while improved:
        improved = False
        for index, options in enumerate(best.options):
            for option in options:
                other = best.replacing({index: option})
                if (found := _cost(other, flash_price, ram_price)) < best_cost - 1e-6:
                    best, best_cost, improved = other, found, True
    return best


PRICE_STEPS = 24
"""Halvings of the interval in which the price of a byte is searched."""


def _within(fastest: Selection, budget: int) -> Selection:
    """The fewest cycles found with no more than `budget` bytes; the smallest flash found where that is impossible."""
    low, high = 0.0, 1000.0 * fastest.cycles / max(fastest.flash_bytes, 1)
    best = _cheapest(fastest, high)
    if best.flash_bytes > budget:
        return best
    for _ in range(PRICE_STEPS):
        price = (low * high) ** 0.5 if low else high / 1000
        found = _cheapest(fastest, price)
        if found.flash_bytes <= budget:
            best, high = min(best, found, key=lambda s: s.cycles), price
        else:
            low = price
    return _spend(best, budget)


def _spend(selection: Selection, budget: int) -> Selection:
    """Buy upgrades that still fit, best bargain first."""
    for _ in range(len(selection.options)):
        fitting = [
            u for u in selection.upgrades() if selection.flash_bytes + u.flash_bytes <= budget
        ]
        if not fitting:
            break
        selection = _bought(selection, fitting[0])
    return selection


def _bought(selection: Selection, upgrade: Upgrade) -> Selection:
    for index, options in enumerate(selection.options):
        for option in options:
            if option.call.node.name == upgrade.layer and option.kernel.symbol == upgrade.symbol:
                return selection.replacing({index: option})
    raise ValueError("an upgrade of another selection")
