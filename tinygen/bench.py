"""What a model costs on a target: instructions, cycles, time, energy, flash, RAM, stack."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinygen import device, samples, targets
from tinygen.device import Measurement
from tinygen.emit import EmitOptions, emit
from tinygen.emit.manifest import FILE_NAME, GENERATOR
from tinygen.errors import UsageError
from tinygen.ir import Graph
from tinygen.targets import Target


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A measurement with layer names, and what follows from a board's published clock and current.

    `predicted` is what the cost tables said before (tinygen/costs), in cycles or instructions; None if they could not.
    """

    measurement: Measurement
    layer_names: tuple[str, ...]
    macs: int
    layer_macs: tuple[int, ...]
    layer_kernels: tuple[str, ...]
    predicted: float | None
    milliseconds: float | None
    microjoules: float | None
    current_source: str | None

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        entry = self.measurement.as_dict()
        for layer, name, macs, kernel in zip(
            entry["layers"], self.layer_names, self.layer_macs, self.layer_kernels, strict=False
        ):
            layer |= {"name": name, "macs": macs, "kernel": kernel}
        return entry | {
            "macs": self.macs,
            "predicted": self.predicted,
            "milliseconds": self.milliseconds,
            "microjoules": self.microjoules,
            "current_source": self.current_source,
        }


def bench_graph(
    graph: Graph, target: Target, *, layers: bool = False, options: EmitOptions = EmitOptions()
) -> Benchmark:
    """Emit an integer graph into a temporary folder and measure it there."""
    with tempfile.TemporaryDirectory(prefix="tinygen-bench-") as scratch:
        emission = emit(graph, target, Path(scratch) / "model", name="model", options=options)
        return bench_folder(emission.folder, target, layers=layers)


def bench_folder(folder: Path, target: Target, *, layers: bool = False) -> Benchmark:
    """Measure a generated folder. One run on the same input each time: random bytes of a fixed seed."""
    manifest = read_manifest(folder)
    _check_entry_point(folder, manifest)
    _check_core(folder, manifest, target)
    measurement = device.measure(
        folder,
        manifest["name"],
        target,
        _input(manifest),
        layers=layers,
        cycles=True,
    )
    ran = manifest["calls"]
    seconds = _seconds(measurement, target)
    current = target.active_current
    return Benchmark(
        measurement=measurement,
        layer_names=tuple(_name(call["layers"]) for call in ran),
        layer_macs=tuple(layer["macs"] for layer in ran),
        layer_kernels=tuple(" ".join(call["kernels"]) for call in ran),
        predicted=manifest.get("predicted"),
        macs=manifest["macs"],
        milliseconds=None if seconds is None else seconds * 1e3,
        microjoules=None if seconds is None or current is None else seconds * current.watts * 1e6,
        current_source=current.source if current else None,
    )


def _name(layers: list[str]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[0]} .. {layers[-1]} (rows)"


def read_manifest(folder: Path) -> dict:
    """The manifest of a generated folder. Raises UsageError when the folder is not ours."""
    try:
        manifest = json.loads((folder / FILE_NAME).read_text())
        known = manifest["generator"] == GENERATOR
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise UsageError(
            what="this folder was not written by tinygen",
            where=str(folder),
            next_step="give a model file, or a folder that `tinygen emit` wrote",
        )
    return manifest


def _check_entry_point(folder: Path, manifest: dict) -> None:
    """The measuring firmware calls NAME_run(input, output): one of each, memory inside of the model."""
    options = manifest["options"]
    usual = options["arena"] == "static" and options["input"] == "caller"
    if not usual or len(manifest["inputs"]) != 1 or len(manifest["outputs"]) != 1:
        raise UsageError(
            what="only folders with the entry point NAME_run(input, output) can be measured",
            where=str(folder),
            next_step="emit it without --arena and --input, or bench the model file; "
            "models with several inputs or outputs cannot be measured yet",
        )


def _check_core(folder: Path, manifest: dict, target: Target) -> None:
    """Kernels are chosen for a core: another one may not even compile them."""
    core = targets.load(manifest["target"]).core
    if core != target.core:
        raise UsageError(
            what=f"the folder was emitted for {core}, not for {target.core}",
            where=str(folder),
            next_step=f"bench it with --target {manifest['target']}, or bench the model file",
        )


def _input(manifest: dict) -> np.ndarray:
    size = sum(
        int(np.prod(port["shape"])) * np.dtype(port["type"]).itemsize for port in manifest["inputs"]
    )
    return np.random.default_rng(samples.SEED).integers(-128, 128, size, np.int8)


def _seconds(measurement: Measurement, target: Target) -> float | None:
    if measurement.cycles is None or target.clock_hz is None:
        return None
    return measurement.cycles / target.clock_hz
