"""tinygen inspect: what is in a model, and what would happen to it."""

from pathlib import Path

import click

from tinygen.cli.options import model_argument
from tinygen.cli.output import json_option, note, print_json, print_table


@click.command("inspect")
@model_argument
@json_option
def command(model: Path, as_json: bool) -> None:
    """Show layers, shapes, MACs, weights, dead channels of MODEL; and what would not convert, and why."""
    from tinygen.inspection import inspect

    summary = inspect(model)
    if as_json:
        print_json(summary)
        return
    if summary["unsupported"]:
        show_unsupported(model.name, summary["unsupported"])
        return
    print_table(
        f"{model.name}: {summary['format']}, {'int8' if summary['quantized'] else 'float32'}",
        ("layer", "operator", "output", "MACs", "weights"),
        [
            (x["name"], x["operator"], x["output"], x["macs"], x["weights"])
            for x in summary["layers"]
        ],
    )
    note(f"MACs {summary['macs']:,}   weights {summary['weights']:,}")
    for change in summary["passes"]:
        note(f"pass {change['name']}: {change['summary']}")


def show_unsupported(name: str, findings: list[dict]) -> None:
    """The layers that would not convert, and why."""
    print_table(
        f"{name}: would not convert",
        ("layer", "operator", "why", "next step"),
        [(f["layer"], f["operator"], f["problem"], f["next_step"]) for f in findings],
    )
