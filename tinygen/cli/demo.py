"""tinygen demo: train a small CNN on digits, emit it, check it, measure it."""

from pathlib import Path

import click

from tinygen.cli.output import json_option, note, print_json, print_table


@click.command("demo")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("build/demo"),
              show_default=True, help="Folder for the model and the C.")  # fmt: skip
@click.option("--target", "-t", default="cortex-m4", show_default=True)
@json_option
def command(output: Path, target: str, as_json: bool) -> None:
    """Train a small CNN on scikit-learn's digits (10 seconds), and take it all the way."""
    from tinygen import demo

    result = demo.run(output, target, say=note)
    if as_json:
        print_json(result)
        return
    print_table("digits CNN: 8x8 images, 10 classes", ("what", "figure"), demo.as_rows(result))
