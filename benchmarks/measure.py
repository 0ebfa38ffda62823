"""Measures models on emulated cores and writes benchmarks/cycles.csv and benchmarks/sizes.csv.

    python benchmarks/measure.py [MODEL.tflite ...]

Without arguments: the MLPerf Tiny models in ../shared/models, where that folder exists. Figures are executed
instructions and modelled cycles, so they repeat to the last digit on every machine with the same compiler.
"""

import csv
import sys
from pathlib import Path

from tinygen import bench, targets
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
CYCLES = HERE / "cycles.csv"
SIZES = HERE / "sizes.csv"


def default_models() -> list[Path]:
    """The int8 models beside the checkout."""
    return sorted(MODELS.glob("*_int8.tflite"))


def measure(paths: list[Path], names: tuple[str, ...] = TARGETS) -> tuple[list[dict], list[dict]]:
    """Rows of cycles.csv and of sizes.csv."""
    cycles, sizes = [], []
    for path in paths:
        graph = load(path).quantize().optimize().graph
        for name in names:
            result = bench.bench_graph(graph, targets.load(name)).measurement
            key = {"model": path.stem, "target": name}
            cycles.append(
                key | {"instructions": result.instructions, "cycles": result.cycles or ""}
            )
            sizes.append(
                key
                | {
                    "code": result.flash.code_bytes + result.flash.library_bytes,
                    "constants": result.flash.constant_bytes,
                    "weights": result.flash.weight_bytes,
                    "arena": result.ram.arena_bytes,
                    "stack": result.stack_bytes,
                }
            )
            print(f"{path.stem:24} {name:14} {result.instructions:>12,}", file=sys.stderr)
    return cycles, sizes


def write(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Rows by (model, target)."""
    with path.open(newline="") as file:
        return {(row["model"], row["target"]): row for row in csv.DictReader(file)}


def merged(path: Path, rows: list[dict]) -> list[dict]:
    """The recorded rows with the new ones in their places: measuring one model keeps the others."""
    recorded = read(path) if path.exists() else {}
    recorded |= {(row["model"], row["target"]): row for row in rows}
    return sorted(recorded.values(), key=lambda r: (r["model"], TARGETS.index(r["target"])))


def main() -> None:
    paths = [Path(a) for a in sys.argv[1:]] or default_models()
    if not paths:
        sys.exit(
            f"no models: give .tflite files, or put them into {MODELS.name}/ beside the checkout"
        )
    try:
        cycles, sizes = measure(paths)
    except TinygenError as error:
        sys.exit(f"error: {error}")
    write(CYCLES, merged(CYCLES, cycles))
    write(SIZES, merged(SIZES, sizes))


if __name__ == "__main__":
    main()
