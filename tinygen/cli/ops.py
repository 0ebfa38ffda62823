"""tinygen ops: operators, and the kernels that compute them."""

import click

from tinygen.cli.output import json_option, print_json, print_table


@click.command("ops")
@json_option
def command(as_json: bool) -> None:
    """List operators and their C kernels, best first."""
    from tinygen.kernels import CATALOGUE
    from tinygen.ops import REGISTRY

    rows = [
        {
            "operator": name,
            "meaning": (operator.__doc__ or "").strip().splitlines()[0],
            "kernels": [
                {
                    "symbol": kernel.symbol,
                    "needs": sorted(kernel.needs),
                    "arithmetics": sorted(a.value for a in kernel.arithmetics),
                }
                for kernel in CATALOGUE.get(operator, ())
            ],
        }
        for name, operator in REGISTRY.items()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        "",
        ("operator", "meaning", "kernels"),
        [
            (
                row["operator"],
                row["meaning"],
                "\n".join(map(_kernel, row["kernels"])) or "(folded away)",
            )
            for row in rows
        ],
    )


def _kernel(kernel: dict) -> str:
    needs = f" [{', '.join(kernel['needs'])}]" if kernel["needs"] else ""
    return kernel["symbol"] + needs
