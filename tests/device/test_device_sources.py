"""The project's own C of the device layer compiles without a warning."""

import subprocess
from importlib import resources

import pytest

from tests.tools import ALLOW_MISSING, require_tools
from tinygen.device.image import Entry

STRICT = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
    "-fsyntax-only",
]


def test_plugin_is_clean():
    require_tools("cc")
    folder = resources.files("tinygen.device.plugin") / "source"
    sources = sorted(str(f) for f in folder.iterdir() if f.name.endswith(".c"))
    subprocess.run(["cc", "-std=c11", *STRICT, *sources], check=True)


FIRMWARE = [
    ("arm-none-eabi-gcc", ["-mcpu=cortex-m4", "-mthumb"], "fpgaio"),
    ("arm-none-eabi-gcc", ["-mcpu=cortex-m0", "-mthumb"], "nrf51"),
    (
        "riscv64-unknown-elf-gcc",
        ["-march=rv32imc", "-misa-spec=2.2", "-mabi=ilp32", "--specs=picolibc.specs"],
        "minstret",
    ),
]


@pytest.mark.parametrize(("compiler", "flags", "timer"), FIRMWARE)
def test_firmware_is_clean(compiler, flags, timer, dotty_folder):
    require_tools(compiler)
    folder = resources.files("tinygen.device") / "firmware"
    start = "riscv_fault.c" if timer == "minstret" else "arm_start.c"
    programs = sorted(str(f) for f in (folder / "programs").iterdir())
    sources = [str(folder / f) for f in (start, "prepare.c", "semihosting.c", f"timer_{timer}.c")]
    defines = [
        '-DTINYGEN_MODEL_HEADER="dotty.h"',
        "-DTINYGEN_MODEL_ENTRY=dotty_run",
        *Entry().defines(),
        "-DTINYGEN_MODEL_SELFTEST=dotty_selftest",
        "-DTINYGEN_MODEL_INPUT_BYTES=16u",
        "-DTINYGEN_MODEL_OUTPUT_BYTES=4u",
        "-DTINYGEN_MODEL_ARENA_BYTES=16u",
        "-DTINYGEN_ALIGNMENT_STEP=1u",
        "-DTINYGEN_TIMER_BASE=0x40000000u",
        f"-I{folder}",
        f"-I{dotty_folder}",
    ]
    subprocess.run(
        [compiler, "-std=gnu99", "-O2", *flags, *STRICT, *defines, *sources, *programs], check=True
    )


def test_missing_tools_fail_with_the_install_line(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(ALLOW_MISSING, raising=False)
    with pytest.raises(pytest.fail.Exception, match="apt-get install qemu-system-arm"):
        require_tools("qemu-system-arm")


def test_missing_tools_skip_with_the_reason_when_allowed(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv(ALLOW_MISSING, "1")
    with pytest.raises(pytest.skip.Exception, match="apt-get install qemu-system-arm"):
        require_tools("qemu-system-arm")
