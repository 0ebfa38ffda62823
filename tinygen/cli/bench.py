"""tinygen bench: what a model costs on cores and boards."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinygen.cli.options import (
    budget_options,
    emit_options,
    features_option,
    load_int8,
    memory_options,
    model_argument,
    optimize_option,
    other_choices,
    quantization_options,
    with_budgets,
)
from tinygen.cli.output import json_option, note, print_json, print_table, progress

if TYPE_CHECKING:
    from tinygen.bench import Benchmark, SetBenchmark
    from tinygen.device import RamUse
    from tinygen.emit.memory import PlannedRam


@click.command("bench")
@model_argument
@click.option("--target", "-t", "names", multiple=True, default=("cortex-m4",), show_default=True,
              help="Core or board; may be given several times.")  # fmt: skip
@optimize_option
@budget_options
@memory_options
@click.option("--layers", is_flag=True, help="Figures per layer too.")
@quantization_options
@features_option
@json_option
def command(
    model: Path,
    names: tuple[str, ...],
    flash_budget: str | None,
    ram_budget: str | None,
    layers: bool,
    as_json: bool,
    **choices: object,
) -> None:
    """Measure MODEL, or a folder of one or several models that `tinygen emit` wrote, under QEMU.

    Instructions are counted exactly; cycles are modelled with zero wait states (docs/cycle-model.md);
    milliseconds and microjoules follow for boards with a published clock and current.
    """
    from tinygen import bench, targets

    chosen = [with_budgets(targets.load(name), flash_budget, ram_budget) for name in names]
    folder = is_generated_folder(model)
    if folder and bench.is_set(model):
        bench_several(model, chosen, layers, as_json)
        return
    graph = None if folder else load_int8(model, **other_choices(choices)).graph
    results = []
    for target in chosen:
        options = emit_options(target, ram_budget, choices)
        with progress(f"measuring on {target.name}"):
            results.append(
                bench.bench_folder(model, target, layers=layers)
                if folder
                else bench.bench_graph(graph, target, layers=layers, options=options)
            )
    if as_json:
        print_json({"model": model.name, "targets": [r.as_dict() for r in results]})
        return
    rows = [(r.measurement.target, r) for r in results]
    show_costs(model.name, rows)
    show_ram(model.name, [ram_of(*row) for row in rows])
    for result in results if layers else ():
        show_layers(result.measurement.target, result)


def bench_several(folder: Path, targets: list, layers: bool, as_json: bool) -> None:
    """Measure a folder of several models: each by itself, and the RAM of all together."""
    from tinygen import bench

    results = []
    for target in targets:
        with progress(f"measuring on {target.name}"):
            results.append(bench.bench_set(folder, target, layers=layers))
    if as_json:
        print_json({"model": folder.name, "targets": [r.as_dict() for r in results]})
        return
    for result in results:
        title = f"{result.name} on {result.target}"
        show_costs(title, result.models)
        show_ram(title, ram_of_set(result))
        for name, one in result.models if layers else ():
            show_layers(name, one)
        note("the self-test of all models, in turn and twice, found every byte right")


def ram_of_set(result: "SetBenchmark") -> list[tuple]:
    """A row for each model, and one for all; an image has the whole shared arena, whichever of the models it calls."""
    together = "together, one arena" if result.shared_arena else "together"
    rows = [
        ram_row(name, one.planned, one.measurement.stack_bytes, None)
        if result.shared_arena
        else ram_of(name, one)
        for name, one in result.models
    ]
    return [*rows, ram_row(together, result.planned, result.stack_bytes, result.ram)]


def is_generated_folder(path: Path) -> bool:
    """True for a folder that is not a SavedModel."""
    return path.is_dir() and not (path / "saved_model.pb").exists()


def show_costs(name: str, results: "Sequence[tuple[str, Benchmark]]") -> None:
    """What a run costs in time and flash; `results` have the titles of rows."""
    rows = []
    for title, result in results:
        m = result.measurement
        rows.append(
            (title, m.instructions, m.cycles, result.milliseconds, result.microjoules,
             m.flash.code_bytes + m.flash.library_bytes, m.flash.constant_bytes, m.flash.weight_bytes)
        )  # fmt: skip
    columns = ("", "instructions", "cycles", "ms", "uJ", "code", "constants", "weights")
    known = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)]
    print_table(
        f"{name}: one inference",
        [columns[i] for i in known],
        [[row[i] for i in known] for row in rows],
    )
    note("cycles: model, zero wait states; flash beyond an empty firmware, in bytes")
    if "ms" not in {columns[i] for i in known}:
        note("ms, uJ: unmeasured; give a board with a clock and a published current as target")
    for source in sorted({r.current_source for _, r in results if r.current_source}):
        note(f"current: {source}")


RAM_COLUMNS = ("", "arena", "scratch in it", "state", "hot weights", "I/O", "stack", "sum",
               "static: planned", "measured")  # fmt: skip


def ram_of(title: str, result: "Benchmark") -> tuple:
    """The row of one model by itself."""
    measured = result.measurement
    return ram_row(title, result.planned, measured.stack_bytes, measured.ram)


def ram_row(title: str, planned: "PlannedRam", stack: int, measured: "RamUse | None") -> tuple:
    """Where the RAM goes; where an image has not this model's memory alone, nothing of it is measured."""
    return (
        title,
        measured.arena_bytes if measured else planned.arena_bytes + planned.fast_arena_bytes,
        planned.scratch_bytes,
        planned.state_bytes,
        planned.hot_weight_bytes,
        measured.io_bytes if measured else planned.input_bytes + planned.output_bytes,
        stack,
        (measured or planned).total_bytes + stack,
        planned.model_bytes,
        measured.static_bytes if measured else "",
    )


def show_ram(name: str, rows: "Sequence[tuple]") -> None:
    print_table(f"{name}: RAM in bytes", RAM_COLUMNS, rows)
    note(
        "static: .data and .bss of the image, with the arena, without the caller's input and output"
    )


def show_layers(title: str, result) -> None:
    rows = []
    for layer, name, macs in zip(
        result.measurement.layers, result.layer_names, result.layer_macs, strict=False
    ):
        per_mac = layer.instructions / macs if macs else ""
        rows.append((name, macs, layer.instructions, layer.cycles, per_mac))
    columns = ("layer", "MACs", "instructions", "cycles", "instructions/MAC")
    print_table(f"{title}: per layer", columns, rows)
