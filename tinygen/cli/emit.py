"""tinygen emit: write a folder of C."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinygen.cli.options import (
    budget_options,
    emit_options,
    load_int8,
    memory_options,
    optimize_option,
    other_choices,
    quantization_options_of_several,
    target_option,
    with_budgets,
)
from tinygen.cli.output import json_option, note, print_json, progress
from tinygen.cli.several import Named, named_models, values_by_model, values_for_all

if TYPE_CHECKING:
    from tinygen.emit import EmitOptions, Io
    from tinygen.ir import Graph
    from tinygen.model import Model
    from tinygen.targets import Target


IO_TYPES = ("int8", "uint8", "int16", "int32", "float")


@click.command("emit")
@click.argument(
    "models", metavar="MODEL...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@target_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--name", "names", multiple=True, metavar="NAME|NAME=MODEL",
              help="Prefix of all C names; default: from the file's name. Of several models NAME=MODEL for each, "
              "and NAME for what belongs to all (default: models).")  # fmt: skip
@click.option("--shared-arena", is_flag=True,
              help="Several models share their working memory, and run one after the other.")  # fmt: skip
@optimize_option
@quantization_options_of_several
@click.option("--io", "io_types", multiple=True, metavar="TYPE|NAME=TYPE",
              help="Also emit an entry point for this element type (int8, uint8, float); of a classical model "
              "the type of its features (int8, int16, int32, float); of several models for all, or for "
              "the one called NAME.")  # fmt: skip
@memory_options
@budget_options
@click.option("--ram-table", is_flag=True,
              help="Also print what less RAM costs: budgets from the least to whole tensors.")  # fmt: skip
@click.option("--labels", multiple=True, metavar="FILE|NAME=FILE",
              help="Text file with one class name a line; of several models for the one called NAME.")  # fmt: skip
@json_option
def command(
    models: tuple[Path, ...],
    target: str,
    output: Path | None,
    names: tuple[str, ...],
    shared_arena: bool,
    flash_budget: str | None,
    ram_budget: str | None,
    ram_table: bool,
    as_json: bool,
    calibration: tuple[str, ...],
    labels: tuple[str, ...],
    io_types: tuple[str, ...],
    **choices: object,
) -> None:
    """Write MODEL as a folder of standalone C; several models together into one folder."""
    from tinygen import targets
    from tinygen.emit import check_folder
    from tinygen.errors import UsageError

    of_all, named = named_models(models, names)
    bounded = with_budgets(targets.load(target), flash_budget, ram_budget)
    options = emit_options(bounded, ram_budget, choices)
    reader = reader_of(
        named,
        options,
        calibration=calibration,
        labels=labels,
        io_types=io_types,
        **other_choices(choices),
    )
    if len(named) > 1:
        if ram_table:
            raise UsageError(what="--ram-table takes one model", next_step="ask for each by itself")
        name = of_all or "models"
        write_several(named, reader, bounded, output or Path(name), name, shared_arena, as_json)
        return
    if shared_arena:
        raise UsageError(what="--shared-arena is for several models", next_step="leave it out")
    (model,) = named
    folder = output or Path(model.name)
    check_folder(folder)
    write_one(model, reader, bounded, folder, targets.load(target) if ram_table else None, as_json)


def write_one(
    model: Named,
    reader: "Reader",
    target: "Target",
    folder: Path,
    unbounded: "Target | None",
    as_json: bool,
) -> None:
    """Write the folder of one model, and print its figures; with those of less RAM on the unbounded target."""
    from tinygen.cli.emission import quantization_figures, show_model
    from tinygen.emit.summary import summarize

    converted, options = reader.read(model)
    with progress("writing C"):
        emission = converted.emit(target, folder, name=model.name, options=options)
    summary = summarize(emission)
    if converted.quantization:
        summary["quantization"] = quantization_figures(converted.quantization)
    if unbounded:
        summary["ram_points"] = points_of(converted.graph, unbounded, options)
    if as_json:
        print_json(summary)
    else:
        show_model(emission, summary, converted.quantization)


def write_several(
    models: list[Named],
    reader: "Reader",
    target: "Target",
    folder: Path,
    name: str,
    shared_arena: bool,
    as_json: bool,
) -> None:
    """Write one folder for all models, and print their figures."""
    from tinygen.cli.emission import quantization_figures, quantization_note, show_set
    from tinygen.emit import check_folder, emit_together
    from tinygen.emit.model_set import check_names
    from tinygen.emit.summary import summarize_set

    check_names(name, [m.name for m in models])
    check_folder(folder)
    members, quantizations = [], {}
    for model in models:
        note(f"{model.name}: {model.path}")
        converted, options = reader.read(model)
        if converted.quantization:
            note(quantization_note(converted.quantization))
            quantizations[model.name] = quantization_figures(converted.quantization)
        members.append(converted.member(model.name, options))
    with progress("writing C"):
        written = emit_together(members, target, folder, name=name, shared_arena=shared_arena)
    if as_json:
        print_json(summarize_set(written) | {"quantization": quantizations})
    else:
        show_set(written)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the models of a command: the choices that hold for all, and the files that each has for itself."""

    options: "EmitOptions"
    io_types: Mapping[str, str]
    calibrations: Mapping[str, str]
    labels: Mapping[str, str]
    quantization: Mapping[str, object]

    def read(self, model: Named) -> "tuple[Model, EmitOptions]":
        """A model as integers, and its own choices."""
        options, calibration = self.options, self.calibrations.get(model.name)
        io_type = self.io_types.get(model.name)
        if model.name in self.labels:
            labels = read_labels(Path(self.labels[model.name]))
            options = dataclasses.replace(options, labels=labels)
        converted = load_int8(
            model.path,
            io_type=io_type,
            calibration=Path(calibration) if calibration else None,
            **self.quantization,
        )
        if not converted.graph.methods:
            options = dataclasses.replace(options, io=entry_type(io_type))
        return converted, options


def reader_of(
    models: list[Named],
    options: "EmitOptions",
    *,
    calibration: tuple[str, ...],
    labels: tuple[str, ...],
    io_types: tuple[str, ...],
    **quantization: object,
) -> Reader:
    """From the options of the command line; `options` are those of all models."""
    from tinygen.errors import UsageError

    io_by_model = values_for_all("--io", io_types, models)
    for text in io_by_model.values():
        if text not in IO_TYPES:
            raise UsageError(
                what=f"--io {text[:40]}", next_step=f"give one of {', '.join(IO_TYPES)}"
            )
    return Reader(
        options=options,
        io_types=io_by_model,
        calibrations=values_by_model("--calibration", calibration, models),
        labels=values_by_model("--labels", labels, models),
        quantization=quantization,
    )


def points_of(graph: "Graph", target: "Target", options: "EmitOptions") -> list[dict[str, object]]:
    """What less RAM costs: one entry for each budget that is worth asking for."""
    from tinygen.emit.program import ram_points

    with progress("comparing budgets of RAM"):
        found = ram_points(
            graph,
            target,
            input_mode=options.input,
            push_work=options.push_work,
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
