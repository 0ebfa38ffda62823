"""Execute generated folders on the real instruction sets under QEMU, and measure them.

Counts are exact and repeatable: instructions come from QEMU's instruction counter, cycles from the
documented model of docs/cycle-model.md, sizes from the linked image.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from tinygen.device import measurement, qemu
from tinygen.device.block import Block, block_of, block_of_manifest
from tinygen.device.image import Image, ImageTooLargeError, Model, Program, build
from tinygen.device.measurement import LayerCost, Measurement
from tinygen.device.sections import FlashUse, RamUse
from tinygen.errors import BudgetError, UsageError, VerificationError
from tinygen.targets import Target

__all__ = [
    "Block",
    "FlashUse",
    "LayerCost",
    "Measurement",
    "RamUse",
    "average_run",
    "block_of",
    "block_of_manifest",
    "count_run",
    "measure",
    "ram_of_all",
    "run_on_qemu",
    "selftest_on_qemu",
    "trace_on_qemu",
]

Result = TypeVar("Result")


def run_on_qemu(
    folder: Path,
    name: str,
    target: Target,
    inputs: np.ndarray,
    output_bytes: int,
    *,
    optimize: str = "O2",
    buffer_alignment: int = 1,
    timeout_s: float = 300,
) -> np.ndarray:
    """Run every input vector on the target's QEMU machine; return the outputs.

    inputs: int8 [samples, input bytes]; result: int8 [samples, output_bytes]; several inputs or outputs as a Block
    has them. The buffers take all
    addresses modulo 4 in turn that are multiples of `buffer_alignment` (1, 2 or 4).
    Raises VerificationError when the firmware faults, writes outside its output or to its input,
    or does not finish; ToolMissingError, UsageError (target without a machine), BudgetError.
    """
    samples = np.ascontiguousarray(inputs, dtype=np.int8)
    program = Program(
        name="verify",
        optimize=optimize,
        defines=(f"-DTINYGEN_ALIGNMENT_STEP={buffer_alignment % 4}",),
    )

    def execute(image: Image, files: Path) -> np.ndarray:
        (files / "inputs.bin").write_bytes(samples.tobytes())
        qemu.run(image, files, timeout_s=timeout_s)
        return np.fromfile(files / "outputs.bin", dtype=np.int8)

    outputs = on_first_board(Model(folder=Path(folder), name=name), target, program, execute)
    if outputs.size != len(samples) * output_bytes:
        raise VerificationError(
            what=f"the firmware wrote {outputs.size} output bytes for {len(samples)} samples, "
            f"not {len(samples) * output_bytes}",
            where=f"{name} on {target.name}",
            next_step="compare the sizes of the inputs with the macros in the model's header",
        )
    return outputs.reshape(len(samples), output_bytes)


def trace_on_qemu(
    folder: Path, name: str, target: Target, one_input: np.ndarray, *, optimize: str = "O2"
) -> list[bytes]:
    """Run one input vector and return the output bytes of every layer, in order of execution.

    Raises what run_on_qemu raises.
    """

    def execute(image: Image, files: Path) -> list[bytes]:
        (files / "inputs.bin").write_bytes(np.asarray(one_input, dtype=np.int8).tobytes())
        qemu.run(image, files)
        return _split_layers((files / "layers.bin").read_bytes())

    program = Program(name="trace", optimize=optimize)
    return on_first_board(Model(folder=Path(folder), name=name), target, program, execute)


def selftest_on_qemu(folder: Path, name: str, target: Target, *, optimize: str = "O2") -> int:
    """Run the folder's golden vectors; 0 means bit exact. Raises what run_on_qemu raises."""

    def execute(image: Image, files: Path) -> int:
        qemu.run(image, files)
        key, value = (files / "report.txt").read_text().split()
        return int(value, 16) if key == "selftest" else -1

    program = Program(name="selftest", optimize=optimize)
    return on_first_board(Model(folder=Path(folder), name=name), target, program, execute)


def measure(
    folder: Path,
    name: str,
    target: Target,
    one_input: np.ndarray,
    *,
    layers: bool = False,
    cycles: bool = False,
    optimize: str = "O2",
) -> Measurement:
    """Measure one run: instructions, stack, flash and RAM; by layer and in cycles on request.

    Cycles stay None, with a note, where there is no cycle model. Raises what run_on_qemu raises.
    """
    model = Model(folder=Path(folder), name=name)
    data = np.asarray(one_input, dtype=np.int8).tobytes()

    def execute(image: Image, files: Path) -> Measurement:
        (files / "inputs.bin").write_bytes(data)
        cycle_model, note = measurement.cycle_model_of(target, cycles)
        whole = measurement.measure_whole(image, files, cycle_model)
        costs: tuple[LayerCost, ...] = ()
        if layers:
            program = Program(name="layers", optimize=optimize)
            hooked = build(model, target, image.board, program, files.parent / "layers")
            costs = measurement.measure_layers(hooked, files, cycle_model)
        flash, ram = measurement.footprint(model, target, image.board, optimize, whole.report)
        return Measurement(
            target=target.name,
            machine=image.board.machine,
            **measurement.versions(target, image.board),
            compiler_flags=image.model_flags,
            instructions=measurement.instructions_of_report(image.board, whole.report),
            cycles=whole.cycles,
            cycles_note=note,
            layers=costs,
            stack_bytes=whole.report["stack_bytes"],
            flash=flash,
            ram=ram,
        )

    return on_first_board(model, target, Program(name="measure", optimize=optimize), execute)


