"""--input rows: the input arrives row by row, and is never in memory as a whole."""

import dataclasses
import json
import re

import cffi
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.example_graphs import Network, branches, cnn, mlp
from tests.strategies import DETERMINISTIC, inputs_for
from tests.streaming.graphs import row_graphs
from tests.streaming.plans import check_plan
from tests.tools import require_tools
from tinygen import host, reference, targets, verify
from tinygen.emit import ArenaMode, EmitOptions, InputMode, emit
from tinygen.emit.program import Program, lower
from tinygen.errors import BudgetError, UsageError
from tinygen.ir import Graph
from tinygen.ops.mean import Mean
from tinygen.streaming.segment import work_after_pushes

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


def long_net() -> Graph:
    """Strides that let work pile up between two rows."""
    net = Network((1, 32, 8, 3))
    x = net.conv(net.input, 8, stride=(2, 2))
    x = net.conv(net.depthwise(x, stride=(2, 1)), 12, kernel=(1, 1))
    x = net.conv(net.depthwise(x, stride=(2, 2)), 12, kernel=(1, 1))
    x = net.apply(Mean(axes=(1, 2), keep_dims=True), (x,))
    return net.finish(net.dense(net.flatten(x), 3))


def share(program: Program) -> float:
    return program.push_work.macs / program.graph.macs


def test_the_work_between_two_rows_can_be_bounded():
    graph = long_net()
    free = lower(graph, HOST, input_mode=InputMode.ROWS, least_ram=True)
    assert share(free) > 0.05
    for bound in (0.05, 0.02, 0.0):
        program = lower(graph, HOST, input_mode=InputMode.ROWS, push_work=bound, least_ram=True)
        assert share(program) <= bound
        assert program.plan.arena_bytes >= free.plan.arena_bytes
        check_plan(program, program.graph)
    between = sum(work.macs for work in work_after_pushes(program.pushes)[:-1])
    assert between == 0 and program.work_at_end.macs == graph.macs, "all of it after the last row"


def test_a_bound_that_does_not_fit_names_the_least_that_does():
    graph = long_net()
    least = lower(graph, HOST, input_mode=InputMode.ROWS, least_ram=True).plan.arena_bytes
    board = dataclasses.replace(HOST, ram_bytes=least + 64)
    with pytest.raises(BudgetError) as raised:
        lower(graph, board, input_mode=InputMode.ROWS, push_work=0.0)
    assert "work between two rows" in raised.value.what
    percent = re.search(r"--push-work ([\d.]+) is the least", raised.value.next_step)[1]
    program = lower(graph, board, input_mode=InputMode.ROWS, push_work=float(percent) / 100)
    assert program.plan.arena_bytes <= least + 64


def test_rows_can_be_fetched(tmp_path):
    """NAME_pull() asks for every row once, in order, and hands the caller's pointer through."""
    graph = long_net()
    emission = emit(graph, HOST, tmp_path / "net", name="net", options=LEAST)
    sources = [*emission.folder.glob("*.c"), *emission.folder.glob("tinygen/*.c")]
    flags = ["-std=c99", "-shared", "-fPIC", "-DTG_EMULATE_SIMD", *host.WARNINGS]
    library = tmp_path / "net.so"
    host.compile_c([*flags, f"-I{emission.folder}", *map(str, sources), "-o", str(library)])
    ffi = cffi.FFI()
    ffi.cdef("void net_pull(void (*read_row)(void *, int32_t, int8_t *), void *, int8_t *);")
    data = inputs_for(graph, 2)[graph.inputs[0]]
    wanted = reference.run_one_input(graph, data)
    asked = []
    net, camera = ffi.dlopen(str(library)), ffi.new_handle("camera")
    for sample, expected in zip(data, wanted, strict=True):

        @ffi.callback("void(void *, int32_t, int8_t *)")
        def read_row(user, row, to, sample=sample):
            asked.append((ffi.from_handle(user), row))
            ffi.memmove(to, sample[row].tobytes(), sample[row].nbytes)

        out = ffi.new("int8_t[]", expected.size)
        net.net_pull(read_row, camera, out)
        assert list(out) == expected.ravel().tolist()
    assert asked == 2 * [("camera", row) for row in range(32)]


def test_the_header_says_how_much_runs_between_two_rows(tmp_path):
    emission = emit(branches(), HOST, tmp_path / "net", name="net", options=LEAST)
    header = (emission.folder / "net.h").read_text()
    assert "int8_t *net_push_row(void);" in header
    assert "% of the network" in header


@pytest.mark.parametrize(
    ("graph", "options", "words"),
    [
        (mlp(), EmitOptions(input=InputMode.ROWS), "cannot arrive row by row"),
        (cnn(), EmitOptions(push_work=0.1), "rows that arrive one by one"),
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
        r"static uint(8|16)_t \w+_(?:next|done)(?:\[(\d+)\])?;", (folder / "net.c").read_text()
    )
    memory = json.loads((folder / "manifest.json").read_text())["memory"]
    counted = sum(int(bits) // 8 * int(count or 1) for bits, count in declared)
    assert memory["state_bytes"] == counted > 0
