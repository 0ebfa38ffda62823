"""What one run of a model costs on a target: instructions, cycles, stack, flash, RAM."""

import dataclasses
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygen.device import plugin, qemu, sections, tools
from tinygen.device.image import Image, Model, Program, build
from tinygen.errors import VerificationError
from tinygen.targets import QemuBoard, Target

COARSE_TICKS = {
    "fpgaio": lambda timer: 10**10 // timer.tick_ps,  # a counter of 100 Hz
    "nrf51": lambda timer: 512,
    "minstret": lambda timer: 2**32,
}
"""How many fine ticks one coarse tick takes, per kind of timer."""

_CALIBRATION = -2
_AFTER_LAST_LAYER = -3


@dataclass(frozen=True, kw_only=True)
class LayerCost:
    """Cost of the layer with this index in the generated code. `cycles` is None if unmodelled."""

    index: int
    instructions: int
    cycles: int | None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Cost of one run on one target. All figures are exact repeats of each other, run after run.

    `instructions` and `cycles` are what a call of the model executes beyond a call of an empty
    function. `layers` is empty unless asked for; the layers' sum may differ from the total by the
    few instructions around them. `stack_bytes` reaches from the caller's stack pointer to the
    deepest word written. `cycles` is None where they were not asked for or cannot be had;
    `cycles_note` says why.
    """

    target: str
    machine: str
    emulator_version: str
    compiler_version: str
    compiler_flags: tuple[str, ...]
    instructions: int
    cycles: int | None
    cycles_note: str | None
    layers: tuple[LayerCost, ...]
    stack_bytes: int
    flash: sections.FlashUse
    ram: sections.RamUse

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, totals included."""
        entry = dataclasses.asdict(self)
        entry["flash"]["total_bytes"] = self.flash.total_bytes
        entry["ram"]["total_bytes"] = self.ram.total_bytes
        return entry


@dataclass(frozen=True, kw_only=True)
class _WholeRun:
    report: dict[str, int]
    cycles: int | None


