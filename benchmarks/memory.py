"""Measures what less RAM costs, on an emulated Cortex-M4, and writes benchmarks/memory.csv.

    python benchmarks/memory.py [--model NAME]... [--points] [--json]

Each row is a command that a user can type: `tinygen bench MODEL --target cortex-m4` with the options in the column
"options". Bytes are arena, scratch and what is kept between calls, as planned and as measured in the image, without the
caller's input and output. Cycles are compared with whole tensors (no options), and with whole tensors computed by the
very kernels that the row chose: the first says what the row costs a user, the second what running by rows and in place
costs by itself. Every output byte is compared with the reference. Seconds are those of planning, on one core.

`--points` lists the budgets that `tinygen emit --ram-table` offers too, and asks for each of them.
"""

import argparse
import csv
import dataclasses
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinygen import bench, samples, targets, verify
from tinygen.cli.output import print_table
from tinygen.emit import EmitOptions, InputMode
from tinygen.emit.program import Program, lower, ram_points
from tinygen.errors import BudgetError
from tinygen.ir import Graph
from tinygen.model import load
from tinygen.targets import Target

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent.parent / "shared" / "models"
CORE = "cortex-m4"
RESULTS = HERE / "memory.csv"
SAMPLES = 2
"""Inputs whose outputs are compared."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for: `budget` in bytes, 0 for the least, None for whole tensors."""

    input: InputMode = InputMode.CALLER
    budget: int | None = None

    @property
    def options(self) -> str:
        words = [] if self.input is InputMode.CALLER else [f"--input {self.input.value}"]
        if self.budget is not None:
            words.append(f"--ram-budget {self.budget or 'min'}")
        return " ".join(words)

    def of(self, core: Target) -> tuple[Target, EmitOptions]:
        options = EmitOptions(input=self.input, least_ram=self.budget == 0)
        return dataclasses.replace(core, ram_bytes=self.budget or core.ram_bytes), options


WHOLE = Request()
LEAST = Request(input=InputMode.ROWS, budget=0)
BUDGETS = {
    "ic_resnet8_int8": {InputMode.ARENA: (34_500,), InputMode.CALLER: (13_000,)},
    "vww_mobilenet_int8": {
        InputMode.ARENA: (38_500,),
        InputMode.CALLER: (21_500, 15_000),
        InputMode.ROWS: (12_000,),
    },
    "kws_dscnn_int8": {
        InputMode.ARENA: (9_200,),
        InputMode.CALLER: (5_600,),
        InputMode.ROWS: (4_200,),
    },
    "ad_autoencoder_int8": {},
}
"""What is promised to fit, by model."""


def requests(model: str) -> Iterator[Request]:
    yield WHOLE
    for mode, budgets in BUDGETS.get(model, {}).items():
        for budget in budgets:
            yield Request(input=mode, budget=budget)
    if BUDGETS.get(model):
        yield LEAST


Row = dict[str, object]


def planned(graph: Graph, request: Request) -> tuple[Program, float]:
    """The program, and the seconds that planning took."""
    target, options = request.of(targets.load(CORE))
    start = time.process_time()
    program = lower(graph, target, input_mode=options.input, least_ram=options.least_ram)
    return program, time.process_time() - start


def measured(graph: Graph, request: Request, kernels: tuple[tuple[str, str], ...] = ()):
    target, options = request.of(targets.load(CORE))
    return bench.bench_graph(graph, target, options=dataclasses.replace(options, kernels=kernels))


def is_exact(graph: Graph, request: Request) -> bool:
    """Whether the core computes every byte of the reference, all dead memory filled with a pattern."""
    target, options = request.of(targets.load(CORE))
    expected = verify.run_reference(graph, samples.generate(graph, SAMPLES))
    return verify.on_qemu(expected, target, options, poisoned=True).passed


def measure(model: str, graph: Graph, request: Request, whole_cycles: int | None) -> Row:
    row: Row = {"model": model, "options": request.options}
    try:
        program, seconds = planned(graph, request)
    except BudgetError as error:
        return row | {"planned": f"cannot be met: {error}"}
    kernels = tuple((layer.name, layer.kernel.symbol) for layer in program.layers)
    result = measured(graph, request)
    cycles = result.measurement.cycles
    same = cycles if request is WHOLE else measured(graph, WHOLE, kernels).measurement.cycles
    return row | {
        "planned": result.planned.model_bytes,
        "measured": result.measurement.ram.static_bytes,
        "cycles": cycles,
        "against_whole": round(cycles / (whole_cycles or cycles), 3),
        "against_same_kernels": round(cycles / same, 3),
        "stack": result.measurement.stack_bytes,
        "exact": is_exact(graph, request),
        "seconds": round(seconds, 1),
        "push_share": _push_share(program),
    }


def _push_share(program: Program) -> float | str:
    """Of the multiply-accumulates, those between two rows that arrive, at most."""
    if program.pushes is None:
        return ""
    return round(program.push_work.macs / program.graph.macs, 3)


def points_of(model: str, graph: Graph) -> Iterator[Row]:
    """Each budget of the table, asked for; cycles as predicted."""
    core = targets.load(CORE)
    for point in ram_points(graph, core):
        program = lower(graph, dataclasses.replace(core, ram_bytes=point.arena_bytes))
        yield {
            "model": model,
            "budget": point.arena_bytes,
            "predicted_cycles": point.cycles,
            "by_rows": point.share_by_rows,
            "planned": program.plan.arena_bytes,
        }


def write(path: Path, rows: list[Row]) -> None:
    """Rows of the models that were measured; those of others stay."""
    again = {row["model"] for row in rows}
    if path.exists():
        with path.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["model"] not in again] + rows
    names = dict.fromkeys(name for row in rows for name in row)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: str(row["model"])))


def show(title: str, rows: list[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    print_table(title, names, [[row.get(name, "") for name in names] for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", choices=sorted(BUDGETS))
    parser.add_argument("--points", action="store_true", help="list the budgets that are offered")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    arguments = parser.parse_args()
    rows: list[Row] = []
    points: list[Row] = []
    for model in arguments.model or BUDGETS:
        path = MODELS / f"{model}.tflite"
        if not path.exists():
            sys.exit(f"no {path.name} in {MODELS.name}/ beside the checkout")
        graph = load(path).quantize().optimize().graph
        whole: int | None = None
        for request in requests(model):
            print(f"{model} {request.options}", file=sys.stderr)
            row = measure(model, graph, request, whole)
            whole = whole or row.get("cycles")
            rows.append(row)
            write(RESULTS, [r for r in rows if r["model"] == model])
        points += points_of(model, graph) if arguments.points else ()
    if arguments.json:
        print(json.dumps({"rows": rows, "points": points}, indent=1))
        return
    show("RAM in bytes, cycles of one inference", rows)
    if points:
        show("budgets that are offered", points)


if __name__ == "__main__":
    main()
