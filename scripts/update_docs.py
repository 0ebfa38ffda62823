"""Rewrites the generated blocks of README.md and docs/performance.md: support table and measured figures.

    python scripts/update_docs.py [--check]

A block stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. With --check nothing is written, and the exit
code is 1 when a block is stale.
"""

import csv
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


FAMILIES = {
    "Armv6-M": {"armv6m"},
    "Armv7-M": {"armv7m"},
    "DSP": {"dsp"},
    "Helium": {"mve"},
    "RISC-V": {"riscv"},
}
"""Column of the support table to the features that its kernels need."""


def operators() -> str:
    """Operators, and for which cores they have kernels of their own."""
    from tinygen.kernels import CATALOGUE
    from tinygen.ops import REGISTRY

    lines = [
        f"| operator | portable C | {' | '.join(FAMILIES)} |",
        f"| --- | --- |{' --- |' * len(FAMILIES)}",
    ]
    for name, operator in REGISTRY.items():
        kernels = CATALOGUE.get(operator, ())
        cells = ["yes" if any(not k.needs for k in kernels) else "folded away"]
        cells += ["yes" if any(k.needs & f for k in kernels) else "" for f in FAMILIES.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def figures() -> str:
    """One row per model and core with the kernels for speed, from benchmarks/*.csv."""
    sizes = {(r["model"], r["target"]): r for r in _rows("sizes") if r["optimize"] == "speed"}
    lines = [
        "| model | core | instructions | cycles (model) | code B | constants + weights B | arena B | stack B |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in (r for r in _rows("cycles") if r["optimize"] == "speed"):
        size = sizes[row["model"], row["target"]]
        constants = int(size["constants"]) + int(size["weights"])
        cycles = f"{int(row['cycles']):,}" if row["cycles"] else "unmeasured"
        lines.append(
            f"| {row['model']} | {row['target']} | {int(row['instructions']):,} | {cycles} | "
            f"{int(size['code']):,} | {constants:,} | {int(size['arena']):,} | {int(size['stack']):,} |"
        )
    return "\n".join(lines)


def _rows(name: str) -> list[dict[str, str]]:
    path = ROOT / "benchmarks" / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


MODEL_NAMES = {
    "ic_resnet8_int8": "image classification (IC)",
    "vww_mobilenet_int8": "visual wake words (VWW)",
    "kws_dscnn_int8": "keyword spotting (KWS)",
    "ad_autoencoder_int8": "anomaly detection (AD)",
}


def comparison() -> str:
    """Every system on every model on the Cortex-M4, ours in each mode first."""
    lines = [
        "| model | system | instructions | cycles (model) | flash B | RAM B | same bytes as TFLite Micro |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    sizes = {(r["model"], r["target"], r["optimize"]): r for r in _rows("sizes")}
    for model, title in MODEL_NAMES.items():
        for row in _of("cycles", model, "cortex-m4"):
            size = sizes[model, "cortex-m4", row["optimize"]]
            flash = sum(int(size[k]) for k in ("code", "constants", "weights"))
            lines.append(
                f"| {title} | **tinygen, {row['optimize']}** | {_number(row['instructions'])} | "
                f"{_number(row['cycles'])} | {flash:,} | {int(size['arena']):,} | yes |"
            )
        for row in _of("others", model, "cortex-m4", "core"):
            lines.append(
                f"| {title} | {row['system']} | {_number(row['instructions'])} | {_number(row['cycles'])} | "
                f"{_number(row['flash'])} | {_number(row['ram'])} | {row['exact']} |"
            )
    return "\n".join(lines)


def cores() -> str:
    """Instructions on the other cores beside those of TFLite Micro with CMSIS-NN."""
    theirs = {
        (r["model"], r["core"]): int(r["instructions"])
        for r in _rows("others")
        if r["system"] == "TFLite Micro + CMSIS-NN"
    }
    lines = [
        "| core | model | tinygen, speed | tinygen, size | TFLite Micro + CMSIS-NN | ratio |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    rows = {
        (r["target"], r["model"], r["optimize"]): int(r["instructions"]) for r in _rows("cycles")
    }
    for core, model in sorted({key[:2] for key in rows}):
        speed, size = rows[core, model, "speed"], rows[core, model, "size"]
        other = theirs.get((model, core))
        ratio = f"{other / speed:.2f}" if other else ""
        lines.append(
            f"| {core} | {MODEL_NAMES.get(model, model)} | {speed:,} | {size:,} | "
            f"{_number(other)} | {ratio} |"
        )
    return "\n".join(lines)


def layers() -> str:
    """The Cortex-M4's layers, for speed."""
    lines = [
        "| model | layer | kernel | MACs | cycles | cycles per MAC |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for model, title in MODEL_NAMES.items():
        for row in _of("layers", model, "cortex-m4"):
            if row["optimize"] != "speed":
                continue
            macs, cycles = int(row["macs"]), int(row["cycles"] or 0)
            per_mac = f"{cycles / macs:.3f}" if macs else ""
            lines.append(
                f"| {title} | {row['layer']} | {row['kernel']} | {macs:,} | {cycles:,} | {per_mac} |"
            )
    return "\n".join(lines)


def predictions() -> str:
    """How well the cost tables foretell whole networks."""
    lines = [
        "| core | model | mode | measured | predicted | error |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    for row in _rows("cycles"):
        if not row["predicted"]:
            continue
        measured, predicted = int(row["cycles"] or row["instructions"]), int(row["predicted"])
        lines.append(
            f"| {row['target']} | {MODEL_NAMES.get(row['model'], row['model'])} | {row['optimize']} | "
            f"{measured:,} | {predicted:,} | {predicted / measured - 1:+.1%} |"
        )
    return "\n".join(lines)


def sources() -> str:
    """Where the figures of the other systems come from."""
    lines, last = [], ""
    for row in _rows("others"):
        source = last if row["source"] == "the same" else row["source"]
        line = f"- {row['system']}: {source}."
        if line not in lines:
            lines.append(line)
        last = source
    return "\n".join(lines)


def _of(name: str, model: str, core: str, column: str = "target") -> list[dict[str, str]]:
    return [r for r in _rows(name) if r["model"] == model and r[column] == core]


def _number(value: str | int | None) -> str:
    return f"{int(value):,}" if value else ""


BLOCKS = {
    "README.md": {"operators": operators, "figures": figures},
    "docs/performance.md": {
        "comparison": comparison,
        "cores": cores,
        "layers": layers,
        "predictions": predictions,
        "sources": sources,
    },
}


def updated(file: str, text: str) -> str:
    """The text with every block made anew."""
    for name, make in BLOCKS[file].items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
        if not pattern.search(text):
            raise SystemExit(f"{file} has no block '{name}'")
        text = pattern.sub(lambda m, make=make: m.group(1) + make() + "\n" + m.group(2), text)
    return text


def main() -> None:
    for file in BLOCKS:
        before = (ROOT / file).read_text()
        after = updated(file, before)
        if "--check" not in sys.argv[1:]:
            (ROOT / file).write_text(after)
        elif before != after:
            sys.exit(f"{file} is stale: run python scripts/update_docs.py")


if __name__ == "__main__":
    main()
