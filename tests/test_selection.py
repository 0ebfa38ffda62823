"""The choice of kernels: against brute force over all choices, under budgets, by name."""

import dataclasses
import itertools
import math
import os

import pytest
import scipy.optimize

from tests.example_graphs import Network, branches, cnn
from tinygen import costs, selection, targets
from tinygen.costs import CostTable
from tinygen.emit.program import lower
from tinygen.errors import BudgetError, UsageError
from tinygen.ir import Graph
from tinygen.kernels import candidates
from tinygen.kernels.counts import usual_counts
from tinygen.ops.add import Add
from tinygen.ops.mean import Mean
from tinygen.selection import Candidate, Optimize, Selection, choose

TARGET = targets.load("cortex-m4")


@pytest.fixture
def table(monkeypatch):
    """Costs of every kernel, made up: whatever was measured, the choice must be the best by the table."""
    symbols = sorted(
        {k.symbol for call in cnn().calls() for k in candidates(call, TARGET.features)}
    )
    table = CostTable(
        unit="cycles",
        terms={s: {"outputs": 3.0 + 7 * i % 11, "call": 10.0} for i, s in enumerate(symbols)},
        code_bytes=EvenCode(),
    )
    monkeypatch.setattr(costs, "of", lambda target: table)
    monkeypatch.setattr(selection, "candidates", lambda c, f: candidates(c, f)[-MOST_OPTIONS:])
    return table


class EvenCode(dict):
    """400 bytes for every file."""

    def get(self, key, default=None):
        return 400


def product(selection: Selection, optimize: Optimize) -> float:
    memory = selection.flash_bytes + optimize.ram_worth * selection.ram_bytes
    return math.log(selection.cycles) + optimize.weight * math.log(memory)


def every_choice(selection: Selection):
    for combination in itertools.product(*selection.options):
        yield dataclasses.replace(selection, chosen=combination)


MOST_OPTIONS = 3
"""Kernels per layer: every combination is tried."""


def usual(calls, **choices):
    return choose(calls, TARGET, **choices)


def separable() -> Graph:
    """A small separable network, in which code counts for more than weights."""
    net = Network((1, 25, 5, 1))
    x = net.conv(net.input, 16, (10, 4), stride=(2, 2))
    for _ in range(2):
        x = net.conv(net.depthwise(x), 16, (1, 1))
    x = net.apply(Mean(axes=(1, 2), keep_dims=False), (x,))
    return net.finish(net.softmax(net.dense(x, 4)))


@pytest.fixture
def calls(monkeypatch):
    """Costs count the usual terms, whatever the rows say."""
    monkeypatch.setattr(costs, "counts_of", lambda kernel, call: usual_counts(call))
    return cnn().calls()


def test_speed_takes_the_fewest_cycles(table, calls):
    chosen = usual(calls, optimize=Optimize.SPEED)
    assert chosen.cycles == min(s.cycles for s in every_choice(chosen))


@pytest.mark.parametrize("optimize", [Optimize.BALANCED, Optimize.SIZE, Optimize.LEAST])
def test_other_modes_take_the_best_at_its_own_price(table, calls, optimize):
    """Where a per cent of its memory costs `weight` per cents of its cycles; `size` is no larger than `balanced`."""
    fastest, chosen = usual(calls, optimize=Optimize.SPEED), usual(calls, optimize=optimize)
    others = list(every_choice(chosen))
    if optimize is Optimize.SIZE:
        most = usual(calls, optimize=Optimize.BALANCED).flash_bytes
        others = [s for s in others if s.flash_bytes <= most]
        assert chosen.flash_bytes <= most
    price = optimize.weight * chosen.cautious_cycles / chosen.memory(optimize)
    totals = [s.cautious_cycles + price * s.memory(optimize) for s in (chosen, *others)]
    assert totals[0] == pytest.approx(min(totals), rel=1e-5)
    assert all(
        product(chosen, optimize) <= product(s, optimize) for s in others if same(s, fastest)
    )
    assert chosen.flash_bytes <= fastest.flash_bytes
    assert not [s for s in others if beats(figures(s), figures(chosen))]


def same(one: Selection, other: Selection) -> bool:
    return [c.kernel for c in one.chosen] == [c.kernel for c in other.chosen]


def figures(selection: Selection) -> tuple[float, int, int]:
    return selection.cautious_cycles, selection.flash_bytes, selection.ram_bytes


