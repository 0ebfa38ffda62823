"""tinygen targets: the cores and boards that code can be generated for."""

import click

from tinygen.cli.output import json_option, print_json, print_table


@click.command("targets")
@json_option
def command(as_json: bool) -> None:
    """List cores and boards."""
    from tinygen import targets

    rows = [_row(targets.load(name)) for name in targets.names()]
    if as_json:
        print_json(rows)
        return
    columns = ("name", "core", "features", "flash", "ram", "clock_hz", "qemu", "description")
    print_table("", columns, [[_blank(row[c]) for c in columns] for row in rows])


def _row(target) -> dict[str, object]:
    return {
        "name": target.name,
        "core": target.core,
        "features": " ".join(sorted(target.features)),
        "flash": target.flash_bytes,
        "ram": target.ram_bytes,
        "clock_hz": target.clock_hz,
        "qemu": " ".join(board.machine for board in target.qemu),
        "cycle_model": target.cycle_model,
        "description": target.description,
    }


def _blank(value: object) -> object:
    return "" if value is None else value
