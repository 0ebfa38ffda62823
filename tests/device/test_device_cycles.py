"""The cycle model on hand-counted sequences: docs/cycle-model.md gives the rules."""

import numpy as np
import pytest

from tests.device.support import count_probe
from tinygen import device

# (name, core, assembly, cycles beyond an empty function). r0: input, r1: output.
SEQUENCES = [
    ("ten nops", "m0 m0plus m3 m4", ".rept 10\n nop\n .endr\n bx lr", 10),
    # loads and stores
    ("one load", "m0 m0plus m3 m4", "ldr r2, [r0]\n bx lr", 2),
    ("two loads", "m0 m0plus", "ldr r2, [r0]\n ldr r3, [r0]\n bx lr", 4),
    ("two loads overlap", "m3 m4", "ldr r2, [r0]\n ldr r3, [r0]\n bx lr", 3),
    ("four loads overlap", "m3 m4", ".rept 4\n ldr r2, [r0]\n .endr\n bx lr", 5),
    ("dependent load", "m3 m4", "ldr r2, =probe_run\n ldr r3, [r2]\n bx lr\n .ltorg", 4),
    ("address from alu", "m3 m4", "adds r2, r0, #0\n ldr r3, [r2]\n bx lr", 4),
    ("address from alu", "m0 m0plus", "adds r2, r0, #0\n ldr r3, [r2]\n bx lr", 3),
    ("store", "m0 m0plus", "str r0, [r1]\n bx lr", 2),
    ("store", "m3 m4", "str r0, [r1]\n bx lr", 1),
    ("store register offset", "m3 m4", "movs r2, #0\n nop\n str r0, [r1, r2]\n bx lr", 4),
    ("store after load", "m3 m4", "ldr r2, [r0]\n str r0, [r1]\n bx lr", 3),
    ("push and pop four", "m0 m0plus m3 m4", "push {r4-r7}\n pop {r4-r7}\n bx lr", 10),
    ("load pair", "m3 m4", "ldrd r2, r3, [sp]\n bx lr", 3),
    # arithmetic
    ("multiply", "m0 m0plus m3 m4", "muls r2, r0, r2\n bx lr", 1),
    ("multiply add", "m3", "mla r2, r0, r1, r2\n bx lr", 2),
    ("multiply add", "m4", "mla r2, r0, r1, r2\n bx lr", 1),
    ("long multiply", "m3", "smull r2, r3, r0, r1\n bx lr", 4),
    ("long multiply", "m4", "smull r2, r3, r0, r1\n bx lr", 1),
    ("long multiply add", "m3", "smlal r2, r3, r0, r1\n bx lr", 6),
    ("long multiply add", "m4", "smlal r2, r3, r0, r1\n bx lr", 1),
    ("dual multiply add", "m4", "smlad r2, r0, r1, r2\n bx lr", 1),
    ("divide", "m3 m4", "sdiv r2, r0, r1\n bx lr", 7),
    ("it after narrow", "m3 m4", "cmp r0, r0\n it eq\n moveq r2, r0\n bx lr", 2),
    ("it after wide", "m3 m4", "cmp.w r0, #0\n it eq\n moveq r2, r0\n bx lr", 3),
    # branches: ten rounds, nine of them taken
    ("loop", "m0 m3 m4", "movs r2, #10\n 1: subs r2, #1\n bne 1b\n bx lr", 1 + 20 + 9 * 2),
    ("loop", "m0plus", "movs r2, #10\n 1: subs r2, #1\n bne 1b\n bx lr", 1 + 20 + 9),
    (
        "loop to a straddling target",
        "m3 m4",
        "movs r2, #10\n 1: subs.w r2, r2, #1\n bne 1b\n bx lr",
        1 + 20 + 9 * 3,
    ),
    ("call", "m0", "mov r3, lr\n bl 1f\n bx r3\n 1: bx lr", 1 + 4 + 3),
    ("call", "m0plus", "mov r3, lr\n bl 1f\n bx r3\n 1: bx lr", 1 + 3 + 2),
    ("call", "m3 m4", "mov r3, lr\n bl 1f\n bx r3\n 1: bx lr", 1 + 3 + 3),
    # in place of the empty function's BX: M0 3, M0+ 2, M3 and M4 3
    ("return by pop", "m0", "push {r4, lr}\n pop {r4, pc}", 3 + (4 + 2) - 3),
    ("return by pop", "m0plus", "push {r4, lr}\n pop {r4, pc}", 3 + (3 + 2) - 2),
    ("return by pop", "m3 m4", "push {r4, lr}\n pop {r4, pc}", 3 + (3 + 2) - 3),
    ("table branch", "m3 m4", "movs r2, #0\n nop\n tbb [pc, r2]\n .byte 1, 1\n bx lr", 2 + 3 + 3),
    # floating point
    ("add and use", "m4", "vadd.f32 s0, s1, s2\n vadd.f32 s3, s0, s0\n bx lr", 1 + 2),
    ("add, then others", "m4", "vadd.f32 s0, s1, s2\n vadd.f32 s3, s4, s4\n bx lr", 2),
    ("fused multiply add", "m4", "vfma.f32 s0, s1, s2\n bx lr", 3),
    ("fp divide", "m4", "vdiv.f32 s0, s1, s2\n bx lr", 14),
    ("fp load", "m4", "vldr s0, [sp]\n bx lr", 2),
    # an instruction before the end of a page of 1 KiB, where QEMU reports a wrong size
    ("over a page end", "m0 m0plus m3 m4", ".rept 600\n lsrs r2, r2, #32\n .endr\n bx lr", 600),
]
CASES = [
    pytest.param(core, text, cycles, id=f"{core}-{name.replace(' ', '-')}")
    for name, cores, text, cycles in SEQUENCES
    for core in cores.split()
]
TARGETS = {"m0": "cortex-m0", "m0plus": "cortex-m0plus", "m3": "cortex-m3", "m4": "cortex-m4"}


@pytest.mark.parametrize(("core", "assembly", "cycles"), CASES)
def test_sequence(core, assembly, cycles, load_core, write_model):
    target = load_core(TARGETS[core])
    folder = write_model(assembly=assembly)
    assert count_probe(folder, target)[1] == cycles


def test_cores_without_a_model_have_no_cycles(load_core, dotty_folder):
    target = load_core("cortex-m7")
    measured = device.measure(
        dotty_folder, "dotty", target, np.zeros(16, np.int8), cycles=True, layers=True
    )
    assert measured.cycles is None
    assert "no cycle model" in measured.cycles_note
    assert {layer.cycles for layer in measured.layers} == {None}
