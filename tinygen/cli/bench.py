"""tinygen bench: what a model costs on cores and boards."""

from pathlib import Path

import click

from tinygen.cli.options import (
    LEAST,
    budget_options,
    features_option,
    load_int8,
    model_argument,
    optimize_option,
    quantization_options,
    with_budgets,
)
from tinygen.cli.output import json_option, note, print_json, print_table, progress


@click.command("bench")
@model_argument
@click.option("--target", "-t", "names", multiple=True, default=("cortex-m4",), show_default=True,
              help="Core or board; may be given several times.")  # fmt: skip
@optimize_option
@budget_options
@click.option("--layers", is_flag=True, help="Figures per layer too.")
@quantization_options
@features_option
@json_option
def command(
    model: Path,
    names: tuple[str, ...],
    optimize: str,
    flash_budget: str | None,
    ram_budget: str | None,
    layers: bool,
    as_json: bool,
    **quantization: object,
) -> None:
    """Measure MODEL, or a folder that `tinygen emit` wrote, under QEMU.

    Instructions are counted exactly; cycles are modelled with zero wait states (docs/cycle-model.md);
    milliseconds and microjoules follow for boards with a published clock and current.
    """
    from tinygen import bench, targets
    from tinygen.emit import EmitOptions, Optimize

    chosen = [with_budgets(targets.load(name), flash_budget, ram_budget) for name in names]
    folder = is_generated_folder(model)
    graph = None if folder else load_int8(model, **quantization).graph
    options = EmitOptions(optimize=Optimize(optimize), least_ram=ram_budget == LEAST)
    results = []
    for target in chosen:
        with progress(f"measuring on {target.name}"):
            results.append(
                bench.bench_folder(model, target, layers=layers)
                if folder
                else bench.bench_graph(graph, target, layers=layers, options=options)
            )
    if as_json:
        print_json({"model": model.name, "targets": [r.as_dict() for r in results]})
        return
    show(model.name, results)
    for result in results if layers else ():
        show_layers(result)


def is_generated_folder(path: Path) -> bool:
    """True for a folder that is not a SavedModel."""
    return path.is_dir() and not (path / "saved_model.pb").exists()


def show(name: str, results: list) -> None:
    rows = []
    for result in results:
        m = result.measurement
        rows.append(
            (m.target, m.instructions, m.cycles, result.milliseconds, result.microjoules,
             m.flash.code_bytes + m.flash.library_bytes, m.flash.constant_bytes, m.flash.weight_bytes,
             m.ram.arena_bytes, m.ram.io_bytes, m.stack_bytes)
        )  # fmt: skip
    columns = ("target", "instructions", "cycles", "ms", "uJ", "code", "constants", "weights",
               "arena", "I/O", "stack")  # fmt: skip
    known = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)]
    print_table(
        f"{name}: one inference",
        [columns[i] for i in known],
        [[row[i] for i in known] for row in rows],
    )
    note("cycles: model, zero wait states; flash beyond an empty firmware, RAM and stack in bytes")
    if "ms" not in {columns[i] for i in known}:
        note("ms, uJ: unmeasured; give a board with a clock and a published current as target")
    for source in sorted({r.current_source for r in results if r.current_source}):
        note(f"current: {source}")


def show_layers(result) -> None:
    rows = []
    for layer, name, macs in zip(
        result.measurement.layers, result.layer_names, result.layer_macs, strict=False
    ):
        per_mac = layer.instructions / macs if macs else ""
        rows.append((name, macs, layer.instructions, layer.cycles, per_mac))
    title = f"{result.measurement.target}: per layer"
    print_table(title, ("layer", "MACs", "instructions", "cycles", "instructions/MAC"), rows)