def beats(theirs: tuple[float, ...], ours: tuple[float, ...]) -> bool:
    """In one figure, and no worse in the others."""
    pairs = list(zip(theirs, ours, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b * (1 - 1e-9) for a, b in pairs)


@pytest.mark.parametrize("graph", [cnn, branches])
@pytest.mark.parametrize("optimize", [Optimize.SPEED, Optimize.BALANCED])
def test_the_ram_of_a_choice_is_that_of_its_arena(graph, optimize):
    """Up to what aligns buffers, and gaps between them."""
    program = lower(graph(), TARGET, optimize=optimize)
    assert program.selection.ram_bytes <= program.plan.arena_bytes
    assert program.plan.arena_bytes <= 1.02 * program.selection.ram_bytes + 32


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
@pytest.mark.parametrize("graph", [cnn, branches, separable])
def test_smaller_modes_take_no_more_flash(graph, core):
    modes = (Optimize.LEAST, Optimize.SIZE, Optimize.BALANCED, Optimize.SPEED)
    chosen = [lower(graph(), targets.load(core), optimize=mode).selection for mode in modes]
    flash = [s.flash_bytes for s in chosen]
    assert flash == sorted(flash)


def test_a_tensor_that_waits_for_its_reader_counts():
    net = Network((1, 8, 8, 8))
    left = net.conv(net.input, 8)
    right = net.conv(net.conv(left, 8), 8)
    graph = net.finish(net.apply(Add(), (left, right)))
    moments = selection.moments_of(graph.calls(), external=graph.inputs)
    assert [m.others for m in moments] == [0, 0, 512, 0]
    assert [sorted(m.reads.values()) for m in moments] == [[0], [512], [512], [512, 512]]
    assert [len(m.dying) for m in moments] == [0, 0, 1, 2]


def test_the_solver_prints_nothing(capfd, monkeypatch):
    real = scipy.optimize.milp

    def talking(*arguments, **choices):
        os.write(1, b"noise")
        return real(*arguments, **choices)

    monkeypatch.setattr(scipy.optimize, "milp", talking)
    choose(cnn().calls(), TARGET, optimize=Optimize.BALANCED)
    print("result")
    assert capfd.readouterr().out == "result\n"


def test_a_flash_budget_is_kept_with_few_cycles(table, calls):
    fastest = usual(calls, optimize=Optimize.SPEED)
    smallest = min(s.flash_bytes for s in every_choice(fastest))
    for share in (0.25, 0.5, 0.9):
        budget = int(smallest + share * (fastest.flash_bytes - smallest))
        chosen = usual(calls, optimize=Optimize.SPEED, flash_budget=budget)
        fitting = [s.cycles for s in every_choice(chosen) if s.flash_bytes <= budget]
        assert chosen.flash_bytes <= budget
        assert chosen.cycles == pytest.approx(min(fitting))


def test_upgrades_say_what_more_flash_buys(table, calls):
    smallest = usual(calls, optimize=Optimize.SIZE)
    for upgrade in smallest.upgrades():
        index = next(i for i, c in enumerate(calls) if c.node.name == upgrade.layer)
        option = next(o for o in smallest.options[index] if o.kernel.symbol == upgrade.symbol)
        other = smallest.replacing({index: option})
        assert other.cycles == pytest.approx(smallest.cycles - upgrade.cycles)
        assert other.flash_bytes == smallest.flash_bytes + upgrade.flash_bytes


def test_a_kernel_that_nobody_measured_is_taken_by_its_place():
    call = cnn().calls()[0]
    table = CostTable(unit="cycles", terms={}, code_bytes={})
    assert Candidate(call, candidates(call, TARGET.features)[0], table).cycles is None


@pytest.mark.parametrize("optimize", list(Optimize), ids=lambda mode: mode.value)
def test_of_rows_that_cost_the_same_the_one_that_works_in_place_is_taken(optimize):
    net = Network((1, 8, 8, 16))
    (call,) = net.finish(net.depthwise(net.input)).calls()
    options = choose([call], TARGET, optimize=optimize).options[0]
    costs_of = [(c.kernel.symbol, c.cycles, c.scratch_bytes) for c in options]
    assert len(set(costs_of)) == len(costs_of)
    in_place = {c.kernel.symbol for c in options if c.kernel.in_place}
    assert in_place and all(c.kernel.in_place for c in options if c.kernel.symbol in in_place)


def test_a_kernel_can_be_asked_for_by_name():
    graph = branches()
    call = graph.calls()[0]
    wanted = candidates(call, TARGET.features)[-1].symbol
    program = lower(graph, TARGET, forced={call.node.name: wanted})
    assert program.layers[0].kernel.symbol == wanted


def test_a_kernel_that_does_not_fit_is_refused_with_those_that_do():
    graph = cnn()
    call = graph.calls()[0]
    with pytest.raises(UsageError) as caught:
        lower(graph, TARGET, forced={call.node.name: "tg_softmax_s8"})
    assert candidates(call, TARGET.features)[0].symbol in str(caught.value)


def test_less_ram_means_less_scratch_or_an_error():
    graph = cnn()
    roomy = lower(graph, TARGET, optimize=Optimize.SPEED)
    floor = max(sum(t.bytes for t in (*c.activations, *c.outputs)) for c in graph.calls())
    small = dataclasses.replace(TARGET, ram_bytes=roomy.plan.arena_bytes - 8)
    try:
        tight = lower(graph, small, optimize=Optimize.SPEED)
    except BudgetError as error:
        assert str(roomy.plan.arena_bytes - 8) in str(error)
    else:
        assert tight.plan.arena_bytes <= roomy.plan.arena_bytes - 8
    with pytest.raises(BudgetError):
        lower(graph, dataclasses.replace(TARGET, ram_bytes=floor // 4))
