"""What is in a model file, and what the optimizer would do with it."""

import dataclasses
from pathlib import Path

from tinygen import importers, passes
from tinygen.ir import Call, verify


def inspect(path: Path) -> dict[str, object]:
    """Plain data: layers, MACs, weights, and the effect of every pass. Raises what importers.load raises."""
    findings = importers.survey(path)
    if findings:
        return _unsupported(path, findings)
    graph = verify(importers.load(path))
    optimize = passes.optimize_integer if graph.is_quantized else passes.optimize_float
    _, reports = optimize(graph)
    layers = [_layer(call) for call in graph.calls()]
    return {
        "name": graph.name,
        "format": path.suffix.lstrip(".") or "SavedModel",
        "unsupported": [],
        "quantized": graph.is_quantized,
        "inputs": {t.name: t.describe() for t in graph.input_tensors},
        "outputs": {t.name: t.describe() for t in graph.output_tensors},
        "macs": graph.macs,
        "weights": sum(layer["weights"] for layer in layers),
        "layers": layers,
        "passes": [
            {"name": r.name, "summary": _effect(r), **dataclasses.asdict(r)}
            for r in reports
            if r.changed
        ],
    }


def _unsupported(path: Path, findings: tuple[importers.Finding, ...]) -> dict[str, object]:
    return {
        "name": path.stem,
        "format": path.suffix.lstrip(".") or "SavedModel",
        "unsupported": [dataclasses.asdict(f) for f in findings],
    }


def _effect(report: passes.PassReport) -> str:
    changes = (
        ("layers", report.nodes_before, report.nodes_after),
        ("MACs", report.macs_before, report.macs_after),
        ("weights", report.weights_before, report.weights_after),
    )
    return ", ".join(f"{what} {a:,} -> {b:,}" for what, a, b in changes if a != b)


def _layer(call: Call) -> dict[str, object]:
    return {
        "name": call.node.name,
        "operator": call.op.label(),
        "output": "x".join(map(str, call.output.shape[1:])),
        "dtype": call.output.dtype.value,
        "macs": call.op.macs(call),
        "weights": call.inputs[1].size
        if len(call.inputs) > 1 and call.inputs[1].is_constant
        else 0,
    }
