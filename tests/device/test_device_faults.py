"""What goes wrong on the device reaches the user as an error with a place and a next step."""

import numpy as np
import pytest

from tests.device.support import CORES
from tinygen import device, targets
from tinygen.device import qemu, tools
from tinygen.errors import (
    BudgetError,
    ConversionError,
    ToolMissingError,
    UsageError,
    VerificationError,
)

ONE = np.ones((1, 4), np.int8)


def run(folder, target, **options):
    return device.run_on_qemu(folder, "probe", target, ONE, 4, **options)


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", "cortex-m33", "rv32imc"])
def test_undefined_instruction(core, load_core, write_model):
    target = load_core(core)
    undefined = ".word 0" if "riscv" in target.features else "udf #0"
    with pytest.raises(VerificationError, match=r"fault in probe_run\(\)") as caught:
        run(write_model(assembly=undefined), target)
    assert target.name in caught.value.where
    assert caught.value.exit_code == 3


def test_bad_address_is_named(load_core, write_model):
    read = "*o = *(volatile int8_t *)0x9FFFFFF0u;"
    c = f"void probe_run(const int8_t *i, int8_t *o) {{ (void)i; {read} }}"
    with pytest.raises(VerificationError, match="data bus error at address 0x9ffffff0"):
        run(write_model(c=c), load_core("cortex-m4"))


def test_unaligned_word_faults_on_armv6m(load_core, write_model):
    folder = write_model(assembly="adds r0, #1\n ldr r2, [r0]\n bx lr")
    with pytest.raises(VerificationError, match="hard fault"):
        run(folder, load_core("cortex-m0"))
    run(folder, load_core("cortex-m4"))


def test_fpu_code_faults_on_a_core_without_fpu(load_core, write_model):
    folder = write_model(assembly=".fpu fpv5-sp-d16\n vadd.f32 s0, s0, s0\n bx lr")
    with pytest.raises(VerificationError, match="fault"):
        run(folder, load_core("cortex-m33-nodsp"))


@pytest.mark.parametrize("where", [-1, 4])
def test_write_outside_the_output(where, load_core, write_model):
    c = f"void probe_run(const int8_t *i, int8_t *o) {{ o[{where}] = *i; }}"
    with pytest.raises(VerificationError, match="outside its output"):
        run(write_model(c=c), load_core("cortex-m4"))


def test_write_to_the_input(load_core, write_model):
    c = "void probe_run(const int8_t *i, int8_t *o) { ((int8_t *)(uintptr_t)i)[2]++; *o = 0; }"
    with pytest.raises(VerificationError, match="wrote to its input"):
        run(write_model(c=c), load_core("cortex-m4"))


def test_endless_loop_times_out(load_core, write_model):
    with pytest.raises(VerificationError, match="did not finish within 1 s"):
        run(write_model(assembly="b ."), load_core("cortex-m4"), timeout_s=1)


def test_wrong_output_size(load_core, dotty_folder):
    inputs = np.zeros((3, 16), np.int8)
    with pytest.raises(VerificationError, match="12 output bytes for 3 samples, not 15"):
        device.run_on_qemu(dotty_folder, "dotty", load_core("cortex-m4"), inputs, 5)


RECURSION = """
static int8_t deep(int8_t depth, volatile int8_t *below)
{
    volatile int8_t here[1000];
    here[0] = depth;
    if (depth == 100) {
        return 0;
    }
    return (int8_t)(deep((int8_t)(depth + 1), here) + below[0]);
}
void probe_run(const int8_t *i, int8_t *o) { volatile int8_t x[1]; x[0] = *i; *o = deep(0, x); }
"""


@pytest.mark.parametrize("core", CORES)
def test_stack_overflow_is_reported(core, load_core, write_model):
    """A hundred frames of which one byte each is written: no guard word would notice."""
    target = load_core(core)
    with pytest.raises(qemu.StackOverflowError, match="stack of 65536 bytes overflowed"):
        run(write_model(c=RECURSION), target)


def test_a_model_too_large_for_every_board(load_core, write_model):
    c = """
    static int8_t arena[20000000];
    void probe_run(const int8_t *i, int8_t *o) { arena[*i] = 1; *o = arena[i[1]]; }
    """
    with pytest.raises(BudgetError, match="does not fit the QEMU board mps2-an386-psram") as caught:
        run(write_model(c=c, arena_bytes=20_000_000), load_core("cortex-m4"))
    assert "overflowed by" in caught.value.where


@pytest.mark.parametrize(("arena", "machine"), [(8_000, "microbit"), (13_000, "mps2-an385")])
def test_the_first_board_that_fits_is_used(arena, machine, load_core, write_model):
    c = f"""
    static int8_t arena[{arena}];
    void probe_run(const int8_t *i, int8_t *o) {{ arena[*i] = 1; *o = arena[i[1]]; }}
    """
    folder = write_model(c=c, arena_bytes=arena)
    measured = device.measure(folder, "probe", load_core("cortex-m0"), np.ones(4, np.int8))
    assert measured.machine == machine
    assert measured.ram.arena_bytes == arena


def test_a_stack_too_deep_for_the_first_board_moves_on(load_core, write_model):
    c = """
    void probe_run(const int8_t *i, int8_t *o)
    {
        volatile int8_t deep[6000];
        for (int k = 0; k < 6000; k++) { deep[k] = i[0]; }
        o[0] = deep[17];
    }
    """
    measured = device.measure(
        write_model(c=c), "probe", load_core("cortex-m0"), np.ones(4, np.int8)
    )
    assert measured.machine == "mps2-an385"


def test_code_that_does_not_compile(load_core, write_model):
    folder = write_model(c="void probe_run(const int8_t *i, int8_t *o) { this is not C }")
    with pytest.raises(ConversionError, match=r"probe\.c does not compile"):
        run(folder, load_core("cortex-m4"))


def test_a_folder_without_the_model(tmp_path):
    with pytest.raises(UsageError, match=r"probe\.h is not there"):
        run(tmp_path, targets.load("cortex-m4"))


def test_the_host_has_no_machine(dotty_folder):
    with pytest.raises(UsageError, match="no QEMU machine"):
        device.run_on_qemu(dotty_folder, "dotty", targets.load("host"), ONE, 4)


@pytest.mark.parametrize(
    ("core", "package"),
    [("cortex-m4", "gcc-arm-none-eabi"), ("rv32imc", "gcc-riscv64-unknown-elf")],
)
def test_a_missing_compiler_names_its_package(core, package, monkeypatch, dotty_folder):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError) as caught:
        device.run_on_qemu(dotty_folder, "dotty", targets.load(core), ONE, 4)
    assert caught.value.next_step.startswith(f"sudo apt-get install {package}")
    assert caught.value.exit_code == 4


def test_a_missing_emulator_names_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError) as caught:
        tools.find("qemu-system-riscv32")
    assert caught.value.next_step == "sudo apt-get install qemu-system-misc"


def test_a_qemu_that_the_cycle_model_cannot_load_into(monkeypatch, load_core, dotty_folder):
    """Without cycles, with the reason: instruction counts work with any version."""
    target = load_core("cortex-m4")
    monkeypatch.setattr(tools, "version", lambda tool: "QEMU emulator version 9.1.0")
    data = np.zeros(16, np.int8)
    measured = device.measure(dotty_folder, "dotty", target, data, cycles=True)
    assert measured.instructions > 0
    assert measured.cycles is None
    assert "needs QEMU 5 to 8, this is 9" in measured.cycles_note
