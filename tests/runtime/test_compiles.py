"""The runtime compiles without a warning for every core, as C99 and as C++17, and keeps to its own names."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tools import require_tools
from tinygen import targets
from tinygen.host import WARNINGS, compiler
from tinygen.kernels import CATALOGUE
from tinygen.kernels.sources import files_for

CORES = ["host", "cortex-m0", "cortex-m3", "cortex-m4", "cortex-m33", "cortex-m55", "rv32imc"]
LEVELS = ["-O2", "-Os"]

ALLOWED_OUTSIDE = (
    r"tg_\w+|memcpy|memset|memmove|__aeabi_\w+|__gnu_thumb1_case_\w+|__\w*di3|_GLOBAL_OFFSET_TABLE_"
)
"""Undefined symbols that an object file may have: the runtime's, three of string.h, the compiler's helpers."""


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    cc: str
    nm: str
    flags: tuple[str, ...]


def toolchain(core: str) -> Toolchain:
    target = targets.load(core)
    cc = compiler() if core == "host" else target.compiler
    require_tools(cc)
    prefix = cc.removesuffix("gcc") if cc.endswith("-gcc") else ""
    return Toolchain(cc=cc, nm=f"{prefix}nm", flags=target.compile_flags)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A function that gives the flat sources for the kernels of a core."""

    def write(core: str) -> list[Path]:
        features = targets.load(core).features
        kernels = [
            k for found in CATALOGUE.values() for k in found if k.needs <= features and k.source
        ]
        folder = tmp_path_factory.mktemp(core)
        for name, data in files_for(kernels).items():
            (folder / name).write_bytes(data)
        return sorted(folder.glob("*.c"))

    return write


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:4000]
    return done.stdout


@pytest.mark.parametrize("core", CORES)
def test_sources_compile_without_a_warning(core, sources):
    tools, files = toolchain(core), sources(core)
    for level in LEVELS:
        run(tools.cc, "-std=c99", *tools.flags, level, *WARNINGS, "-c", *files, cwd=files[0].parent)


@pytest.mark.parametrize("core", CORES)
def test_sources_are_valid_cpp(core, sources):
    """On the cores as well: int32_t is another type there."""
    tools, files = toolchain(core), sources(core)
    flags = ["-std=c++17", "-x", "c++", "-fsyntax-only", *WARNINGS]
    run(tools.cc, *tools.flags, *flags, *files, cwd=files[0].parent)


@pytest.mark.parametrize("core", ["host", "cortex-m0", "rv32imc"])
def test_objects_define_weak_prefixed_symbols_only(core, sources):
    tools, files = toolchain(core), sources(core)
    flags = ("-std=c99", *tools.flags, "-O2", "-fno-stack-protector")
    run(tools.cc, *flags, "-c", *files, cwd=files[0].parent)
    for file in files:
        symbols = run(tools.nm, file.with_suffix(".o").name, cwd=file.parent)
        for line in symbols.splitlines():
            kind, name = line.split()[-2:]
            if kind == "U":
                assert re.fullmatch(ALLOWED_OUTSIDE, name), f"{file.name} needs {name}"
            elif kind.isupper() or kind == "w":
                assert kind == "W", f"{file.name}: {name} is not weak"
                assert name.startswith(file.stem), f"{file.name} defines {name}"


def test_headers_declare_kernels_strongly():
    """A reference to a weak symbol takes nothing from a static library: the call would go to address 0."""
    for name, data in files_for(k for found in CATALOGUE.values() for k in found).items():
        if name.endswith(".h"):
            weak = re.findall(rb"\bTG_KERNEL\b[^;{}]*\)\s*;", data)
            assert not weak, f"{name}: {weak[0].decode()}"
