"""Instruction counts are exact: hand-counted loops on every core, and repeats."""

import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.device.support import CORES, count_probe
from tinygen import device, targets
from tinygen.device import measurement, plugin, qemu
from tinygen.device.image import Image, Model, Program

INPUT = np.zeros(4, np.int8)

# One load of the count and two instructions per round; the return is not counted.
ARM_LOOP = """
    ldr r2, =ROUNDS
1:  subs r2, r2, #1
    bne 1b
    bx lr
    .ltorg
"""
# Two instructions for the count and two per round.
RISCV_LOOP = """
    lui t0, %hi(ROUNDS)
    addi t0, t0, %lo(ROUNDS)
1:  addi t0, t0, -1
    bnez t0, 1b
    ret
"""


def loop(target: targets.Target, rounds: int) -> tuple[str, int]:
    """Assembly of a loop and how many instructions it executes."""
    if "riscv" in target.features:
        return RISCV_LOOP.replace("ROUNDS", str(rounds)), 2 + 2 * rounds
    return ARM_LOOP.replace("ROUNDS", str(rounds)), 1 + 2 * rounds


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("rounds", [1, 1000, 10_000])
def test_loops_are_counted_exactly(core, rounds, load_core, write_model):
    target = load_core(core)
    assembly, expected = loop(target, rounds)
    folder = write_model(assembly=assembly)
    assert count_probe(folder, target)[0] == expected


def test_a_function_that_returns_at_once_counts_nothing(load_core, write_model):
    folder = write_model(assembly="bx lr")
    assert count_probe(folder, load_core("cortex-m0"))[0] == 0


def test_more_instructions_than_the_timer_holds(load_core, write_model):
    """The 32-bit timer of this board wraps after 671 million instructions."""
    target = dataclasses.replace(load_core("cortex-m4"), cycle_model=None)
    assembly, expected = loop(target, 340_000_000)
    assert count_probe(write_model(assembly=assembly), target)[0] == expected


@pytest.mark.parametrize("wraps", [0, 1, 2, 9])
@pytest.mark.parametrize("machine", ["microbit", "mps2-an386", "mps3-an547", "virt"])
def test_wraps_are_reconstructed(wraps, machine):
    boards = [b for name in targets.names() for b in targets.load(name).qemu]
    board = next(b for b in boards if b.machine == machine)
    instructions = wraps * 2**32 * board.timer.tick_ps // (1000 << board.icount_shift) + 123_457
    ticks = instructions * (1000 << board.icount_shift) // board.timer.tick_ps
    coarse = ticks // measurement.COARSE_TICKS[board.timer.kind](board.timer)
    counted = measurement.instructions_of_ticks(board, ticks % 2**32, coarse)
    assert counted == instructions


def test_figures_repeat_across_runs_and_folders(load_core, dotty_folder, tmp_path):
    target = load_core("cortex-m4")
    copy = tmp_path / "elsewhere" / "with a space"
    shutil.copytree(dotty_folder, copy)
    data = np.arange(-128, 128, 16).astype(np.int8)
    figures = [
        device.measure(folder, "dotty", target, data, layers=True, cycles=True)
        for folder in (dotty_folder, dotty_folder, copy)
    ]
    assert figures[0] == figures[1] == figures[2]


def test_measurement_names_what_it_measured_with(load_core, dotty_folder):
    target = load_core("cortex-m4")
    measured = device.measure(dotty_folder, "dotty", target, np.zeros(16, np.int8), optimize="Os")
    assert measured.machine == "mps2-an386"
    assert "-mcpu=cortex-m4" in measured.compiler_flags and "-Os" in measured.compiler_flags
    assert "gcc" in measured.compiler_version
    assert "QEMU" in measured.emulator_version
    assert measured.as_dict()["flash"]["total_bytes"] == measured.flash.total_bytes


LAYERED = """
static void work(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        __asm__ volatile("nop\\n\\tnop\\n\\tnop\\n\\tnop");
    }
}
#ifdef PROBE_LAYER_HOOK
#define HOOK(layer) PROBE_LAYER_HOOK(layer, o, 4)
#else
#define HOOK(layer) ((void)0)
#endif
void probe_run(const int8_t *i, int8_t *o)
{
    (void)i;
    work(100); HOOK(0);
    work(300); HOOK(1);
    work(50); HOOK(0);
    work(500); HOOK(2);
}
"""


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", "cortex-m33", "rv32imc"])
def test_layers_add_up_without_their_hook(core, load_core, write_model):
    """A layer that runs twice is one layer; the loops differ by known multiples of one round."""
    measured = device.measure(
        write_model(c=LAYERED), "probe", load_core(core), INPUT, layers=True, cycles=True
    )
    first, second, third = measured.layers
    assert [layer.index for layer in measured.layers] == [0, 1, 2]
    per_round = round((third.instructions - second.instructions) / 200)
    assert per_round in (6, 7)  # four NOPs, a count, a branch, on some cores a comparison
    for layer, rounds in ((first, 150), (second, 300), (third, 500)):
        assert abs(layer.instructions - rounds * per_round) <= 16
    assert abs(sum(layer.instructions for layer in measured.layers) - measured.instructions) <= 24
    if measured.cycles is not None:
        assert abs(sum(layer.cycles for layer in measured.layers) - measured.cycles) <= 48


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m3", "cortex-m4"])
def test_two_independent_counters_agree(core, load_core, dotty_folder):
    """QEMU's virtual time, read by the firmware, and the plugin that sees every block."""
    target = load_core(core)

    def execute(image: Image, files: Path) -> tuple[int, int]:
        (files / "inputs.bin").write_bytes(bytes(range(16)))
        qemu.run(image, files, plugin=plugin.argument(target.cycle_model, "cycles.txt"))
        counts = re.findall(r"instructions=(\d+)", (files / "cycles.txt").read_text())
        whole = measurement.measure_whole(image, files, None)
        by_timer = measurement.instructions_of_report(image.board, whole.report)
        return by_timer, int(counts[1]) - int(counts[0])

    dotty = Model(folder=dotty_folder, name="dotty")
    by_timer, by_plugin = device.on_first_board(dotty, target, Program(name="measure"), execute)
    assert by_timer == by_plugin > 500
