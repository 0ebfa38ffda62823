"""Options that several commands share, and how they become values."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tinygen.emit import EmitOptions
    from tinygen.model import FittedPipeline, Model
    from tinygen.targets import Target

CALIBRATION_METHODS = ("mse", "min-max", "percentile-99.99", "percentile-99.9")
"""Values of tinygen.quantize.CalibrationMethod, which is too slow to import for --help."""

model_argument = click.argument("model", type=click.Path(path_type=Path))

target_option = click.option(
    "--target",
    "-t",
    default="host",
    show_default=True,
    help="Core or board; see `tinygen targets`.",
)


optimize_option = click.option(
    "--optimize",
    type=click.Choice(["speed", "balanced", "size", "least"]),
    default="balanced",
    show_default=True,
    help="What the choice of kernels is for.",
)


FEATURE_TYPES = ("int8", "int16", "int32", "float")
"""What `--io` says of the features of a classical model."""

features_option = click.option(
    "--io",
    "io_type",
    type=click.Choice(FEATURE_TYPES),
    help="Type of a classical model's features; default: the smallest that holds the calibration data.",
)


LEAST = "min"
"""The value of --ram-budget that asks for as little as possible."""


def budget_options(command: Callable) -> Callable:
    """--flash-budget, --ram-budget."""
    flash = click.option(
        "--flash-budget",
        metavar="BYTES",
        help="Choose kernels so that code and constants fit, or fail; suffixes k, M.",
    )
    ram = click.option(
        "--ram-budget",
        metavar=f"BYTES|{LEAST}",
        help="Choose kernels, and layers that run row by row, so that the arena fits, or fail; "
        f"{LEAST}: as little as possible.",
    )
    return flash(ram(command))


OF_TARGET = "target"
"""The value of --fast-ram that asks for what the target has."""


def memory_options(command: Callable) -> Callable:
    """--input, --push-work, --arena, --hot-weights, --fast-ram: who owns which memory, and what lies where."""
    options = (
        click.option(
            "--input",
            "input_mode",
            type=click.Choice(["caller", "arena", "rows"]),
            default="caller",
            help="Who owns the input: the caller, the arena, which reuses it; or it comes in rows.",
        ),
        click.option(
            "--push-work",
            metavar="PERCENT",
            help="With --input rows: at most that share of the network's multiply-accumulates runs between two rows.",
        ),
        click.option(
            "--arena",
            type=click.Choice(["static", "caller"]),
            default="static",
            help="Who owns the working memory.",
        ),
        click.option(
            "--hot-weights",
            metavar="BYTES",
            help="Keep that many bytes of weights in RAM: those read most often per byte.",
        ),
        click.option(
            "--fast-ram",
            metavar=f"BYTES|{OF_TARGET}",
            help="A second, faster RAM of that size (or the target's), for the parts of the working memory that are "
            "used most often.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


EMIT_CHOICES = ("optimize", "input_mode", "push_work", "arena", "hot_weights", "fast_ram")
"""What optimize_option and memory_options give a command."""


def emit_options(
    target: "Target", ram_budget: str | None, choices: dict[str, Any]
) -> "EmitOptions":
    """From the options of the command line, of which EMIT_CHOICES are read."""
    from tinygen.emit import ArenaMode, EmitOptions, InputMode, Optimize

    return EmitOptions(
        arena=ArenaMode(choices["arena"]),
        input=InputMode(choices["input_mode"]),
        push_work=parse_share(choices["push_work"]),
        optimize=Optimize(choices["optimize"]),
        least_ram=ram_budget == LEAST,
        hot_weights=parse_bytes(choices["hot_weights"]) or 0,
        fast_ram=fast_bytes(choices["fast_ram"], target),
    )


def other_choices(choices: dict[str, Any]) -> dict[str, Any]:
    """Without EMIT_CHOICES: how the model is read."""
    return {key: value for key, value in choices.items() if key not in EMIT_CHOICES}


def fast_bytes(text: str | None, target: "Target") -> int:
    """Bytes of fast RAM; says so where the target has some that nobody asked for."""
    from tinygen.cli.output import note
    from tinygen.errors import UsageError

    own = target.fast_ram
    if text == OF_TARGET:
        if own is None:
            raise UsageError(
                what=f"{target.name} has no fast RAM that is known here",
                next_step="give its size: --fast-ram BYTES",
            )
        return own.bytes
    if text is None and own is not None:
        note(
            f"{target.name} has {own.bytes:,} bytes of {own.name}: --fast-ram {OF_TARGET} puts there what is "
            "used most often"
        )
    return parse_bytes(text) or 0


def parse_share(text: str | None) -> float | None:
    """Percent as a share from 0 to 1, "5" and "5 %" alike."""
    from tinygen.errors import UsageError

    if text is None:
        return None
    try:
        percent = float(text.strip().removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise UsageError(
            what=f"'{text[:40]}' is no percentage", next_step="give a number from 0 to 100"
        )
    return percent / 100


CALIBRATION_HELP = (
    "Typical inputs: .npz (key x or the inputs' names, long or short) or .npy of shape [N, ...]"
)


def quantization_options(command: Callable) -> Callable:
    """How models are read, and how their integers are chosen."""
    calibration = click.option(
        "--calibration", type=click.Path(path_type=Path), help=f"{CALIBRATION_HELP}."
    )
    return _quantization_options(command, calibration)


def quantization_options_of_several(command: Callable) -> Callable:
    """The same for commands that take several models: --calibration for each."""
    calibration = click.option(
        "--calibration",
        multiple=True,
        metavar="FILE|NAME=FILE",
        help=f"{CALIBRATION_HELP}; of several models for the one called NAME.",
    )
    return _quantization_options(command, calibration)


def _quantization_options(command: Callable, calibration: Callable) -> Callable:
    options = (
        click.option(
            "--trust",
            is_flag=True,
            help="Read pickles and joblib files too, which run code of their own.",
        ),
        calibration,
        click.option(
            "--input-range",
            metavar="LO,HI",
            help="Range of the inputs, where there is no calibration data.",
        ),
        click.option(
            "--arithmetic",
            type=click.Choice(["tflm", "native"]),
            help="Integer arithmetic: TFLite Micro's (default) or tinygen's own, which rounds once.",
        ),
        click.option(
            "--calibration-method",
            type=click.Choice(CALIBRATION_METHODS),
            help="How activation ranges are chosen; the default is the best measured.",
        ),
        click.option(
            "--agreement",
            type=click.FloatRange(0, 100),
            metavar="PERCENT",
            help="Of a classical model: as few bits as keep scikit-learn's answer on so many calibration rows, "
            "or an error.",
        ),
        click.option(
            "--drop-unused-features",
            "drop_unused",
            is_flag=True,
            help="Of a classical model: leave features out of the input that nothing reads.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def load_int8(
    path: Path,
    *,
    calibration: Path | None = None,
    input_range: str | None = None,
    arithmetic: str | None = None,
    calibration_method: str | None = None,
    trust: bool = False,
    io_type: str | None = None,
    agreement: float | None = None,
    drop_unused: bool = False,
) -> "Model":
    """Load a model, quantize it where needed, optimize it; warnings go to the error output."""
    from tinygen import model as models
    from tinygen.cli.output import note, progress
    from tinygen.errors import UsageError
    from tinygen.fixedpoint import Arithmetic
    from tinygen.quantize import CalibrationMethod, load_calibration

    with progress("reading the model"):
        model = models.load(path, trust=trust)
    if isinstance(model, models.FittedPipeline):
        _refuse_net_options(
            {
                "--input-range": input_range,
                "--arithmetic": arithmetic,
                "--calibration-method": calibration_method,
            }
        )
        return _load_classical(model, calibration, io_type, agreement, drop_unused)
    if agreement is not None:
        raise UsageError(
            what="--agreement is for classical models",
            next_step="neural nets: see --calibration-method, and `tinygen emit --json` for the errors of layers",
        )
    if model.is_quantized and (calibration or input_range or calibration_method):
        note("note: the model is int8 already, calibration options have no effect")
        calibration = input_range = calibration_method = None
    with progress("quantizing"):
        model = model.quantize(
            calibration=load_calibration(calibration, model.graph) if calibration else None,
            input_range=parse_range(input_range) if input_range else None,
            arithmetic=Arithmetic(arithmetic) if arithmetic else None,
            method=CalibrationMethod(calibration_method) if calibration_method else None,
        )
    for warning in model.quantization.warnings if model.quantization else ():
        note(f"warning: {warning}")
    with progress("optimizing"):
        return model.optimize()


def _refuse_net_options(given: Mapping[str, object]) -> None:
    """Raise UsageError for options that say nothing about a classical model."""
    from tinygen.errors import UsageError

    for name, value in given.items():
        if value is not None:
            raise UsageError(
                what=f"{name} is for neural nets",
                next_step="leave it out; of classical models see --agreement",
            )


def _load_classical(
    pipeline: "FittedPipeline",
    calibration: Path | None,
    io_type: str | None,
    agreement: float | None,
    drop_unused: bool,
) -> "Model":
    """Choose the integers of a classical model, and say which, and how well they agree with it."""
    from tinygen.cli.output import note, progress
    from tinygen.ir import DType
    from tinygen.quantize import read_rows

    dtype = DType.FLOAT32 if io_type == "float" else DType(io_type) if io_type else None
    rows = None if calibration is None else read_rows(calibration)
    with progress("choosing integers"):
        model = pipeline.quantize(
            calibration=rows, io=dtype, agreement=agreement, drop_unused=drop_unused
        )
    if drop_unused:
        note(f"input: {model.graph.inputs[0]}")
    report = model.agreement
    text = f"{report.agreement:.2f} % of {report.rows} calibration rows as scikit-learn"
    if report.largest_error is not None:
        text += f", largest error {report.largest_error:.2g} standard deviations"
    note(f"features are {model.graph.input_tensors[0].dtype.value}; {text}")
    for warning in report.warnings:
        note(f"warning: {warning}")
    if agreement is not None:
        note(f"chosen for {agreement:g} %: {model.precision}; {', '.join(operand_types(model))}")
    return model


def operand_types(model: "Model") -> list[str]:
    """The operators of the first method that multiply or compare with constants, and the types of both sides."""
    return [
        f"{call.node.name} {call.inputs[0].dtype.value} x {call.inputs[1].dtype.value}"
        for call in model.graph.parts()[0].calls()
        if len(call.inputs) > 1 and call.inputs[1].is_constant and call.op.macs(call)
    ]


def parse_range(text: str) -> tuple[float, float]:
    """ "LO,HI" as two finite numbers, LO < HI."""
    from math import isfinite

    from tinygen.errors import UsageError

    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = 0.0
    if not (isfinite(low) and isfinite(high) and low < high):
        raise UsageError(
            what=f"'{text}' is not a range",
            next_step="give --input-range LO,HI with LO < HI, e.g. 0,1",
        )
    return low, high


MAX_DIGITS = 15
"""Of a number of bytes."""


def with_budgets(target: "Target", flash_budget: str | None, ram_budget: str | None) -> "Target":
    """The target with smaller memories. The least RAM is no budget."""
    import dataclasses

    flash_bytes = parse_bytes(flash_budget)
    ram_bytes = None if ram_budget == LEAST else parse_bytes(ram_budget)

    flash, ram = _smaller(target.flash_bytes, flash_bytes), _smaller(target.ram_bytes, ram_bytes)
    smaller = {"flash": flash != target.flash_bytes, "RAM": ram != target.ram_bytes}
    return dataclasses.replace(
        target,
        flash_bytes=flash,
        ram_bytes=ram,
        budgets=frozenset(memory for memory, is_smaller in smaller.items() if is_smaller),
        memory_source=target.memory_source or "the command line",
    )


def _smaller(a: int | None, b: int | None) -> int | None:
    return min(x for x in (a, b) if x is not None) if (a, b) != (None, None) else None


def parse_bytes(text: str | None) -> int | None:
    """A number of bytes, with k or M for 1024 and 1024**2."""
    from tinygen.errors import UsageError

    if text is None:
        return None
    factor = {"k": 1024, "m": 1024**2}.get(text[-1:].lower(), 1)
    digits = text[:-1] if factor > 1 else text
    # more digits than any memory has bytes; Python refuses to convert thousands of them
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
    if not is_number or int(digits) == 0:
        raise UsageError(
            what=f"'{text[:40]}' is no number of bytes",
            next_step="give for example 65536, 64k or 1M",
        )
    return int(digits) * factor
