"""Printing: tables and progress for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

PIPED_WIDTH = 160
"""Columns of a table that is not printed to a terminal."""

json_option: Callable = click.option(
    "--json", "as_json", is_flag=True, help="Print figures as JSON."
)


def print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=1, default=str))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; columns whose cells are all numbers are aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        numeric = all(isinstance(row[i], int | float) or row[i] in (None, "") for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(width=width, highlight=False, markup=False).print(table)


def _cell(value: object) -> str:
    match value:
        case None:
            return "unmeasured"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)


def note(text: str) -> None:
    """A remark for people; not part of the output that programs read."""
    click.echo(text, err=True)


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Say what is being done while it lasts; silent when the error output is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    from tinygen.streaming.progress import reporting

    with (
        Console(stderr=True).status(text) as status,
        reporting(lambda share: status.update(f"{text}: planning rows, {share:.0%}")),
    ):
        yield