def instructions_of_ticks(
    board: QemuBoard, fine_ticks: int, coarse_ticks: int | None = None
) -> int:
    """Executed instructions from timer ticks.

    An instruction takes 2**icount_shift ns. The fine counter has 32 bits; the coarse one, when
    given, tells how often it wrapped.
    """
    if coarse_ticks is not None:
        expected = coarse_ticks * COARSE_TICKS[board.timer.kind](board.timer)
        fine_ticks += 2**32 * max(0, round((expected - fine_ticks) / 2**32))
    instruction_ps = 1000 << board.icount_shift
    return (fine_ticks * board.timer.tick_ps + instruction_ps // 2) // instruction_ps


def measure_whole(image: Image, files: Path, cycle_model: str | None) -> _WholeRun:
    """Run the `measure` program; cycles are None without a cycle model."""
    cycles = None if cycle_model is None else cycles_of_run(image, files, cycle_model)
    qemu.run(image, files)
    return _WholeRun(report=read_report(files / "report.txt"), cycles=cycles)


def cycles_of_run(image: Image, files: Path, cycle_model: str) -> int:
    """Modelled cycles of the model alone, by the `measure` program."""
    empty, model = _regions(image, files, cycle_model)[:2]
    return model - empty


def read_report(path: Path) -> dict[str, int]:
    """What the firmware wrote, by key."""
    return dict(_read_report(path))


def instructions_of_report(board: QemuBoard, report: dict[str, int]) -> int:
    """Instructions of the model alone, from the report of the `measure` program."""
    model = instructions_of_ticks(board, report["model_fine_ticks"], report["model_coarse_ticks"])
    return model - instructions_of_ticks(board, report["empty_fine_ticks"])


def measure_layers(image: Image, files: Path, cycle_model: str | None) -> tuple[LayerCost, ...]:
    """Run the `layers` program: cost per layer index, without the hook itself."""
    cycles: list[int | None] = []
    if cycle_model is not None:
        cycles = list(_regions(image, files, cycle_model))
    qemu.run(image, files)
    values = [value for _, value in _read_report(files / "report.txt")]
    indices = [value - 2**32 if value >= 2**31 else value for value in values[0::2]]
    instructions = [instructions_of_ticks(image.board, ticks) for ticks in values[1::2]]
    # The first record has no begin; the cycle model opens its first region where it ends.
    known_cycles = cycles or [None] * len(indices)
    records = list(zip(indices[1:], instructions[1:], known_cycles, strict=False))
    return _layers_of_records(records)


def _layers_of_records(records: list[tuple[int, int, int | None]]) -> tuple[LayerCost, ...]:
    (kind, hook_instructions, hook_cycles), *rest = records
    if kind != _CALIBRATION:
        raise VerificationError(what="the layer measurement did not start with its calibration")
    instructions: dict[int, int] = {}
    cycles: dict[int, int] = {}
    for index, layer_instructions, layer_cycles in rest:
        if index == _AFTER_LAST_LAYER:
            break
        instructions[index] = instructions.get(index, 0) + layer_instructions - hook_instructions
        if layer_cycles is not None and hook_cycles is not None:
            cycles[index] = cycles.get(index, 0) + layer_cycles - hook_cycles
    return tuple(
        LayerCost(index=index, instructions=instructions[index], cycles=cycles.get(index))
        for index in sorted(instructions)
    )


def _regions(image: Image, files: Path, cycle_model: str) -> list[int]:
    result = files / "cycles.txt"
    result.unlink(missing_ok=True)
    qemu.run(image, files, plugin=plugin.argument(cycle_model, result.name))
    return [int(cycles) for cycles in re.findall(r"cycles=(\d+)", result.read_text())]


def _read_report(path: Path) -> list[tuple[str, int]]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return [(key, int(value, 16)) for key, value in pairs]


def cycle_model_of(target: Target, wanted: bool) -> tuple[str | None, str | None]:
    """The cycle model to use, or None with a note for the reader that says why there is none."""
    if not wanted:
        return None, "not asked for"
    if target.cycle_model is None:
        return None, f"there is no cycle model for {target.core}"
    obstacle = plugin.obstacle(target.qemu[0].emulator)
    return (None, obstacle) if obstacle else (target.cycle_model, None)


def footprint(
    model: Model, target: Target, board: QemuBoard, optimize: str, report: dict[str, int]
) -> tuple[sections.FlashUse, sections.RamUse]:
    """Flash and RAM from linked images with and without the model."""
    with tempfile.TemporaryDirectory(prefix="tinygen-footprint-") as scratch:
        program = Program(name="footprint", optimize=optimize)
        image = build(model, target, board, program, Path(scratch) / "model")
        empty = build(None, target, board, Program(name="empty"), Path(scratch) / "empty")
        flash = sections.flash_use(image.link_map, empty.link_map, model.name)
        io_bytes = report["input_bytes"] + report["output_bytes"]
        ram = sections.ram_use(image.link_map, empty.link_map, io_bytes)
    return flash, ram


def ram_of_all(model: Model, target: Target, board: QemuBoard, optimize: str) -> sections.RamUse:
    """Static RAM of all models of a folder, from the image of the self-test that calls them all."""
    with tempfile.TemporaryDirectory(prefix="tinygen-footprint-") as scratch:
        program = Program(name="selftest", optimize=optimize)
        image = build(model, target, board, program, Path(scratch) / "model")
        empty = build(None, target, board, Program(name="empty"), Path(scratch) / "empty")
        return sections.ram_use(image.link_map, empty.link_map, io_bytes=0)


def versions(target: Target, board: QemuBoard) -> dict[str, str]:
    """The tools behind the figures."""
    return {
        "emulator_version": tools.version(board.emulator),
        "compiler_version": tools.version(target.compiler),
    }