def ram_of_all(folder: Path, name: str, target: Target, *, optimize: str = "O2") -> RamUse:
    """Static RAM of all models of a folder of several, whose self-test `name` is run too.

    Raises what run_on_qemu raises, and VerificationError where the self-test finds a wrong byte.
    """
    model = Model(folder=Path(folder), name=name)

    def execute(image: Image, files: Path) -> RamUse:
        qemu.run(image, files)
        if measurement.read_report(files / "report.txt")["selftest"] != 0:
            raise VerificationError(
                what="the self-test of the models found a wrong byte",
                where=f"{name} on {target.name}",
            )
        return measurement.ram_of_all(model, target, image.board, optimize)

    return on_first_board(model, target, Program(name="selftest", optimize=optimize), execute)


def count_run(
    folder: Path,
    name: str,
    target: Target,
    one_input: np.ndarray,
    *,
    optimize: str = "O2",
    compiler: tuple[str, ...] = (),
) -> int:
    """Modelled cycles of one run; executed instructions where the core has no cycle model.

    For fitting costs and comparing compilers (a command with the flags for the core, the target's unless given):
    measure() says more, but takes three times as long. Raises what run_on_qemu raises.
    """
    cycle_model, _ = measurement.cycle_model_of(target, wanted=True)

    def execute(image: Image, files: Path) -> int:
        (files / "inputs.bin").write_bytes(np.asarray(one_input, dtype=np.int8).tobytes())
        if cycle_model is not None:
            return measurement.cycles_of_run(image, files, cycle_model)
        qemu.run(image, files)
        report = measurement.read_report(files / "report.txt")
        return measurement.instructions_of_report(image.board, report)

    program = Program(name="measure", optimize=optimize, compiler=compiler)
    return on_first_board(Model(folder=Path(folder), name=name), target, program, execute)


def average_run(
    folder: Path, name: str, target: Target, inputs: np.ndarray, *, optimize: str = "O2"
) -> tuple[float, np.ndarray]:
    """Executed instructions of a run beyond those of an empty function, averaged over all inputs; and all outputs.

    inputs: [samples, ...] of the model's input type; the outputs are int8 [samples, output bytes]. The total must stay
    below 2^32 ticks of the board's timer. Raises what run_on_qemu raises.
    """
    rows = np.ascontiguousarray(inputs)

    def execute(image: Image, files: Path) -> tuple[float, np.ndarray]:
        (files / "inputs.bin").write_bytes(rows.tobytes())
        qemu.run(image, files)
        report = measurement.read_report(files / "report.txt")
        ticks = report["model_fine_ticks"] - report["empty_fine_ticks"]
        outputs = np.fromfile(files / "outputs.bin", dtype=np.int8).reshape(len(rows), -1)
        return measurement.instructions_of_ticks(image.board, ticks) / len(rows), outputs

    model = Model(folder=Path(folder), name=name)
    return on_first_board(model, target, Program(name="average", optimize=optimize), execute)


def on_first_board(
    model: Model, target: Target, program: Program, execute: Callable[[Image, Path], Result]
) -> Result:
    """Build for the target's boards in order until image and stack fit; return execute's result.

    `execute` gets the image and a directory for the files that the firmware reads and writes.
    """
    if not target.qemu:
        raise UsageError(
            what=f"target {target.name} has no QEMU machine",
            next_step="choose a core or board whose 'tinygen targets' line names a machine",
        )
    last_error: VerificationError | BudgetError
    for board in target.qemu:
        with tempfile.TemporaryDirectory(prefix="tinygen-device-") as scratch:
            try:
                image = build(model, target, board, program, Path(scratch))
                files = Path(scratch) / "files"
                files.mkdir()
                return execute(image, files)
            except (ImageTooLargeError, qemu.StackOverflowError) as error:
                last_error = error
    raise last_error


def _split_layers(data: bytes) -> list[bytes]:
    layers = []
    while data:
        size = int.from_bytes(data[4:8], "little")
        layers.append(data[8 : 8 + size])
        data = data[8 + size :]
    return layers
