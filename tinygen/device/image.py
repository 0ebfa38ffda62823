"""Firmware images: compile a generated folder with a firmware program and link it for a board.

Objects of unchanged sources are kept for the life of the process. Nothing in an image depends on
where the folder lies: sources are compiled by their relative paths and without debug information.
"""

import atexit
import functools
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tinygen.device import tools
from tinygen.device.block import Block, block_of_manifest
from tinygen.errors import BudgetError, ConversionError, UsageError
from tinygen.targets import QemuBoard, Target

PROGRAMS = ("empty", "footprint", "verify", "trace", "selftest", "measure", "average", "layers")
"""Firmware programs, one file each in firmware/programs."""

_HOOKED_PROGRAMS = ("trace", "layers")
_COMPILE_FLAGS = ("-std=gnu99", "-ffunction-sections", "-fdata-sections", "-fno-ident")
_LINK_FLAGS = (
    "-nostartfiles",
    "-static",
    "-Wl,--gc-sections",
    "-Wl,--no-warn-rwx-segments",
    "-Wl,--build-id=none",
)


class ImageTooLargeError(BudgetError):
    """The image does not fit the memory of a QEMU board; another board may hold it."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How a model is called: with the caller's input or with one in its working memory, of which the caller has none,
    one or two blocks."""

    input_is_callers: bool = True
    input_in_arena: bool = False
    callers_arenas: int = 0

    def defines(self) -> Iterator[str]:
        """For firmware/tinygen_model.h."""
        yield f"-DTINYGEN_CALLERS_ARENAS={self.callers_arenas}"
        yield f"-DTINYGEN_INPUT_IN_ARENA={int(self.input_in_arena)}"
        yield f"-DTINYGEN_INPUT_IS_CALLERS={int(self.input_is_callers)}"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A generated folder and the C name of its model, or of the self-test of several."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        if not (self.folder / f"{self.name}.h").is_file():
            raise UsageError(
                what=f"{self.name}.h is not there",
                where=str(self.folder),
                next_step="give a folder written by 'tinygen emit' and the name of its model",
            )

    @property
    def macro_prefix(self) -> str:
        """Prefix of the macros in the model's header."""
        return self.name.upper()

    @functools.cached_property
    def manifest(self) -> dict | None:
        """What the manifest says of the model; the first of several where it is their self-test."""
        path = self.folder / "manifest.json"
        if not path.is_file():
            return None
        document = json.loads(path.read_text())
        models = document.get("models", [document])
        return next((m for m in models if m["name"] == self.name), models[0])

    def block(self, side: str) -> Block | None:
        """The "inputs" or "outputs" of the model where it has several."""
        ports = self.manifest[side] if self.manifest else []
        return block_of_manifest(ports) if len(ports) > 1 else None

    @functools.cached_property
    def entry(self) -> Entry:
        """From the manifest; the usual one where there is none."""
        if self.manifest is None:
            return Entry()
        options = self.manifest["options"]
        blocks = 2 if options.get("fast_ram") else 1
        return Entry(
            input_is_callers=options["input"] == "caller",
            input_in_arena=options["input"] == "arena",
            callers_arenas=blocks if options["arena"] == "caller" else 0,
        )

    def sources(self) -> tuple[Path, ...]:
        """C and assembly files, relative to the folder; the selftest is left out."""
        found = [
            path.relative_to(self.folder)
            for pattern in ("*.c", "*.S", "tinygen/*.c", "tinygen/*.S")
            for path in self.folder.glob(pattern)
        ]
        return tuple(sorted(p for p in found if p.name != f"{self.name}_selftest.c"))


@dataclass(frozen=True, kw_only=True)
class Program:
    """Which firmware to build: a file of firmware/programs with its optimisation and options.

    `optimize` applies to the generated code; the firmware itself is always compiled with -O2. So does `compiler`: a
    command with the flags for the core, instead of the target's.
    """

    name: str
    optimize: str = "O2"
    defines: tuple[str, ...] = ()
    compiler: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in PROGRAMS:
            raise UsageError(what=f"there is no firmware program {self.name!r}")
        if self.optimize not in ("O0", "O1", "O2", "O3", "Os", "Ofast"):
            raise UsageError(
                what=f"-{self.optimize} is not an optimisation level",
                next_step="use O0, O1, O2, O3, Os or Ofast",
            )


