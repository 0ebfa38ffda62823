"""Budgets of RAM: what is promised is met, and more memory never costs cycles."""

import dataclasses

import pytest

from tests.example_graphs import branches, cnn
from tests.strategies import inputs_for
from tinygen import targets, verify
from tinygen.costs import CostTable
from tinygen.emit import EmitOptions
from tinygen.emit.program import lower, ram_points
from tinygen.errors import BudgetError

CORE = targets.load("cortex-m0plus")
GRAPHS = {"cnn": cnn, "branches": branches}


@pytest.fixture(autouse=True)
def costs_of_all_kernels(monkeypatch):
    """Made up: the tables need not know every kernel of these networks."""

    def cycles(table, kernel, call):
        return float(call.op.macs(call) + call.output.size * (1 + len(kernel.symbol) % 5))

    monkeypatch.setattr(CostTable, "cycles", cycles)


def budget(arena_bytes: int) -> targets.Target:
    return dataclasses.replace(CORE, ram_bytes=arena_bytes)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_point_is_met_when_it_is_asked_for(name):
    graph = GRAPHS[name]()
    found = ram_points(graph, CORE)
    assert len(found) > 1
    for point in found:
        assert lower(graph, budget(point.arena_bytes)).plan.arena_bytes <= point.arena_bytes


@pytest.mark.parametrize("name", GRAPHS)
def test_points_trade_bytes_for_cycles(name):
    found = ram_points(GRAPHS[name](), CORE)
    assert [p.arena_bytes for p in found] == sorted({p.arena_bytes for p in found})
    assert [p.cycles for p in found] == sorted({p.cycles for p in found}, reverse=True)
    assert found[0].arena_bytes == lower(GRAPHS[name](), CORE, least_ram=True).plan.arena_bytes


def test_less_than_the_least_is_refused():
    least = ram_points(cnn(), CORE)[0].arena_bytes
    with pytest.raises(BudgetError, match=f"needs {least} bytes"):
        lower(cnn(), budget(least - 1))


def test_the_least_computes_the_same():
    graph = cnn()
    expected = verify.run_reference(graph, inputs_for(graph, 4))
    assert verify.on_host(expected, CORE, EmitOptions(least_ram=True), poisoned=True).passed
