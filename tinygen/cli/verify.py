"""tinygen verify: does the C compute what Python computed, and what TFLite Micro computes?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinygen.cli.options import (
    budget_options,
    emit_options,
    features_option,
    load_int8,
    memory_options,
    model_argument,
    optimize_option,
    other_choices,
    quantization_options,
    target_option,
    with_budgets,
)
from tinygen.cli.output import json_option, note, print_json, print_table, progress

if TYPE_CHECKING:
    from tinygen.classical import ClassicalReport
    from tinygen.emit import EmitOptions
    from tinygen.ir import Graph
    from tinygen.model import Model
    from tinygen.targets import Target
    from tinygen.verify import Comparison, Expected, Samples

MAX_SAMPLES = 100_000
"""More would not fit the memory of a computer for the larger models."""


@click.command("verify")
@model_argument
@target_option
@click.option("--on", type=click.Choice(["host", "qemu"]), default="host", show_default=True,
              help="Where the C runs.")  # fmt: skip
@click.option("--against", type=click.Choice(["reference", "tflm"]),
              help="Compare with the Python reference only, or insist on TFLite Micro too "
              "(default: TFLite Micro too where the model is a .tflite file).")  # fmt: skip
@click.option("--samples", default="100", show_default=True, metavar="N|FILE",
              help="How many generated samples (extremes, then random), or an .npz or .npy file.")  # fmt: skip
@click.option("--poison", is_flag=True,
              help="Fill memory that is dead with a pattern before every step, "
              "and on the host put guard bytes around the arena.")  # fmt: skip
@optimize_option
@memory_options
@budget_options
@quantization_options
@features_option
@json_option
def command(
    model: Path,
    target: str,
    on: str,
    against: str | None,
    samples: str,
    poison: bool,
    flash_budget: str | None,
    ram_budget: str | None,
    as_json: bool,
    **choices: object,
) -> None:
    """Compare the generated C of MODEL with the Python reference, bit for bit.

    On the host the target's kernels run, DSP ones through emulated intrinsics; `--target host` runs the
    portable and the DSP kernels. Exits with 3 when a byte differs, naming the first layer that does.
    """
    from tinygen import targets
    from tinygen import verify as verification
    from tinygen.errors import VerificationError

    chosen = with_budgets(targets.load(target), flash_budget, ram_budget)
    options = emit_options(chosen, ram_budget, choices)
    converted = load_int8(model, **other_choices(choices))
    graph = converted.graph
    inputs = read_samples(samples, graph, converted.kept)
    comparisons = []
    for part in graph.parts():
        with progress("running the reference"):
            expected = verification.run_reference(part, inputs)
        if (not graph.methods or against == "tflm") and wants_tflm(converted, against):
            with progress("running TFLite Micro"):
                comparisons += run_tflm(model, expected, insist=against == "tflm")
        comparisons += named(part, run_c(expected, chosen, on, options, poison))
    agreements = {}
    if converted.description:
        agreements = agreements_of(converted, inputs if is_file(samples) else None)
    show(model.name, comparisons, as_json, agreements)
    if not as_json:
        show_agreement(agreements)
    failed = [c for c in comparisons if not c.passed]
    if failed:
        raise VerificationError(
            what=f"{failed[0].subject} differs from the reference",
            where=str(failed[0].divergence),
            next_step="this is a defect of tinygen: please report it with the model",
        )


def run_c(
    expected: "Expected", target: "Target", on: str, options: "EmitOptions", poison: bool
) -> list["Comparison"]:
    """The comparisons of the generated C on one machine, or on all kinds of host."""
    from tinygen import verify as verification

    if on == "qemu":
        with progress(f"running on QEMU ({target.name})"):
            return [verification.on_qemu(expected, target, options, poisoned=poison)]
    found = []
    for variant in host_variants(target):
        with progress(f"running on the host ({variant.name})"):
            found.append(verification.on_host(expected, variant, options, poisoned=poison))
    return found


def named(part: "Graph", comparisons: list["Comparison"]) -> list["Comparison"]:
    """Comparisons that say which method they are of."""
    import dataclasses

    method = "".join(f"{name}: " for name in part.methods)
    return [dataclasses.replace(c, subject=method + c.subject) for c in comparisons]


ROWS_SHOWN = 10


def agreements_of(model: "Model", inputs: "Samples | None") -> "dict[str, ClassicalReport]":
    """How a classical model's integers agree with scikit-learn, on the calibration rows and on those of a file."""
    import dataclasses

    from tinygen import classical

    reports = {"calibration rows": model.agreement}
    if inputs is not None:
        (rows,) = inputs.values()
        report = classical.compare(model.description, model.graph, rows)
        error = classical.largest_probability_error(model.description, model.graph, rows)
        reports["rows of --samples"] = dataclasses.replace(report, largest_probability_error=error)
    return reports