@dataclass(frozen=True, kw_only=True)
class Image:
    """A linked firmware. `elf` and `link_map` live as long as the directory they were built in."""

    elf: Path
    link_map: Path
    board: QemuBoard
    target: Target
    model_flags: tuple[str, ...]


def model_flags(target: Target, program: Program) -> tuple[str, ...]:
    """Flags that the generated code is compiled with."""
    core_flags = program.compiler[1:] if program.compiler else target.compile_flags
    return (*core_flags, f"-{program.optimize}", *_COMPILE_FLAGS)


def build(
    model: Model | None, target: Target, board: QemuBoard, program: Program, into: Path
) -> Image:
    """Compile and link `program` with `model` (None for the empty program) into the directory.

    Raises ImageTooLargeError when the image does not fit the board, ConversionError with the
    compiler's words when the code does not compile, ToolMissingError without a compiler.
    """
    compiler = tools.find(target.compiler)
    flags = model_flags(target, program)
    objects = into / "objects"
    objects.mkdir(parents=True, exist_ok=True)
    with _firmware() as firmware:
        _build_firmware(firmware, model, target, board, program, objects / "device")
        if model is not None:
            model_compiler = tools.find(program.compiler[0]) if program.compiler else compiler
            _build_model(model, model_compiler, flags, program, objects / "model")
        script = _linker_script(compiler, firmware, board)
    return _link(
        compiler,
        script,
        objects,
        Image(
            elf=into / "firmware.elf",
            link_map=into / "firmware.map",
            board=board,
            target=target,
            model_flags=flags,
        ),
    )


def symbol_at(image: Image, address: int) -> str | None:
    """Name of the function that contains the address, or None."""
    nm = tools.find(image.target.compiler.removesuffix("gcc") + "nm")
    listing = subprocess.run(
        [nm, "--defined-only", "-n", str(image.elf)], capture_output=True, text=True, check=False
    ).stdout
    name = None
    for line in listing.splitlines():
        value, kind, symbol = line.split(maxsplit=2)
        if int(value, 16) & ~1 > address:
            break
        if kind in "tTwW":
            name = symbol
    return name


def _build_model(
    model: Model, compiler: str, flags: tuple[str, ...], program: Program, objects: Path
) -> None:
    headers = _digest_of_headers(model.folder)
    for source in model.sources():
        own_flags = flags
        if program.name in _HOOKED_PROGRAMS and source.name == f"{model.name}.c":
            own_flags += (f"-D{model.macro_prefix}_LAYER_HOOK=tgdevice_layer_hook",)
        _compile(compiler, (*own_flags, "-I."), model.folder / source, headers, source, objects)
    if program.name == "selftest":
        source = Path(f"{model.name}_selftest.c")
        if not (model.folder / source).is_file():
            raise UsageError(
                what="the generated folder has no selftest", where=str(model.folder / source)
            )
        _compile(compiler, (*flags, "-I."), model.folder / source, headers, source, objects)


def _build_firmware(
    firmware: Path,
    model: Model | None,
    target: Target,
    board: QemuBoard,
    program: Program,
    objects: Path,
) -> None:
    compiler = tools.find(target.compiler)
    headers = _digest_of_headers(firmware)
    flags = (
        *target.compile_flags,
        "-O2",
        *_COMPILE_FLAGS,
        "-Wall",
        "-Wextra",
        "-I.",
        f"-DTINYGEN_TIMER_BASE={board.timer.base:#x}u",
    )
    for source in _firmware_sources(target, board):
        _compile(compiler, flags, firmware / source, headers, Path(source), objects)
    if model is not None:
        headers += _digest_of_headers(model.folder)
        flags += (f"-I{model.folder.resolve()}", *_model_defines(model), *program.defines)
    source = f"programs/{program.name}.c"
    _compile(compiler, flags, firmware / source, headers, Path(source), objects)


def _firmware_sources(target: Target, board: QemuBoard) -> tuple[str, ...]:
    start = ("riscv_start.S", "riscv_fault.c")
    if "riscv" not in target.features:
        start = ("arm_entry.S", "arm_start.c")
    return (*start, "prepare.c", "semihosting.c", f"timer_{board.timer.kind}.c")


