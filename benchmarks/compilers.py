"""Measures networks with other compilers and optimization levels than GCC's -O2, and writes compilers.csv.

    python benchmarks/compilers.py [--core CORE]... [--compiler NAME]... [--json] [MODEL ...]

Without models: the int8 models in shared/models beside the checkout. Only the generated folder is compiled otherwise:
the firmware around it, and the linking, stay the same. Figures are model cycles, or instructions on cores without a
cycle model; `ratio` is to GCC's -O2. Compilers that are not installed are left out, and named.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from measure import default_models

from tinygen import device, samples, targets
from tinygen.emit import Emission, EmitOptions, Optimize, emit
from tinygen.errors import TinygenError
from tinygen.model import load
from tinygen.targets import Target

CSV = Path(__file__).resolve().parent / "compilers.csv"
CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55", "rv32imc")

ALLOWED = 0.10
"""How much slower than GCC's -O2 another compiler may be."""

CLANG = "clang-16"

CLANG_CORES = {
    "cortex-m0plus": "thumbv6m-none-eabi",
    "cortex-m3": "thumbv7m-none-eabi",
    "cortex-m4": "thumbv7em-none-eabi",
    "cortex-m55": "thumbv8.1m.main-none-eabi",
    "rv32imc": "riscv32-unknown-elf",
}

GCC_ONLY = ("--specs=", "-misa-spec=")
"""Flags of the targets that Clang does not know."""


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """What the generated code is compiled with."""

    name: str
    optimize: str
    is_clang: bool = False


COMPILERS = (
    Compiler(name="gcc -O2", optimize="O2"),
    Compiler(name="gcc -O3", optimize="O3"),
    Compiler(name="gcc -Os", optimize="Os"),
    Compiler(name=f"{CLANG} -O2", optimize="O2", is_clang=True),
)
"""The first one is what the others are compared with."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table; `cost` in cycles, or in instructions."""

    model: str
    core: str
    compiler: str
    cost: int
    ratio: float

    @property
    def is_slow(self) -> bool:
        return self.ratio > 1 + ALLOWED


def command(compiler: Compiler, target: Target) -> tuple[str, ...]:
    """The compiler and the flags for the core; empty for the target's own."""
    if not compiler.is_clang:
        return ()
    flags = [f for f in target.compile_flags if not f.startswith(GCC_ONLY)]
    return (CLANG, f"--target={CLANG_CORES[target.name]}", *flags, *libc_includes(target))


def libc_includes(target: Target) -> Iterator[str]:
    """Where the C library of the target's compiler has its headers, for a compiler without one."""
    search = [target.compiler, *target.compile_flags, "-E", "-v", "-x", "c", "/dev/null"]
    words = subprocess.run(search, capture_output=True, text=True, check=True).stderr
    listed = words.split("search starts here:")[-1].split("End of search list")[0]
    for folder in map(str.strip, listed.splitlines()):
        if folder and (Path(folder) / "string.h").is_file():
            yield from ("-isystem", folder)


def measure(emission: Emission, target: Target, x: np.ndarray, compiler: Compiler) -> int:
    return device.count_run(
        emission.folder,
        "model",
        target,
        x,
        optimize=compiler.optimize,
        compiler=command(compiler, target),
    )


def measured(path: Path, core: str, compilers: list[Compiler]) -> Iterator[Row]:
    """The network on a core, for speed, with each compiler."""
    graph = load(path).quantize().optimize().graph
    target = targets.load(core)
    x = np.random.default_rng(samples.SEED).integers(
        -128, 128, sum(t.size for t in graph.input_tensors), np.int8
    )
    with tempfile.TemporaryDirectory(prefix="tinygen-compilers-") as scratch:
        options = EmitOptions(optimize=Optimize.SPEED)
        emission = emit(graph, target, Path(scratch) / "model", name="model", options=options)
        usual = measure(emission, target, x, COMPILERS[0])
        for compiler in compilers:
            is_usual = compiler is COMPILERS[0]
            cost = usual if is_usual else measure(emission, target, x, compiler)
            ratio = round(cost / usual, 4)
            yield Row(model=path.stem, core=core, compiler=compiler.name, cost=cost, ratio=ratio)


def print_row(row: Row) -> None:
    mark = f"   more than {ALLOWED:.0%} slower" if row.is_slow else ""
    print(f"{row.model:24} {row.core:14} {row.compiler:14} {row.cost:>12,} {row.ratio:7.3f}{mark}")
    sys.stdout.flush()


def merged(rows: list[Row]) -> list[dict[str, str]]:
    """The recorded lines, those that were measured again replaced, in the order of the tables here."""
    lines = {key_of(line): line for line in recorded()}
    lines |= {
        key_of(line): line for line in ({k: str(v) for k, v in asdict(r).items()} for r in rows)
    }
    names = [c.name for c in COMPILERS]
    return sorted(
        lines.values(),
        key=lambda v: (v["model"], CORES.index(v["core"]), names.index(v["compiler"])),
    )


def key_of(line: dict[str, str]) -> tuple[str, ...]:
    return line["model"], line["core"], line["compiler"]


def recorded() -> list[dict[str, str]]:
    if not CSV.exists():
        return []
    with CSV.open(newline="") as file:
        return list(csv.DictReader(file))


def write(rows: list[Row]) -> None:
    lines = merged(rows)
    with CSV.open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def available(names: list[str] | None) -> list[Compiler]:
    wanted = [c for c in COMPILERS if names is None or c.name in names]
    if shutil.which(CLANG) is None and any(c.is_clang for c in wanted):
        print(f"{CLANG} is not installed: left out", file=sys.stderr)
        wanted = [c for c in wanted if not c.is_clang]
    return wanted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", action="append", choices=CORES)
    parser.add_argument("--compiler", action="append", choices=[c.name for c in COMPILERS])
    parser.add_argument("--json", action="store_true", help="rows as JSON, instead of the table")
    parser.add_argument("models", nargs="*", type=Path)
    arguments = parser.parse_args()
    paths = arguments.models or default_models()
    if not paths:
        sys.exit("no models: give .tflite files")
    rows: list[Row] = []
    for path in paths:
        for core in arguments.core or CORES:
            try:
                for row in measured(path, core, available(arguments.compiler)):
                    rows.append(row)
                    if not arguments.json:
                        print_row(row)
            except TinygenError as error:
                sys.exit(f"error: {error}")
            write(rows)
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))


if __name__ == "__main__":
    main()
