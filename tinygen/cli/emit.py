"""tinygen emit: write a folder of C."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinygen.cli.options import (
    LEAST,
    budget_options,
    load_int8,
    model_argument,
    optimize_option,
    parse_bytes,
    quantization_options,
    target_option,
    with_budgets,
)
from tinygen.cli.output import json_option, note, print_json, print_table, progress

if TYPE_CHECKING:
    from tinygen.emit import EmitOptions, Io
    from tinygen.ir import Graph
    from tinygen.quantize import QuantizationReport
    from tinygen.targets import Target


@click.command("emit")
@model_argument
@target_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--name", help="Prefix of all C names; default: from the file's name.")
@optimize_option
@quantization_options
@click.option("--io", "io_type", type=click.Choice(["int8", "uint8", "int16", "int32", "float"]),
              help="Also emit an entry point for this element type (int8, uint8, float); of a classical model "
              "the type of its features (int8, int16, int32, float).")  # fmt: skip
@click.option("--input", "input_mode", type=click.Choice(["caller", "arena", "rows"]), default="caller",
              help="Who owns the input: the caller, the arena, which reuses it; or it comes in rows.")  # fmt: skip
@click.option("--arena", type=click.Choice(["static", "caller"]), default="static",
              help="Who owns the working memory.")  # fmt: skip
@budget_options
@click.option("--ram-table", is_flag=True,
              help="Also print what less RAM costs: budgets from the least to whole tensors.")  # fmt: skip
@click.option("--hot-weights", metavar="BYTES",
              help="Keep that many bytes of weights in RAM: those read most often per byte.")  # fmt: skip
@click.option("--labels", type=click.Path(path_type=Path),
              help="Text file with one class name a line.")  # fmt: skip
@json_option
def command(
    model: Path,
    target: str,
    output: Path | None,
    name: str | None,
    optimize: str,
    io_type: str | None,
    input_mode: str,
    arena: str,
    flash_budget: str | None,
    ram_budget: str | None,
    ram_table: bool,
    hot_weights: str | None,
    labels: Path | None,
    as_json: bool,
    **quantization: object,
) -> None:
    """Write MODEL as a folder of standalone C."""
    import dataclasses

    from tinygen import targets
    from tinygen.emit import ArenaMode, EmitOptions, InputMode, Optimize, check_folder
    from tinygen.emit.names import checked_model_name, model_name
    from tinygen.emit.summary import summarize

    chosen = with_budgets(targets.load(target), flash_budget, ram_budget)
    name = checked_model_name(name) if name else model_name(model.stem)
    folder = output or Path(name)
    check_folder(folder)
    options = EmitOptions(
        arena=ArenaMode(arena),
        input=InputMode(input_mode),
        optimize=Optimize(optimize),
        least_ram=ram_budget == LEAST,
        hot_weights=parse_bytes(hot_weights) or 0,
        labels=read_labels(labels) if labels else (),
    )
    converted = load_int8(model, io_type=io_type, **quantization)
    if not converted.graph.methods:
        options = dataclasses.replace(options, io=entry_type(io_type))
    with progress("writing C"):
        emission = converted.emit(chosen, folder, name=name, options=options)
    summary = summarize(emission)
    if converted.quantization:
        summary["quantization"] = quantization_figures(converted.quantization)
    if ram_table:
        summary["ram_points"] = points_of(converted.graph, targets.load(target), options)
    if as_json:
        print_json(summary)
        return
    print_table(
        f"{name} for {chosen.name}: {folder}/",
        ("layer", "operator", "output", "kernel", "MACs", "constants B"),
        [
            (
                x["name"],
                x["operator"],
                x["output"],
                x["kernel"] or "(none)",
                x["macs"],
                x["constant_bytes"],
            )
            for x in summary["layers"]
        ],
    )
    if converted.quantization:
        note(quantization_note(converted.quantization))
    note(f"MACs {summary['macs']:,}   constants {summary['constant_bytes']:,} bytes")
    for line in selection_notes(summary["selection"]):
        note(line)
    note(f"arena {emission.program.plan.summary()}; fullest at layer '{summary['peak_layer']}'")
    if ram_table:
        print_table(
            "budgets of RAM, for --ram-budget",
            ("arena bytes", f"predicted {summary['selection']['unit']}", "MACs row by row"),
            [
                (x["arena_bytes"], x["cycles"], f"{x['share_by_rows']:.0%}")
                for x in summary["ram_points"]
            ],
        )


def points_of(graph: "Graph", target: "Target", options: "EmitOptions") -> list[dict[str, object]]:
    """What less RAM costs: one entry for each budget that is worth asking for."""
    import dataclasses

    from tinygen.emit.program import ram_points

    with progress("comparing budgets of RAM"):
        found = ram_points(
            graph,
            target,
            input_mode=options.input,
            optimize=options.optimize,
        )
    return [dataclasses.asdict(point) for point in found]


def entry_type(text: str | None) -> "Io":
    """The element type of the second entry point of a neural net."""
    from tinygen.emit import Io
    from tinygen.errors import UsageError

    if text in ("int16", "int32"):
        raise UsageError(
            what=f"--io {text} is for classical models", next_step="give int8, uint8 or float"
        )
    return Io(text or "int8")


def selection_notes(selection: dict) -> list[str]:
    """The predicted cost of the choice, and the next better choices."""
    if selection["predicted"] is None:
        return []
    lines = [
        f"kernels chosen for {selection['optimize']}: predicted {selection['predicted']:,.0f} "
        f"{selection['unit']}, {selection['predicted_flash_bytes']:,} bytes of flash"
    ]
    for upgrade in selection["upgrades"]:
        lines.append(
            f"  layer '{upgrade['layer']}' with {upgrade['symbol']}: {upgrade['cycles']:,.0f} fewer for "
            f"{upgrade['flash_bytes']:+,} bytes of flash, {upgrade['scratch_bytes']:+,} of scratch"
        )
    return lines


def quantization_figures(report: "QuantizationReport") -> dict[str, object]:
    """How the model was quantized, and the error of every layer on the calibration data."""
    import dataclasses

    return {
        "method": report.method.value,
        "bias_correction": report.bias_correction,
        "samples": report.samples,
        "synthetic_samples": report.is_synthetic,
        "layers": [
            {key: _finite(value) for key, value in dataclasses.asdict(layer).items()}
            for layer in report.layers
        ],
    }


def _finite(value: object) -> object:
    """JSON has no infinity: a layer without any error has no ratio."""
    return None if value == float("inf") else value


def quantization_note(report: "QuantizationReport") -> str:
    """One line: method, data, and where accuracy was lost."""
    correction = " with bias correction" if report.bias_correction else ""
    data = "synthetic samples" if report.is_synthetic else "calibration samples"
    text = f"quantized by {report.method.value}{correction} on {report.samples} {data}"
    worst = report.worst_layer
    if worst is None or worst.sqnr_db is None:
        return text
    return f"{text}; signal to noise ratio lowest at layer '{worst.name}': {worst.sqnr_db:.1f} dB"


def read_labels(path: Path) -> tuple[str, ...]:
    """Class names, one a line, empty lines dropped."""
    from tinygen.errors import UsageError

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            what="the labels cannot be read",
            where=str(path),
            next_step="give a text file in UTF-8 with one class name a line",
        ) from error
    return tuple(line.strip() for line in lines if line.strip())
