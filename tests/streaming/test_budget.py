"""Budgets of RAM: what is promised is met, and more memory never costs cycles."""

import dataclasses

import numpy as np
import pytest
from sklearn.svm import SVC

from tests.example_graphs import Network, branches, cnn
from tests.strategies import inputs_for
from tinygen import targets, verify
from tinygen.costs import CostTable
from tinygen.emit import EmitOptions, InputMode
from tinygen.emit.manifest import segment_figures
from tinygen.emit.memory import statements
from tinygen.emit.program import Program, lower, ram_points
from tinygen.errors import BudgetError
from tinygen.ir import Graph
from tinygen.model import fitted
from tinygen.planner.rows import peak_bytes

CORE = targets.load("cortex-m0plus")
GRAPHS = {"cnn": cnn, "branches": branches}


@pytest.fixture(autouse=True)
def costs_of_all_kernels(monkeypatch):
    """Made up: the tables need not know every kernel of these networks."""

    def predicted(table, kernel, call):
        return float(call.op.macs(call) + call.output.size * (1 + len(kernel.symbol) % 5))

    monkeypatch.setattr(CostTable, "cycles", predicted)


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


def cycles(program: Program) -> float:
    return sum(item.cycles for item in program.items)


@pytest.mark.parametrize("name", GRAPHS)
def test_more_memory_is_never_slower(name):
    graph = GRAPHS[name]()
    least = lower(graph, CORE, least_ram=True)
    most = lower(graph, CORE).plan.arena_bytes
    budgets = np.linspace(least.plan.arena_bytes, most, 8).astype(int).tolist()
    found = [cycles(least), *(cycles(lower(graph, budget(b))) for b in budgets)]
    assert found[0] <= found[1], "the least RAM with slower kernels than fit in it"
    assert found[1:] == sorted(found[1:], reverse=True)
    assert found[-1] < found[1]


def test_a_model_without_working_memory_has_a_point_too():
    net = Network((1, 8))
    (point,) = ram_points(net.finish(net.dense(net.input, 3)), targets.load("host"))
    assert point.arena_bytes == 0


def test_points_of_several_methods_are_met_by_all_of_them():
    rows = np.random.default_rng(0).normal(size=(60, 4))
    classes = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0)
    graph = fitted(SVC().fit(rows, classes)).quantize(calibration=rows).graph
    assert len(graph.parts()) > 1
    for point in ram_points(graph, CORE):
        for part in graph.parts():
            assert lower(part, budget(point.arena_bytes)).plan.arena_bytes <= point.arena_bytes


def test_less_than_the_least_is_refused():
    least = ram_points(cnn(), CORE)[0].arena_bytes
    with pytest.raises(BudgetError, match=f"needs {least} bytes"):
        lower(cnn(), budget(least - 1))


@pytest.mark.parametrize("mode", InputMode)
def test_what_is_said_of_the_least_is_what_was_planned(mode):
    program = lower(cnn(), CORE, input_mode=mode, least_ram=True)
    head, *lines = statements(program)
    figures = segment_figures(program)
    assert f"arena {program.plan.arena_bytes:,} bytes" in head and "(proved)" in head
    assert program.plan.lower_bound_bytes <= program.plan.arena_bytes
    assert len(lines) == len(figures) > 0
    for segment, said, line in zip(program.segments, figures, lines, strict=True):
        assert peak_bytes(segment.rows.graph, segment.schedule) <= said["bytes"]
        assert said["lower_bound_bytes"] <= said["live_bytes"] <= said["bytes"]
        assert f"{said['bytes']:,} bytes" in line and "(proved)" in line
        assert said["optimal"] == ("no order of rows needs less (" in line)


def test_the_least_computes_the_same():
    graph = cnn()
    expected = verify.run_reference(graph, inputs_for(graph, 4))
    assert verify.on_host(expected, CORE, EmitOptions(least_ram=True), poisoned=True).passed


def separable() -> Graph:
    """A convolution with a large window that needs few bytes for its input, then narrow maps."""
    net = Network((1, 24, 5, 1))
    x = net.conv(net.input, 16, kernel=(6, 3), stride=(2, 1))
    for _ in range(2):
        x = net.conv(net.depthwise(x), 16, kernel=(1, 1))
    return net.finish(x)


def test_some_layers_compute_more_rows_a_step_than_others():
    graph = separable()
    least = lower(graph, CORE, least_ram=True).plan.arena_bytes
    program = lower(graph, budget(least + 200))
    (segment,) = program.segments
    assert program.plan.arena_bytes <= least + 200
    assert len({run.rows for run in segment.runs}) > 1
    expected = verify.run_reference(graph, inputs_for(graph, 4))
    assert verify.on_host(expected, budget(least + 200), EmitOptions(), poisoned=True).passed
