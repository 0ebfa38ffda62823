"""The example firmware: built by CMake with a toolchain file, run on QEMU by ctest."""

import subprocess
from pathlib import Path

import pytest

from tests.example_graphs import branches, cnn
from tinygen import targets
from tinygen.emit import emit

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "firmware-cortex-m4"


def run(*command: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)


@pytest.fixture
def built(tmp_path):
    emit(cnn(), targets.load("cortex-m4"), tmp_path / "net", name="net")
    configured = run(
        "cmake", "-S", EXAMPLE, "-B", tmp_path / "build", "-DCMAKE_TOOLCHAIN_FILE=toolchain.cmake",
        f"-DMODEL_DIR={tmp_path / 'net'}", "-DMODEL_NAME=net",
    )  # fmt: skip
    assert configured.returncode == 0, configured.stderr
    done = run("cmake", "--build", tmp_path / "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path


def test_ctest_runs_the_self_test_on_qemu(built):
    done = run("ctest", "--test-dir", built / "build", "--output-on-failure")
    assert done.returncode == 0, done.stdout
    assert "1 tests passed" in done.stdout or "100% tests passed" in done.stdout


def test_a_wrong_byte_in_the_weights_fails_the_self_test(built):
    weights = built / "net" / "net_weights.c"
    lines = weights.read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if "weights[" in line) + 1
    numbers = lines[at].split(",")
    numbers[0] = f"    {-int(numbers[0]) - 1}"
    lines[at] = ",".join(numbers)
    weights.write_text("".join(lines))
    assert run("cmake", "--build", built / "build").returncode == 0
    done = run("ctest", "--test-dir", built / "build", "--output-on-failure")
    assert done.returncode != 0
    assert "selftest: WRONG" in done.stdout + done.stderr


TWO_MODELS = """\
#include "one.h"
#include "two.h"

int main(void)
{
    return (int)(one_selftest() + 2 * two_selftest());
}
"""


def test_two_models_in_one_firmware_share_kernels_and_are_both_right(tmp_path):
    target = targets.load("cortex-m4")
    emissions = [
        emit(graph, target, tmp_path / name, name=name)
        for name, graph in (("one", cnn()), ("two", branches()))
    ]
    (tmp_path / "main.c").write_text(TWO_MODELS)
    sources = [p for e in emissions for p in (*e.folder.glob("*.c"), *e.folder.glob("tinygen/*.c"))]
    image = tmp_path / "firmware.elf"
    built = run(
        target.compiler, *target.compile_flags, "-O2", "-ffunction-sections", "-fdata-sections",
        "-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections",
        "-Wl,--no-warn-rwx-segments", "-T", EXAMPLE / "firmware.ld", EXAMPLE / "startup.c",
        tmp_path / "main.c", *sources, *(f"-I{e.folder}" for e in emissions), "-o", image,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    symbols = run("arm-none-eabi-nm", image).stdout.split()
    both = set.intersection(*({k.symbol for k in e.program.kernels} for e in emissions))
    assert both and all(symbols.count(kernel) == 1 for kernel in both), "one copy of each"
    done = run(
        "qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "null",
        "-semihosting-config", "enable=on,target=native", "-kernel", image,
    )  # fmt: skip
    assert done.returncode == 0
