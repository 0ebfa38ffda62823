"""Measures every kernel on layers of many shapes and fits tinygen/costs/<core>.json to it.

    python benchmarks/fit_costs.py CORE [KERNEL ...]

With kernel names only those are measured again. A kernel's cycles (instructions on cores without a cycle model) are a
non-negative linear function of its counts, fitted to relative errors. Code is what the compiler makes of each C file.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

import layers
import numpy as np
from scipy.optimize import nnls

from tinygen import device, targets
from tinygen.emit import EmitOptions, emit
from tinygen.errors import TinygenError
from tinygen.ir import Graph
from tinygen.kernels import CATALOGUE, Kernel
from tinygen.kernels.counts import counts_of
from tinygen.kernels.sources import files_for
from tinygen.targets import Target

COSTS = Path(__file__).resolve().parent.parent / "tinygen" / "costs"

MOST_LAYERS = 30
"""Layers that a kernel of few terms is measured on."""

LAYERS_OF_TERM = 4
"""Layers for each term of a kernel with many: with fewer, loops that seldom run alone cannot be told apart."""

FEWEST_OF_TERM = 3
"""Layers that have a term: what is in none would cost nothing."""

LESS_SCRATCH = 256
"""Bytes of the buffers of kernels that can do with less, where every other layer is measured with them too."""

FEWEST_LAYERS = 4
"""With fewer there is no saying what the kernel costs elsewhere: benchmarks/layers.py wants more of its kind."""


def kernels_of(target: Target) -> list[Kernel]:
    """Every kernel that the core can run, once."""
    rows = [k for kernels in CATALOGUE.values() for k in kernels if k.needs <= target.features]
    return list({k.symbol: k for k in rows}.values())


def fitting_layers(kernel: Kernel, target: Target) -> list[Graph]:
    """Layers that the kernel takes, spread over all that there are; terms that none of these has get some more."""
    found = [g for g in layers.all_layers() if takes(kernel, g, target)]
    terms = [_terms(kernel, g, target) for g in found]
    all_terms = set().union(*terms)
    most = max(MOST_LAYERS, LAYERS_OF_TERM * len(all_terms))
    step = max(len(found) / most, 1.0)
    chosen = [int(i * step) for i in range(min(len(found), most))]
    for term in sorted(all_terms):
        having = [i for i, own in enumerate(terms) if term in own]
        missing = max(FEWEST_OF_TERM - len(set(having) & set(chosen)), 0)
        chosen += [i for i in having if i not in chosen][:missing]
    return [found[i] for i in chosen]


def _terms(kernel: Kernel, graph: Graph, target: Target) -> set[str]:
    (call,) = graph.calls()
    counts = counts_of(row_for(kernel, graph, target), call)
    return {term for term, count in counts.items() if count}


def takes(kernel: Kernel, graph: Graph, target: Target) -> bool:
    return row_for(kernel, graph, target) is not None


def row_for(kernel: Kernel, graph: Graph, target: Target) -> Kernel | None:
    """The first row of the kernel's C function that takes the layer: several rows may share a function."""
    (call,) = graph.calls()
    rows = [k for k in CATALOGUE.get(type(call.op), ()) if k.symbol == kernel.symbol]
    return next((k for k in rows if k.reason_against(call, target.features) is None), None)


def ways(kernel: Kernel, index: int) -> list[Kernel]:
    """How a kernel runs the layer with this index: with its buffers as they are, and with small ones."""
    if kernel.less_scratch is None or index % 2:
        return [kernel]
    return [kernel, kernel.less_scratch(LESS_SCRATCH)]


def cost(kernel: Kernel, graph: Graph, target: Target) -> int:
    """Cycles or instructions of the layer with this row of the catalogue, the call included."""
    options = EmitOptions(kernels=(("node", kernel.symbol),))
    size = sum(t.size for t in graph.input_tensors)
    x = np.random.default_rng(1).integers(-128, 128, size, np.int8)
    only = mock.patch.dict(CATALOGUE, {kernel.op: (kernel,)})
    with only, tempfile.TemporaryDirectory(prefix="tinygen-costs-") as scratch:
        folder = emit(graph, target, Path(scratch) / "model", name="model", options=options).folder
        return device.count_run(folder, "model", target, x)


