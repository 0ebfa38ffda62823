"""Rewrites the generated blocks of README.md: the support table and the measured figures.

    python scripts/update_docs.py [--check]

A block stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. With --check nothing is written, and the exit
code is 1 when a block is stale.
"""

import csv
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"


def operators() -> str:
    """Operators, where they can be read from, and their kernels."""
    from tinygen.kernels import CATALOGUE
    from tinygen.ops import REGISTRY

    rows = ["| operator | portable C | Arm DSP |", "| --- | --- | --- |"]
    for name, operator in REGISTRY.items():
        kernels = CATALOGUE.get(operator, ())
        families = [any(bool(k.needs) == dsp for k in kernels) for dsp in (False, True)]
        cells = ["yes" if families[0] else "folded away", "yes" if families[1] else ""]
        rows.append(f"| {name} | {cells[0]} | {cells[1]} |")
    return "\n".join(rows)


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
    with (ROOT / "benchmarks" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


BLOCKS = {"operators": operators, "figures": figures}


def updated(text: str) -> str:
    """The text with every block made anew."""
    for name, make in BLOCKS.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
        if not pattern.search(text):
            raise SystemExit(f"README.md has no block '{name}'")
        text = pattern.sub(lambda m, make=make: m.group(1) + make() + "\n" + m.group(2), text)
    return text


def main() -> None:
    before = README.read_text()
    after = updated(before)
    if "--check" in sys.argv[1:]:
        sys.exit("README.md is stale: run python scripts/update_docs.py" if before != after else 0)
    README.write_text(after)


if __name__ == "__main__":
    main()
