"""Stack by painting, flash and RAM by section, and images that do not depend on their folder."""

import shutil

import numpy as np
import pytest

from tests.device.support import CORES
from tinygen import device
from tinygen.device.image import Model, Program, build

INPUT = np.ones(4, np.int8)


def known_frame(riscv: bool, frame_bytes: int) -> str:
    """A function that writes the lowest word of a frame of this size."""
    if riscv:
        return f"addi sp, sp, -{frame_bytes}\n sw zero, 0(sp)\n addi sp, sp, {frame_bytes}\n ret"
    return f"sub sp, #{frame_bytes}\n str r0, [sp]\n add sp, #{frame_bytes}\n bx lr"


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("frame_bytes", [16, 496])
def test_stack_of_a_known_frame(core, frame_bytes, load_core, write_model):
    target = load_core(core)
    folder = write_model(assembly=known_frame("riscv" in target.features, frame_bytes))
    assert device.measure(folder, "probe", target, INPUT).stack_bytes == frame_bytes


def test_no_frame_is_no_stack(load_core, write_model):
    folder = write_model(assembly="bx lr")
    assert device.measure(folder, "probe", load_core("cortex-m3"), INPUT).stack_bytes == 0


SIZED = """
static int8_t arena[48];
static int32_t counter;
static const int32_t table[5] = {1, 2, 3, 5, 8};
static int32_t start[3] = {7, 8, 9};
extern const int8_t probe_weights[100];
void probe_run(const int8_t *i, int8_t *o)
{
    counter += table[i[0]] + start[i[1]]++;
    arena[i[2]] = probe_weights[i[3]];
    o[0] = (int8_t)(counter + arena[i[1]]);
}
"""


def test_flash_and_ram_are_split(load_core, write_model):
    folder = write_model(c=SIZED, arena_bytes=48)
    (folder / "probe_weights.c").write_text(
        "#include <stdint.h>\nconst int8_t probe_weights[100] = {1};\n"
    )
    measured = device.measure(folder, "probe", load_core("cortex-m4"), INPUT)
    assert measured.flash.weight_bytes == 100
    assert measured.flash.constant_bytes == 5 * 4 + 3 * 4  # the table and the image of .data
    assert measured.flash.library_bytes == 0
    assert 40 <= measured.flash.code_bytes <= 120
    assert measured.ram.arena_bytes == 48
    assert measured.ram.other_static_bytes == 4 + 12  # counter and start
    assert measured.ram.io_bytes == 8


def test_library_code_that_the_model_pulls_in_is_counted(load_core, write_model):
    """Armv6-M has no divide instruction: libgcc's routine is the model's cost."""
    c = "void probe_run(const int8_t *i, int8_t *o) { o[0] = (int8_t)(i[0] / (i[1] + 3)); }"
    measured = device.measure(write_model(c=c), "probe", load_core("cortex-m0"), INPUT)
    assert measured.flash.library_bytes > 100


def test_unused_functions_cost_nothing(load_core, write_model):
    used = "void probe_run(const int8_t *i, int8_t *o) { o[0] = i[0]; }"
    unused = "int probe_unused(int x) { return x * x / 7 + 12345; }"
    target = load_core("cortex-m4")
    small = device.measure(write_model(c=used), "probe", target, INPUT)
    large = device.measure(write_model(c=used + unused, folder="b"), "probe", target, INPUT)
    assert small.flash == large.flash


@pytest.mark.parametrize("core", ["cortex-m4", "rv32imc"])
def test_the_same_image_from_any_folder(core, load_core, dotty_folder, tmp_path):
    target = load_core(core)
    copy = tmp_path / "another place"
    shutil.copytree(dotty_folder, copy)
    images = [
        build(
            Model(folder=folder, name="dotty"),
            target,
            target.qemu[0],
            Program(name="footprint"),
            tmp_path / str(number),
        )
        for number, folder in enumerate((dotty_folder, copy))
    ]
    assert images[0].elf.read_bytes() == images[1].elf.read_bytes()
