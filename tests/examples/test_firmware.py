"""The example firmware: built by CMake with a toolchain file, run on QEMU by ctest."""

import subprocess
from pathlib import Path

import pytest

from tests.example_graphs import cnn
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