def show_agreement(reports: "dict[str, ClassicalReport]") -> None:
    for name, report in reports.items():
        text = f"agreement with scikit-learn: {report.agreement:.2f} % of {report.rows} {name}"
        if report.largest_error is not None:
            text += (
                f", largest error {report.largest_error:.3g} standard deviations "
                f"({report.largest_absolute_error:.3g})"
            )
        if report.largest_probability_error is not None:
            text += f", largest error of a probability {report.largest_probability_error:.2g}"
        note(text)
        for row in report.differing[:ROWS_SHOWN]:
            note(f"  row {row} differs: {report.describe(row)}")
        if len(report.differing) > ROWS_SHOWN:
            note(f"  and {len(report.differing) - ROWS_SHOWN} more; --json lists all")


def host_variants(target) -> list:
    """The host itself runs every family of kernels that it can: portable, and DSP through emulation."""
    import dataclasses

    if target.qemu:
        return [target]
    return [target, dataclasses.replace(target, features=target.features | {"dsp"})]


def wants_tflm(model: "Model", against: str | None) -> bool:
    """Whether to run the TFLite Micro interpreter; says so in a note where it cannot."""
    from tinygen import verify as verification
    from tinygen.errors import UsageError
    from tinygen.fixedpoint import Arithmetic

    # a model that tinygen quantized is another network than its file
    is_int8_file = model.path.suffix.lower() == ".tflite" and model.quantization is None
    comparable = is_int8_file and model.graph.arithmetic is Arithmetic.TFLM
    if against == "tflm":
        if not comparable:
            raise UsageError(
                what="only int8 .tflite files in tflm arithmetic can be compared with TFLite Micro"
            )
        verification.require_tflm()
    if against == "reference" or not comparable:
        return False
    if not verification.tflm_is_installed():
        note("note: not compared with TFLite Micro; to do so: pip install --pre tflite-micro")
        return False
    return True


def run_tflm(model: Path, expected: "Expected", *, insist: bool) -> list["Comparison"]:
    """The comparison with TFLite Micro; a note and none where its interpreter cannot run the file."""
    from tinygen import importers
    from tinygen import verify as verification
    from tinygen.errors import UnsupportedError

    try:
        return [verification.against_tflm(model.read_bytes(), importers.load(model), expected)]
    except UnsupportedError as error:
        if insist:
            raise
        note(f"note: not compared with TFLite Micro: {error.what}")
        return []


def is_file(samples: str) -> bool:
    """Whether --samples names a file, not a number."""
    return not (samples.isascii() and samples.isdigit())


def read_samples(text: str, graph, columns: tuple[int, ...] = ()):
    """Generated samples for a number, those of a file otherwise."""
    from tinygen import samples
    from tinygen.errors import UsageError

    if not is_file(text):
        if len(text) > len(str(MAX_SAMPLES)) or not 1 <= int(text) <= MAX_SAMPLES:
            raise UsageError(
                what=f"--samples {text[:20]}", next_step=f"give a number from 1 to {MAX_SAMPLES}"
            )
        return samples.generate(graph, int(text))
    return samples.read(Path(text), graph, columns)


def show(
    name: str, comparisons: list, as_json: bool, agreements: "dict[str, ClassicalReport]"
) -> None:
    from tinygen.verify import as_dict

    if as_json:
        document = {"model": name, "comparisons": [as_dict(c) for c in comparisons]}
        if agreements:
            document["agreement"] = {key: report.as_dict() for key, report in agreements.items()}
        print_json(document)
        return
    print_table(
        f"{name} against the Python reference",
        (
            "computed by",
            "samples equal",
            "output bytes",
            "of them different",
            "layers compared",
            "result",
        ),
        [
            (
                c.subject,
                f"{c.samples_equal} of {c.samples}",
                c.elements,
                c.elements_different,
                c.layers_compared,
                "bit-exact" if c.passed else "DIFFERENT",
            )
            for c in comparisons
        ],
    )
