"""The runtime as a CMake project: for the host with all kernels, and for a core with a toolchain file."""

import subprocess
from pathlib import Path

import pytest

from tests.tools import require_tools
from tinygen import targets

ROOT = Path(__file__).parents[2]

TOOLCHAIN = """
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER {compiler})
set(CMAKE_C_FLAGS_INIT "{flags}")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
"""

FAMILIES = {
    "cortex-m4": ("ARM_DSP", "tg_depthwise_conv2d_s8_dsp"),
    "cortex-m55": ("ARM_MVE", "tg_conv2d_s8_mve"),
    "cortex-m0plus": ("ARMV6M", "tg_conv2d_s8_v6m"),
    "cortex-m3": ("ARMV7M", "tg_conv2d_s8_v7m"),
    "rv32imc": ("RV32", "tg_conv2d_s8_rv32"),
}
"""The option with a core's kernels, and one of them."""


def build(folder: Path, *options: str) -> str:
    require_tools("cmake")
    flags = [*options, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON"]
    subprocess.run(["cmake", "-S", str(ROOT), "-B", str(folder), *flags], check=True)
    subprocess.run(["cmake", "--build", str(folder)], check=True)
    (library,) = folder.rglob("libtinygen_runtime.a")
    return subprocess.run(["nm", str(library)], capture_output=True, text=True, check=True).stdout


def test_host_build_holds_every_family(tmp_path):
    folders = {f.name for f in (ROOT / "runtime_c" / "src").iterdir()}
    assert folders == {o.lower() for o, _ in FAMILIES.values()} | {"portable", "swar"}
    options = [f"-DTINYGEN_{option}=ON" for option, _ in FAMILIES.values()]
    symbols = build(tmp_path, *options, "-DTINYGEN_EMULATE_SIMD=ON")
    assert " W tg_conv2d_s8\n" in symbols
    for _, symbol in FAMILIES.values():
        assert f" W {symbol}\n" in symbols


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4", "cortex-m55", "rv32imc"])
def test_cross_build_with_a_toolchain_file(core, tmp_path):
    target = targets.load(core)
    require_tools(target.compiler)
    toolchain = tmp_path / f"{core}.cmake"
    flags = " ".join(target.compile_flags)
    toolchain.write_text(TOOLCHAIN.format(compiler=target.compiler, flags=flags))
    option, symbol = FAMILIES[core]
    symbols = build(
        tmp_path / "build", f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", f"-DTINYGEN_{option}=ON"
    )
    assert f" W {symbol}\n" in symbols


def test_a_build_without_kernels_says_what_to_do(tmp_path):
    require_tools("cmake")
    done = subprocess.run(
        ["cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DTINYGEN_PORTABLE=OFF"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "TINYGEN_PORTABLE" in done.stderr
