"""Compares benchmarks/classical.csv with what other tools make of the same models; exits with 1 where they are ahead.

    python benchmarks/compare_classical.py [--dataset NAME]... [--least-agreement 97] [--largest-error 0.05] [--all]

classical_others.csv has the other tools' figures on the same work, measured in the same way: features as each tool
takes them, without the scaler, which is in our figures. Of every tool the best of its variants counts, but only those
that compute about the same function: with `--least-agreement` per cent of scikit-learn's answers, or errors of
regressors below `--largest-error` standard deviations. Variants below that, and better in something, are listed.
Flash is the smallest that a tool can do (ours over all modes, so mostly with `--optimize least`, theirs over -O2 and
-Os), and instructions are the fewest: not in the same build, neither theirs nor ours. We are behind where another has
fewer instructions, less flash, or a better agreement; errors of regressors below 0.005 are as good as none.
"""

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OURS = HERE / "classical.csv"
OTHERS = HERE / "classical_others.csv"
TARGETS = {"cortex-m4": "m4", "cortex-m0": "m0"}
SMALL_ERROR = 0.005
"""Of the standard deviation of a regressor's targets."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a tool makes of a model on a core; None: not measured, or no such figure."""

    tool: str
    instructions: float | None
    flash: float | None
    agreement: float | None
    error: float | None

    def is_fair(self, least_agreement: float, largest_error: float) -> bool:
        """True if it computes about the same function."""
        if self.agreement is not None:
            return self.agreement >= least_agreement
        return self.error is not None and self.error <= largest_error


def number(text: str | None) -> float | None:
    return float(text) if text else None


def least(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return min(known) if known else None


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def ours(rows: list[dict[str, str]], dataset: str, model: str, target: str) -> Figures | None:
    """The best of all modes: they are the same function."""
    place = (dataset, model, target)
    found = [r for r in rows if (r["dataset"], r["model"], r["target"]) == place]
    if not found:
        return None
    error = number(found[0]["error"])
    return Figures(
        tool="tinygen",
        instructions=least([number(r["instructions"]) for r in found]),
        flash=least([number(r["flash"]) for r in found]),
        agreement=None if error is not None else min(float(r["agreement"]) for r in found),
        error=error,
    )


def others(rows: list[dict[str, str]], dataset: str, model: str, target: str) -> list[Figures]:
    core = TARGETS[target]
    return [
        Figures(
            tool=r["tool"],
            instructions=number(r[f"{core}_instructions"]),
            flash=least([number(r[f"{core}_flash"]), number(r.get(f"{core}_flash_small"))]),
            agreement=number(r["agreement"]),
            error=number(r["error"]),
        )
        for r in rows
        if (r["dataset"], r["model"]) == (dataset, model)
    ]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A metric of a model on a core: our figure, the best other, and whether that is ahead."""

    metric: str
    own: float | None
    best: float | None
    tool: str
    unfair: tuple[str, ...] = ()

    @property
    def is_behind(self) -> bool:
        if self.best is None:
            return False
        if self.own is None:
            return True
        if self.metric == "agreement":
            return self.own < self.best
        if self.metric == "error":
            return self.own > max(self.best, SMALL_ERROR)
        return self.own > self.best

    def __str__(self) -> str:
        if self.best is None:
            factor = "no other tool"
        elif self.own is None:
            factor = "NOT MEASURED"
        else:
            factor = f"x {self.best / self.own:.1f}" if self.own and self.metric in COSTS else ""
        own = (
            "-" if self.own is None else f"{self.own:,.5g}" if self.own < 1 else f"{self.own:,.1f}"
        )
        best = (
            ""
            if self.best is None
            else f"{self.best:,.5g}"
            if self.best < 1
            else f"{self.best:,.1f}"
        )
        mark = "BEHIND" if self.is_behind else ""
        return f"{self.metric:13} {own:>13} {best:>13} {factor:>13}  {self.tool:28} {mark}"


COSTS = ("instructions", "flash")


def lines(mine: Figures | None, found: list[Figures], limits: tuple[float, float]) -> list[Line]:
    """One line for each metric."""
    fair = [f for f in found if f.is_fair(*limits)]
    result = []
    for metric in ("instructions", "flash", "agreement", "error"):
        own = getattr(mine, metric) if mine else None
        sign = -1 if metric == "agreement" else 1
        known = [f for f in fair if getattr(f, metric) is not None]
        if not known and (own is None or metric not in COSTS):
            continue
        best = min(known, key=lambda f: sign * getattr(f, metric), default=None)
        better = [
            f"{f.tool} ({quality(f)})"
            for f in found
            if f not in fair and own is not None and getattr(f, metric) is not None
            and metric in COSTS and getattr(f, metric) < own
        ]  # fmt: skip
        result.append(
            Line(
                metric=metric,
                own=own,
                best=getattr(best, metric) if best else None,
                tool=best.tool if best else "",
                unfair=tuple(better),
            )
        )
    return result


def quality(figures: Figures) -> str:
    if figures.agreement is not None:
        return f"{figures.agreement:g} % agreement"
    return f"error {figures.error:g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", action="append")
    parser.add_argument("--least-agreement", type=float, default=97.0)
    parser.add_argument("--largest-error", type=float, default=0.05)
    parser.add_argument("--all", action="store_true", help="lines in which nobody is ahead too")
    arguments = parser.parse_args()
    limits = (arguments.least_agreement, arguments.largest_error)
    own_rows, other_rows = read(OURS), read(OTHERS)
    places = dict.fromkeys((r["dataset"], r["model"]) for r in other_rows)
    behind = count = 0
    for dataset, model in places:
        if arguments.dataset and dataset not in arguments.dataset:
            continue
        for target in TARGETS:
            mine = ours(own_rows, dataset, model, target)
            found = lines(mine, others(other_rows, dataset, model, target), limits)
            count += len(found)
            behind += sum(line.is_behind for line in found)
            for line in found:
                if arguments.all or line.is_behind or line.unfair:
                    print(f"{dataset:14} {model:7} {target:10} {line}")
                for text in line.unfair:
                    print(f"{'':34}less, but of another function: {text}")
    print(f"{count} figures compared, behind in {behind}")
    sys.exit(1 if behind else 0)


if __name__ == "__main__":
    main()
