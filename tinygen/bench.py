"""What a model costs on a target: instructions, cycles, time, energy, flash, RAM, stack."""

import dataclasses
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinygen import device, samples, targets
from tinygen.device import Measurement, RamUse
from tinygen.emit import EmitOptions, emit
from tinygen.emit.manifest import FILE_NAME, GENERATOR
from tinygen.emit.memory import PlannedRam
from tinygen.errors import UsageError
from tinygen.ir import Graph
from tinygen.targets import Target


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A measurement with layer names, and what follows from a board's published clock and current.

    `planned` is the RAM that the generator planned, `measurement.ram` what the image has. `predicted` is what the cost
    tables said before (tinygen/costs), in cycles or instructions; None if they could not.
    """

    measurement: Measurement
    layer_names: tuple[str, ...]
    macs: int
    layer_macs: tuple[int, ...]
    layer_kernels: tuple[str, ...]
    predicted: float | None
    planned: PlannedRam
    milliseconds: float | None
    microjoules: float | None
    current_source: str | None

    @property
    def ram_bytes(self) -> int:
        """All RAM that the model costs: what the image has, the caller's buffers, the stack."""
        return self.measurement.ram.total_bytes + self.measurement.stack_bytes

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
            "planned_ram": self.planned.as_dict(),
            "ram_bytes": self.ram_bytes,
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
    """Measure a generated folder of one model.

    One run on the same input each time: random bytes of a fixed seed.
    """
    manifest = read_manifest(folder)
    _check_core(folder, manifest, target)
    if "models" in manifest:
        raise UsageError(what="this is a folder of several models", where=str(folder))
    return _bench_model(folder, manifest, target, layers=layers)


@dataclass(frozen=True, kw_only=True)
class SetBenchmark:
    """The models of a folder, each by itself, and the RAM of all in one image, as `planned` and as `ram` measured.

    One model runs at a time, so that the deepest stack counts. In an image with a shared arena all of it is there,
    whichever of the models is called.
    """

    name: str
    target: str
    shared_arena: bool
    models: tuple[tuple[str, Benchmark], ...]
    planned: PlannedRam
    ram: RamUse

    @property
    def stack_bytes(self) -> int:
        return max(b.measurement.stack_bytes for _, b in self.models)

    @property
    def ram_bytes(self) -> int:
        """What the image has, the caller's buffers, the stack."""
        return self.ram.total_bytes + self.stack_bytes

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "target": self.target,
            "shared_arena": self.shared_arena,
            "models": [{"name": name} | b.as_dict() for name, b in self.models],
            "planned_ram": self.planned.as_dict(),
            "ram": dataclasses.asdict(self.ram) | {"total_bytes": self.ram.total_bytes},
            "stack_bytes": self.stack_bytes,
            "ram_bytes": self.ram_bytes,
        }


def bench_set(folder: Path, target: Target, *, layers: bool = False) -> SetBenchmark:
    """Measure a generated folder of several models; their common self-test is run too."""
    manifest = read_manifest(folder)
    _check_core(folder, manifest, target)
    models = tuple(
        (model["name"], _bench_model(folder, model, target, layers=layers))
        for model in manifest["models"]
    )
    planned = _planned(manifest)
    io_bytes = planned.input_bytes + planned.output_bytes
    measured = device.ram_of_all(folder, manifest["name"], target)
    return SetBenchmark(
        name=manifest["name"],
        target=target.name,
        shared_arena=manifest["shared_arena"],
        models=models,
        planned=planned,
        ram=dataclasses.replace(measured, io_bytes=io_bytes),
    )


def is_set(folder: Path) -> bool:
    """Whether a generated folder has several models."""
    return "models" in read_manifest(folder)


def _planned(manifest: dict) -> PlannedRam:
    fields = (f.name for f in dataclasses.fields(PlannedRam))
    return PlannedRam(**{name: manifest["memory"][name] for name in fields})


def _bench_model(folder: Path, manifest: dict, target: Target, *, layers: bool) -> Benchmark:
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
        planned=_planned(manifest),
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
    """Random bytes for all inputs of a run."""
    size = device.block_of_manifest(manifest["inputs"]).bytes
    return np.random.default_rng(samples.SEED).integers(-128, 128, size, np.int8)


def _seconds(measurement: Measurement, target: Target) -> float | None:
    if measurement.cycles is None or target.clock_hz is None:
        return None
    return measurement.cycles / target.clock_hz