def measured(kernel: Kernel, target: Target) -> Iterator[tuple[dict[str, float], int]]:
    """(counts, cost) of layers; those that have nothing to call are left out."""
    for index, graph in enumerate(fitting_layers(kernel, target)):
        (call,) = graph.calls()
        for way in ways(row_for(kernel, graph, target), index):
            try:
                found = cost(way, graph, target)
            except TinygenError as error:
                print(f"  {kernel.symbol}: {str(error)[:200]}", file=sys.stderr)
                continue
            if found > 0:
                yield dict(counts_of(way, call)), found


def fit(points: list[tuple[dict[str, float], int]]) -> tuple[dict[str, float], float]:
    """Terms, and the largest relative error of a prediction."""
    names = sorted({name for counts, _ in points for name in counts})
    table = np.array([[counts.get(name, 0.0) for name in names] for counts, _ in points])
    costs = np.array([found for _, found in points], float)
    relative = table / costs[:, None]
    scale = np.maximum(np.abs(relative).max(axis=0), 1e-12)
    solution, _ = nnls(relative / scale, np.ones(len(points)))
    terms = {n: float(f"{v:.5g}") for n, v in zip(names, solution / scale, strict=True) if v > 0}
    predicted = table @ np.array([terms.get(name, 0.0) for name in names])
    return terms, float(np.abs(predicted / costs - 1).max())


def code_bytes(target: Target) -> dict[str, int]:
    """Bytes of code and constants of every C file of the runtime that the core can compile."""
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="tinygen-code-") as scratch:
        for name, data in files_for(kernels_of(target)).items():
            (Path(scratch) / name).write_bytes(data)
        for file in sorted(Path(scratch).glob("*.c")):
            flags = ["-O2", "-std=c99", "-ffunction-sections", *target.compile_flags]
            subprocess.run([target.compiler, *flags, "-c", file.name], cwd=scratch, check=True)
            size = target.compiler.replace("gcc", "size")
            text = subprocess.run(
                [size, file.stem + ".o"], cwd=scratch, check=True, capture_output=True, text=True
            ).stdout
            found[file.name] = int(text.splitlines()[1].split()[0])
    return found


def fitted(
    target: Target, wanted: set[str]
) -> Iterator[tuple[str, tuple[dict[str, float], float] | None]]:
    """Symbols of kernels with their terms and errors; None for those that too few layers fit."""
    for kernel in kernels_of(target):
        if wanted and kernel.symbol not in wanted:
            continue
        points = list(measured(kernel, target))
        if len(points) < FEWEST_LAYERS:
            print(f"{kernel.symbol:44} {len(points)} layers fit: not recorded", file=sys.stderr)
            yield kernel.symbol, None
            continue
        terms, error = fit(points)
        print(f"{kernel.symbol:44} {len(points):3} layers, error {error:6.1%}", file=sys.stderr)
        yield kernel.symbol, (terms, error)


def merge(
    table: dict, target: Target, found: Mapping[str, tuple[dict[str, float], float] | None]
) -> dict:
    """The table with new rows, without those of kernels that are gone."""
    existing = {k.symbol for k in kernels_of(target)}
    terms, errors = dict(table.get("terms", {})), dict(table.get("errors", {}))
    for symbol, row in found.items():
        terms.pop(symbol, None)
        errors.pop(symbol, None)
        if row is not None:
            terms[symbol], errors[symbol] = row[0], round(row[1], 3)
    return {
        "unit": "cycles" if target.cycle_model else "instructions",
        "terms": {symbol: terms[symbol] for symbol in sorted(terms) if symbol in existing},
        "errors": {symbol: errors[symbol] for symbol in sorted(errors) if symbol in existing},
    }


def main(arguments: list[str]) -> int:
    core, wanted = arguments[0], set(arguments[1:])
    target = targets.load(core)
    path = COSTS / f"{core}.json"
    found = dict(fitted(target, wanted))
    code = code_bytes(target)
    # read after measuring: another run may have written its rows
    table = json.loads(path.read_text()) if path.exists() else {}
    table = merge(table, target, found) | {"code_bytes": code}
    path.write_text(json.dumps(table, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
