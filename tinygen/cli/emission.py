"""What `tinygen emit` prints: the figures of one model, or of all models of a folder."""

from typing import TYPE_CHECKING

from tinygen.cli.output import note, print_table

if TYPE_CHECKING:
    from tinygen.emit import Emission, ModelSet
    from tinygen.emit.memory import PlannedRam
    from tinygen.quantize import QuantizationReport


def show_model(emission: "Emission", summary: dict, report: "QuantizationReport | None") -> None:
    """A table of the layers, then notes; `summary` may have points of less RAM."""
    from tinygen.emit.memory import statements

    target = emission.program.target.name
    columns = ("layer", "operator", "output", "kernel", "MACs", "constants B")
    fields = ("name", "operator", "output", "kernel", "macs", "constant_bytes")
    rows = [
        [layer[f] or "(none)" if f == "kernel" else layer[f] for f in fields]
        for layer in summary["layers"]
    ]
    print_table(f"{emission.name} for {target}: {emission.folder}/", columns, rows)
    if report:
        note(quantization_note(report))
    note(f"MACs {summary['macs']:,}   constants {summary['constant_bytes']:,} bytes")
    for line in selection_notes(summary["selection"]):
        note(line)
    for line in statements(emission.program):
        note(line)
    note(emission.ram.summary())
    if emission.program.banks:
        share, size = emission.program.banks.share, emission.options.fast_ram
        note(
            f"about {share:.0%} of the accesses to the working memory go to the {size:,} bytes of fast RAM"
        )
    if summary["pushes"]:
        note(push_note(summary["pushes"], summary["selection"]["unit"]))
    if "ram_points" in summary:
        show_ram_points(summary["ram_points"], summary["selection"]["unit"])


def push_note(pushes: dict, unit: str) -> str:
    """What a source of rows must wait for."""

    def text(part: str) -> str:
        cycles = pushes[f"cycles_{part}"]
        counted = "" if cycles is None else f" ({cycles:,} predicted {unit})"
        return f"{pushes[f'share_{part}']:.2%} of the work{counted}"

    return (
        f"{pushes['rows']} rows: at most {text('between')} runs between two of them, "
        f"{text('at_end')} after the last"
    )


def show_ram_points(points: list[dict], unit: str) -> None:
    """What less RAM costs."""
    print_table(
        "budgets of RAM, for --ram-budget",
        ("arena bytes", f"predicted {unit}", "MACs row by row"),
        [(x["arena_bytes"], x["cycles"], f"{x['share_by_rows']:.0%}") for x in points],
    )


RAM_COLUMNS = ("arena", "scratch in it", "state", "hot weights", "input", "output", "RAM B")


def show_set(written: "ModelSet") -> None:
    """A line for each model, and one for all."""
    target = written.models[0].program.target.name
    rows = [
        (e.name, e.program.graph.macs, e.constant_bytes, *_ram_row(e.ram)) for e in written.models
    ]
    together = "together, one arena" if written.shared_arena else "together"
    macs, constants = (sum(row[i] for row in rows) for i in (1, 2))
    rows.append((together, macs, constants, *_ram_row(written.ram)))
    columns = ("model", "MACs", "constants B", *RAM_COLUMNS)
    print_table(f"{written.name} for {target}: {written.folder}/", columns, rows)
    note(written.ram.summary())


def _ram_row(ram: "PlannedRam") -> tuple[int, ...]:
    return (
        ram.arena_bytes + ram.fast_arena_bytes,
        ram.scratch_bytes,
        ram.state_bytes,
        ram.hot_weight_bytes,
        ram.input_bytes,
        ram.output_bytes,
        ram.total_bytes,
    )


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
