"""tinygen reduce: a smaller pipeline within a budget."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinygen.cli.options import features_option, model_argument, optimize_option, parse_bytes
from tinygen.cli.output import json_option, note, print_json, print_table, progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tinygen.reduction import Budget, Reduction

METHODS = ("pca", "rfe", "kbest", "l1")
"""Values of tinygen.reduction.Method, which is too slow to import for --help."""


@click.command("reduce")
@model_argument
@click.option("--train", required=True, type=click.Path(path_type=Path),
              help="Rows and answers to fit with: .npz with arrays x [N, features] and y.")  # fmt: skip
@click.option(
    "--test",
    type=click.Path(path_type=Path),
    help="Rows and answers to try with: .npz with x and y.",
)
@click.option("--method", type=click.Choice(METHODS), default="pca", show_default=True,
              help="Principal components; or recursive elimination of features, F test, L1 penalty.")  # fmt: skip
@click.option("--budget", metavar="NAME=VALUE,...", default="loss=1%", show_default=True,
              help="cycles, flash, ram (bytes, with k or M), loss (0.01 or 1%).")  # fmt: skip
@click.option("--sizes", metavar="N,...", help="Sizes to try; default: 1, 2, 3, 4, 6, 8, 12, ...")
@click.option("--target", "-t", default="cortex-m4", show_default=True, help="Core or board.")
@click.option("--measure", type=click.Choice(["auto", "qemu", "predict"]), default="auto", show_default=True,
              help="Run every size under QEMU, or go by the cost tables.")  # fmt: skip
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The .skops file to write.",
)
@click.option(
    "--trust", is_flag=True, help="Read pickles and joblib files too, which run code of their own."
)
@optimize_option
@features_option
@json_option
def command(
    model: Path,
    train: Path,
    test: Path | None,
    method: str,
    budget: str,
    sizes: str | None,
    target: str,
    measure: str,
    output: Path,
    trust: bool,
    optimize: str,
    io_type: str | None,
    as_json: bool,
) -> None:
    """Fit MODEL, an estimator or pipeline of scikit-learn, behind fewer features, and write the best that fits.

    The parameters of MODEL are kept and fitted again, with --method in front of its last step. Accuracy is that of a
    5-fold cross validation on --train.
    """
    from tinygen import reduction
    from tinygen.emit import EmitOptions, Optimize
    from tinygen.errors import UsageError
    from tinygen.ir import DType

    if output.suffix != ".skops":
        raise UsageError(what=f"'{output.name}' is not the name of a .skops file")
    wanted = parse_budget(budget)
    with progress("fitting and measuring all sizes"):
        found = reduction.reduce(
            model,
            *read_examples(train),
            method=method,
            target=target,
            budget=wanted,
            test=None if test is None else read_examples(test),
            sizes=parse_sizes(sizes),
            io=DType.FLOAT32 if io_type == "float" else DType(io_type) if io_type else None,
            measure=reduction.Measure(measure),
            options=EmitOptions(optimize=Optimize(optimize)),
            trust=trust,
        )
    found.save(output)
    if as_json:
        print_json({"model": model.name, "output": str(output), **found.as_dict()})
        return
    show(model.name, found)
    note(f"written: {output}")


def show(name: str, found: "Reduction") -> None:
    from tinygen.reduction import NO_SIZE

    rows = [
        (
            str(p.size),
            f"{p.accuracy:.4f}",
            f"{p.loss:+.4f}",
            "" if p.test_accuracy is None else f"{p.test_accuracy:.4f}",
            f"{p.agreement:.2f}",
            round(p.cost.cycles),
            p.cost.flash,
            p.cost.ram,
            "*" if p.is_on_front else "",
            "chosen"
            if p is found.chosen or p.size == found.chosen.size
            else ", ".join(sorted(p.misses)),
        )
        for p in found.points
    ]
    is_measured = all(p.cost.is_measured for p in found.points)
    columns = [
        "size",
        "accuracy",
        "loss",
        "test",
        "agreement %",
        "cycles",
        "flash",
        "RAM",
        "front",
        "over budget",
    ]
    known = [i for i, c in enumerate(columns) if c != "test" or any(row[i] for row in rows)]
    print_table(
        f"{name}: {found.method.value} for {found.target}",
        [columns[i] for i in known],
        [[row[i] for i in known] for row in rows],
    )
    note(f"size {NO_SIZE}: the pipeline as it was; front: no other size is better in everything")
    note(
        "costs "
        + (
            "measured under QEMU; RAM with stack"
            if is_measured
            else "as predicted; RAM without stack"
        )
    )
    if found.judge:
        note(f"features were eliminated by the weights of {found.judge}")


def parse_budget(text: str) -> "Budget":
    """ "cycles=20k,flash=4k,loss=1%" as a budget; a k of cycles is 1000."""
    from tinygen.errors import UsageError
    from tinygen.reduction import Budget

    found: dict[str, float | int] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or name not in ("cycles", "flash", "ram", "loss"):
            raise UsageError(
                what=f"'{part}' is no budget",
                next_step="give cycles=N, flash=BYTES, ram=BYTES, loss=0.01 or loss=1%, with commas between",
            )
        if name in ("flash", "ram"):
            found[name] = parse_bytes(value)
        elif name == "cycles" and value[-1:] in THOUSANDS:
            found[name] = parse_number(name, value[:-1]) * THOUSANDS[value[-1:]]
        else:
            found[name] = parse_number(name, value)
    return Budget(**found)


THOUSANDS = {"k": 1e3, "M": 1e6}


def parse_number(name: str, text: str) -> float:
    """A number of 0 or more, or a per cent of 1."""
    from math import isfinite

    from tinygen.errors import UsageError

    is_per_cent = text.endswith("%")
    try:
        value = float(text.rstrip("%")) / (100 if is_per_cent else 1)
    except ValueError:
        value = -1.0
    if not isfinite(value) or value < 0 or (is_per_cent and name != "loss"):
        raise UsageError(what=f"'{name}={text}' is no number", next_step=f"for example {name}=0.01")
    return value


def parse_sizes(text: str | None) -> list[int] | None:
    """ "2,4,8" as numbers."""
    from tinygen.errors import UsageError

    if text is None:
        return None
    parts = [p.strip() for p in text.split(",")]
    if not all(p.isascii() and p.isdigit() and len(p) < 7 for p in parts):
        raise UsageError(what=f"'{text[:40]}' is no list of sizes", next_step="for example 2,4,8")
    return [int(p) for p in parts]


def read_examples(path: Path) -> "tuple[NDArray, NDArray]":
    """The arrays x and y of an .npz file."""
    import zipfile

    import numpy as np

    from tinygen.errors import UsageError

    if not path.is_file():
        raise UsageError(
            what="there is no such file", where=str(path), next_step="check the path of the rows"
        )
    try:
        with np.load(path, allow_pickle=False) as data:
            found = {key.lower(): data[key] for key in data.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise UsageError(
            what="rows and answers cannot be read",
            where=str(path),
            next_step="give an .npz file: numpy.savez('train.npz', x=X, y=y)",
        ) from error
    if not {"x", "y"} <= found.keys():
        raise UsageError(
            what="the file has no arrays x and y",
            where=f"{path.name}, which holds {', '.join(found) or 'nothing'}",
            next_step="save it as numpy.savez('train.npz', x=X, y=y)",
        )
    return found["x"], found["y"]
