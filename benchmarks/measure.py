"""Measures models on emulated cores and writes benchmarks/cycles.csv, sizes.csv and layers.csv.

    python benchmarks/measure.py [--core CORE]... [--optimize MODE]... [MODEL.tflite ...]

Without arguments: the MLPerf Tiny models in ../shared/models, where that folder exists, on all cores in all modes.
Figures are executed instructions and modelled cycles, so they repeat to the last digit on every machine with the same
compiler. Rows of other models, cores and modes stay as they are.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from tinygen import bench, targets
from tinygen.bench import Benchmark
from tinygen.emit import EmitOptions, Optimize
from tinygen.errors import TinygenError
from tinygen.model import load

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent.parent / "shared" / "models"
TARGETS = (
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m55",
    "rv32imc",
)
MODES = tuple(mode.value for mode in Optimize if mode is not Optimize.LEAST)
LAYER_TARGET = "cortex-m4"
"""The core whose layers are recorded one by one."""

CYCLES = HERE / "cycles.csv"
SIZES = HERE / "sizes.csv"
LAYERS = HERE / "layers.csv"
KEY = ("model", "target", "optimize")

Row = dict[str, object]


def default_models() -> list[Path]:
    """The int8 models beside the checkout."""
    return sorted(MODELS.glob("*_int8.tflite"))


def measure(path: Path, core: str, mode: str) -> tuple[Row, Row, list[Row]]:
    """Rows of cycles.csv, sizes.csv and layers.csv for a model on a core."""
    graph = load(path).quantize().optimize().graph
    options = EmitOptions(optimize=Optimize(mode))
    wants_layers = core == LAYER_TARGET
    result = bench.bench_graph(graph, targets.load(core), layers=wants_layers, options=options)
    key: Row = {"model": path.stem, "target": core, "optimize": mode}
    m = result.measurement
    cycles = {
        "instructions": m.instructions,
        "cycles": m.cycles or "",
        "predicted": _predicted(result, core),
    }
    sizes = {
        "code": m.flash.code_bytes + m.flash.library_bytes,
        "constants": m.flash.constant_bytes,
        "weights": m.flash.weight_bytes,
        "arena": m.ram.arena_bytes,
        "stack": m.stack_bytes,
    }
    return key | cycles, key | sizes, [key | row for row in _layers(result)]


def _predicted(result: Benchmark, core: str) -> object:
    """What the core's own cost table foretold; nothing where another core's stands for it."""
    is_own = targets.load(core).costs_of is None
    return "" if result.predicted is None or not is_own else round(result.predicted)


def _layers(result: Benchmark) -> Iterator[Row]:
    for index, cost in enumerate(result.measurement.layers):
        yield {
            "layer": index,
            "kernel": result.layer_kernels[index],
            "macs": result.layer_macs[index],
            "instructions": cost.instructions,
            "cycles": cost.cycles,
        }


def write(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def recorded(path: Path) -> dict[tuple[str, ...], dict[str, str]]:
    """Rows by (model, target, optimize)."""
    return {key_of(row): row for row in read(path)}


def key_of(row: Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in KEY)


def merged(path: Path, rows: list[Row]) -> list[Row]:
    """The recorded rows without those that were measured again, and these."""
    again = {key_of(row) for row in rows}
    kept = [row for row in read(path) if key_of(row) not in again]
    return sorted([*kept, *rows], key=_order)


def _order(row: Row) -> tuple[object, ...]:
    target, mode = str(row["target"]), str(row["optimize"])
    return row["model"], TARGETS.index(target), MODES.index(mode), int(row.get("layer", 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", action="append", choices=TARGETS)
    parser.add_argument("--optimize", action="append", choices=MODES)
    parser.add_argument("models", nargs="*", type=Path)
    arguments = parser.parse_args()
    paths = arguments.models or default_models()
    if not paths:
        sys.exit(
            f"no models: give .tflite files, or put them into {MODELS.name}/ beside the checkout"
        )
    for path in paths:
        for core in arguments.core or TARGETS:
            for mode in arguments.optimize or MODES:
                try:
                    cycles, sizes, layers = measure(path, core, mode)
                except TinygenError as error:
                    sys.exit(f"error: {error}")
                write(CYCLES, merged(CYCLES, [cycles]))
                write(SIZES, merged(SIZES, [sizes]))
                if layers:
                    write(LAYERS, merged(LAYERS, layers))
                figure = cycles["cycles"] or cycles["instructions"]
                print(f"{path.stem:24} {core:14} {mode:9} {figure:>12,}", file=sys.stderr)


if __name__ == "__main__":
    main()
