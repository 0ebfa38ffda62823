"""--input rows: the input arrives row by row, and is never in memory as a whole."""

import json
import re

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.example_graphs import Network, branches, cnn, mlp
from tests.strategies import DETERMINISTIC, inputs_for
from tests.streaming.graphs import row_graphs
from tests.streaming.plans import check_plan
from tests.tools import require_tools
from tinygen import targets, verify
from tinygen.emit import ArenaMode, EmitOptions, InputMode, emit
from tinygen.emit.program import Program, lower
from tinygen.errors import UsageError
from tinygen.ir import Graph
from tinygen.ops.mean import Mean

HOST = targets.load("host")
LEAST = EmitOptions(input=InputMode.ROWS, least_ram=True)


def pushed(graph: Graph, least_ram: bool = False) -> Program | None:
    """The program; None where the first layer needs the whole input, or is the only one."""
    try:
        return lower(graph, HOST, input_mode=InputMode.ROWS, least_ram=least_ram)
    except UsageError:
        return None


def test_rows_are_intact_when_they_are_read():
    found = []

    @DETERMINISTIC
    @given(row_graphs(), st.booleans())
    def check(graph, least_ram):
        program = pushed(graph, least_ram)
        found.append(program is not None)
        if program is not None:
            assert program.pushes is not None
            check_plan(program, program.graph)

    check()
    assert sum(found) > len(found) / 2


@settings(DETERMINISTIC, max_examples=8, phases=(Phase.generate,))
@given(row_graphs().filter(lambda graph: pushed(graph) is not None), st.booleans())
def test_c_computes_what_the_reference_computes(graph, least_ram):
    """Several inputs one after the other: every one begins anew."""
    options = EmitOptions(input=InputMode.ROWS, least_ram=least_ram)
    expected = verify.run_reference(graph, inputs_for(graph, 4))
    assert verify.on_host(expected, HOST, options, poisoned=True).passed


@pytest.mark.parametrize("core", ["cortex-m4", "rv32imc"])
def test_a_core_computes_what_the_reference_computes(core):
    target = targets.load(core)
    require_tools(target.compiler, target.qemu[0].emulator)
    expected = verify.run_reference(cnn(), inputs_for(cnn(), 4))
    assert verify.on_qemu(expected, target, LEAST, poisoned=True).passed


def test_less_memory_is_needed_than_with_the_input_in_the_arena():
    net = Network((1, 30, 8, 4))
    x = net.apply(Mean(axes=(1, 2), keep_dims=True), (net.conv(net.input, 8),))
    graph = net.finish(net.dense(net.flatten(x), 3))
    least = {
        mode: lower(graph, HOST, input_mode=mode, least_ram=True).plan.arena_bytes
        for mode in (InputMode.ARENA, InputMode.ROWS)
    }
    assert least[InputMode.ROWS] < least[InputMode.ARENA] / 2


def test_the_header_says_how_much_runs_between_two_rows(tmp_path):
    emission = emit(branches(), HOST, tmp_path / "net", name="net", options=LEAST)
    header = (emission.folder / "net.h").read_text()
    assert "int8_t *net_push_row(void);" in header
    assert "% of the network" in header


@pytest.mark.parametrize(
    ("graph", "options", "words"),
    [
        (mlp(), EmitOptions(input=InputMode.ROWS), "cannot arrive row by row"),
        (cnn(), EmitOptions(input=InputMode.ROWS, arena=ArenaMode.CALLER), "caller's arena"),
    ],
)
def test_what_is_not_possible_is_refused(tmp_path, graph, options, words):
    with pytest.raises(UsageError, match=words):
        emit(graph, HOST, tmp_path / "net", name="net", options=options)
    assert not (tmp_path / "net").exists()


def test_the_manifest_counts_what_is_kept_between_calls(tmp_path):
    folder = emit(cnn(), HOST, tmp_path / "net", name="net", options=LEAST).folder
    declared = re.findall(
        r"static uint16_t \w+_(?:next|done)(?:\[(\d+)\])?;", (folder / "net.c").read_text()
    )
    memory = json.loads((folder / "manifest.json").read_text())["memory"]
    assert memory["state_bytes"] == sum(2 * int(count or 1) for count in declared) > 0
