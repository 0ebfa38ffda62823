"""The runtime as a CMake project: for the host with all kernels, and for a core with a toolchain file."""

import subprocess
from pathlib import Path

from tests.tools import require_tools

ROOT = Path(__file__).parents[2]

TOOLCHAIN = """
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mthumb")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
"""


def build(folder: Path, *options: str) -> str:
    require_tools("cmake")
    flags = [*options, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON"]
    subprocess.run(["cmake", "-S", str(ROOT), "-B", str(folder), *flags], check=True)
    subprocess.run(["cmake", "--build", str(folder)], check=True)
    (library,) = folder.rglob("libtinygen_runtime.a")
    return subprocess.run(["nm", str(library)], capture_output=True, text=True, check=True).stdout


def test_host_build_holds_every_family(tmp_path):
    symbols = build(
        tmp_path, "-DTINYGEN_ARM_DSP=ON", "-DTINYGEN_EMULATE_SIMD=ON", "-DTINYGEN_ARMV6M=ON"
    )
    assert " W tg_conv2d_s8\n" in symbols
    assert " W tg_conv2d_s8_dsp\n" in symbols
    assert " W tg_conv2d_s8_v6m\n" in symbols


def test_cross_build_with_a_toolchain_file(tmp_path):
    require_tools("arm-none-eabi-gcc")
    toolchain = tmp_path / "cortex-m4.cmake"
    toolchain.write_text(TOOLCHAIN)
    symbols = build(
        tmp_path / "build", f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", "-DTINYGEN_ARM_DSP=ON"
    )
    assert " W tg_depthwise_conv2d_s8_dsp\n" in symbols


def test_a_build_without_kernels_says_what_to_do(tmp_path):
    require_tools("cmake")
    done = subprocess.run(
        ["cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DTINYGEN_PORTABLE=OFF"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "TINYGEN_PORTABLE" in done.stderr