def _model_defines(model: Model) -> tuple[str, ...]:
    prefix = model.macro_prefix
    return (
        f'-DTINYGEN_MODEL_HEADER="{model.name}.h"',
        f"-DTINYGEN_MODEL_ENTRY={model.name}_run",
        f"-DTINYGEN_MODEL_INPUT={model.name}_input",
        f"-DTINYGEN_MODEL_SELFTEST={model.name}_selftest",
        *_block_defines(model, "input"),
        *_block_defines(model, "output"),
        f"-DTINYGEN_MODEL_ARENA_BYTES={prefix}_ARENA_BYTES",
        f"-DTINYGEN_MODEL_FAST_ARENA_BYTES={prefix}_FAST_ARENA_BYTES",
        *model.entry.defines(),
    )


def _block_defines(model: Model, side: str) -> tuple[str, ...]:
    """The size of the model's inputs or outputs; where there are several, also their addresses in a block."""
    name, block = f"TINYGEN_MODEL_{side.upper()}", model.block(f"{side}s")
    if block is None:
        return (f"-D{name}_BYTES={model.macro_prefix}_{side.upper()}_BYTES",)
    addresses = ", ".join(f"TGDEVICE_AT(block, {offset}u)" for offset in block.offsets)
    return f"-D{name}_BYTES={block.bytes}u", f"-D{name}S(block)={addresses}"


def _compile(
    compiler: str, flags: tuple[str, ...], source: Path, headers: str, label: Path, objects: Path
) -> None:
    """Compile to objects/<label>.o, by way of the object cache of this process."""
    key = hashlib.sha256()
    key.update(repr((compiler, tools.version(compiler), flags, label.as_posix(), headers)).encode())
    key.update(source.read_bytes())
    cached = _object_cache() / f"{key.hexdigest()}.o"
    if not cached.exists():
        root = source.parents[len(label.parts) - 1]
        command = [compiler, *flags, "-c", label.as_posix(), "-o", str(cached)]
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise ConversionError(
                what=f"{label.as_posix()} does not compile:\n{result.stderr.strip()}",
                where=str(source),
                next_step=f"the command was: {' '.join(command)}",
            )
    place = objects / f"{label.as_posix()}.o"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(cached, place)


def _linker_script(compiler: str, firmware: Path, board: QemuBoard) -> str:
    vectors, code = board.vectors, board.code
    defines = {
        "VECTORS_BASE": vectors.base if vectors else code.base,
        "VECTORS_SIZE": vectors.size if vectors else 0x100,
        "CODE_BASE": code.base if vectors else code.base + 0x100,
        "CODE_SIZE": code.size if vectors else code.size - 0x100,
        "DATA_BASE": board.data.base,
        "DATA_SIZE": board.data.size,
        "STACK_BYTES": board.stack_bytes,
    }
    macros = [f"-D{name}={value:#x}" for name, value in defines.items()]
    command = [compiler, "-E", "-P", "-x", "c", *macros, str(firmware / "image.ld.in")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _link(compiler: str, script: str, objects: Path, image: Image) -> Image:
    (objects / "image.ld").write_text(script)
    files = sorted(p.relative_to(objects).as_posix() for p in objects.rglob("*.o"))
    command = [
        compiler,
        *image.target.compile_flags,
        *_LINK_FLAGS,
        "-T",
        "image.ld",
        "-Xlinker",
        f"-Map={image.link_map}",
        "-o",
        str(image.elf),
        *files,
    ]
    result = subprocess.run(command, cwd=objects, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return image
    if "overflowed by" in result.stderr or "will not fit in region" in result.stderr:
        raise ImageTooLargeError(
            what=f"the firmware does not fit the QEMU board {image.board.name}",
            where=_first_line_with(result.stderr, "overflowed by"),
        )
    raise ConversionError(
        what=f"the firmware does not link:\n{result.stderr.strip()}",
        next_step="compare the generated folder with its manifest; generate it again",
    )


def _first_line_with(text: str, part: str) -> str | None:
    return next((line.strip() for line in text.splitlines() if part in line), None)


@contextmanager
def _firmware() -> Iterator[Path]:
    with resources.as_file(resources.files(__package__) / "firmware") as folder:
        yield folder


def _digest_of_headers(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.h")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _object_cache() -> Path:
    folder = tempfile.mkdtemp(prefix="tinygen-objects-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
