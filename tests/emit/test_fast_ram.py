"""Working memory in two parts: the same bytes whatever lies where, and both parts as large as they are said to be."""

import dataclasses
import subprocess

import numpy as np
import pytest

from tests.example_graphs import branches, cnn
from tests.tools import require_tools
from tinygen import device, host, reference, samples, targets
from tinygen.emit import ArenaMode, EmitOptions, InputMode, Member, emit, emit_together
from tinygen.emit.program import lower
from tinygen.errors import BudgetError

HOST = targets.load("host")
M4 = targets.load("cortex-m4")
PLENTY = 1_000_000


@pytest.mark.parametrize(
    "options",
    [
        EmitOptions(fast_ram=1024),
        EmitOptions(fast_ram=1024, arena=ArenaMode.CALLER),
        EmitOptions(fast_ram=1024, arena=ArenaMode.CALLER, input=InputMode.ARENA),
        EmitOptions(fast_ram=PLENTY, arena=ArenaMode.CALLER, input=InputMode.ARENA),
        EmitOptions(fast_ram=8, arena=ArenaMode.CALLER),
        EmitOptions(fast_ram=300, least_ram=True, input=InputMode.ROWS),
        EmitOptions(fast_ram=PLENTY, least_ram=True),
    ],
    ids=lambda o: (
        f"{o.fast_ram}-{o.arena.value}-{o.input.value}-{'rows' if o.least_ram else 'whole'}"
    ),
)
def test_the_same_bytes_wherever_buffers_lie(tmp_path, options):
    graph = branches() if options.fast_ram == 1024 else cnn()
    emission = emit(graph, M4, tmp_path / "net", name="net", options=options)
    x = samples.generate(graph, 10)[graph.inputs[0]]
    with host.build(emission) as model:
        assert model.selftest() == 0
        np.testing.assert_array_equal(model.run(x), reference.run_one_input(graph, x))
    program = emission.program
    assert program.fast_bytes <= options.fast_ram
    if options.fast_ram == PLENTY:
        assert program.slow_bytes == 0 and program.banks.share == 1.0
    if options.fast_ram == 1024:
        assert program.slow_bytes > 0 and program.fast_bytes > 0


@pytest.mark.parametrize("arena", list(ArenaMode))
def test_both_parts_are_measured_on_the_core(tmp_path, arena):
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    graph = branches()
    options = EmitOptions(fast_ram=1024, arena=arena, input=InputMode.ARENA)
    emission = emit(graph, M4, tmp_path / "net", name="net", options=options)
    x = samples.generate(graph, 4)[graph.inputs[0]].reshape(4, -1)
    wanted = reference.run_one_input(graph, x.reshape(4, *graph.input_tensors[0].shape[1:]))
    got = device.run_on_qemu(emission.folder, "net", M4, x, wanted.shape[1])
    np.testing.assert_array_equal(got, wanted)
    measured = device.measure(emission.folder, "net", M4, x[0])
    assert measured.ram.static_bytes == emission.ram.model_bytes
    assert measured.ram.io_bytes == emission.ram.output_bytes, "the input is in the arena"


def test_both_parts_have_sections_of_their_own(tmp_path):
    require_tools(M4.compiler)
    options = EmitOptions(fast_ram=1024)
    emission = emit(branches(), M4, tmp_path / "net", name="net", options=options)
    defines = [
        f'-DNET_SECTION_{part}=__attribute__((section(".{part.lower()}_place")))'
        for part in ("ARENA", "FAST_ARENA")
    ]
    command = [M4.compiler, *M4.compile_flags, "-std=c99", "-Werror", *defines, "-c", "net.c"]
    subprocess.run([*command, "-o", "net.o"], cwd=emission.folder, check=True)
    listed = subprocess.run(
        ["arm-none-eabi-objdump", "-h", "net.o"],
        cwd=emission.folder, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    sizes = {
        line.split()[1]: int(line.split()[2], 16)
        for line in listed.splitlines()
        if "_place" in line
    }
    program = emission.program
    assert sizes == {".arena_place": program.slow_bytes, ".fast_arena_place": program.fast_bytes}


def test_more_fast_memory_never_takes_fewer_accesses():
    shares = [lower(branches(), M4, fast_ram=size).banks.share for size in (8, 256, 1024, 4096)]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_both_memories_must_be_large_enough():
    whole = lower(branches(), M4).plan.arena_bytes
    split = lower(branches(), M4, fast_ram=1024)

    def board(ram_bytes: int) -> targets.Target:
        return dataclasses.replace(M4, ram_bytes=ram_bytes, memory_source="this test")

    fits = lower(branches(), board(split.slow_bytes + 1024), fast_ram=1024)
    assert fits.slow_bytes == split.slow_bytes
    # the slow memory alone is too small for what would lie in it: less of it, or rows
    tight = lower(branches(), board(whole), fast_ram=1024)
    assert tight.slow_bytes <= whole - 1024
    with pytest.raises(BudgetError, match="beside 64 of fast RAM"):
        lower(branches(), board(64 + 64), fast_ram=64)


def test_models_share_both_parts(tmp_path):
    options = EmitOptions(fast_ram=1024)
    graphs = {"eyes": cnn(), "ears": branches()}
    members = [Member(graph=g, name=n, options=options) for n, g in graphs.items()]
    models = emit_together(members, M4, tmp_path / "m", shared_arena=True)
    assert models.ram.fast_arena_bytes == max(e.program.fast_bytes for e in models.models)
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    measured = device.ram_of_all(models.folder, "models", M4)
    assert measured.static_bytes == models.ram.model_bytes
    with pytest.raises(BudgetError, match="of fast RAM"):
        emit_together(members, M4, tmp_path / "n")
