"""From an integer graph to a folder of C."""

from dataclasses import dataclass
from pathlib import Path

from tinygen.emit import context, manifest, picture
from tinygen.emit.names import checked_model_name
from tinygen.emit.options import ArenaMode, EmitOptions, InputMode, Io, Provenance
from tinygen.emit.program import Program, lower
from tinygen.emit.render import render
from tinygen.emit.writer import check_folder, write_folder
from tinygen.errors import BudgetError, UsageError
from tinygen.ir import Graph
from tinygen.kernels.sources import files_for
from tinygen.selection import Optimize
from tinygen.targets import Target
from tinygen.version import VERSION

__all__ = [
    "ArenaMode",
    "Emission",
    "EmitOptions",
    "InputMode",
    "Io",
    "Optimize",
    "Provenance",
    "check_folder",
    "emit",
]


@dataclass(frozen=True, kw_only=True)
class Emission:
    """A generated folder and the program in it."""

    folder: Path
    name: str
    program: Program
    options: EmitOptions
    constant_bytes: int


def emit(
    graph: Graph,
    target: Target,
    folder: Path,
    *,
    name: str,
    options: EmitOptions = EmitOptions(),
) -> Emission:
    """Write `folder` for an integer graph.

    Raises UnsupportedError, BudgetError or OutputFolderError; then nothing has been written.
    """
    checked_model_name(name)
    _check_options(graph, options)
    check_folder(folder)
    program, *methods = (
        lower(
            part,
            target,
            input_mode=options.input,
            optimize=options.optimize,
            forced=dict(options.kernels),
            least_ram=options.least_ram,
        )
        for part in graph.parts()
    )
    variables = context.build(program, name, options, tuple(methods))
    constant_bytes = _constant_bytes(program, variables)
    kernels = {k.symbol: k for part in (program, *methods) for k in part.kernels}
    runtime = files_for(kernels.values())
    variables |= {
        "version": VERSION,
        "constant_bytes": constant_bytes,
        "sources": _sources(name, runtime),
        "compile_hint": _compile_hint(target),
    }
    files = render(variables)
    files |= {f"tinygen/{file}": data for file, data in runtime.items()}
    files |= _forwarders(name, variables["sources"])
    files[picture.FILE_NAME] = picture.draw(program, name)
    files[manifest.FILE_NAME] = manifest.build(program, name, VERSION, options, files)
    write_folder(folder, files)
    return Emission(
        folder=folder, name=name, program=program, options=options, constant_bytes=constant_bytes
    )


def _check_options(graph: Graph, options: EmitOptions) -> None:
    if not graph.is_quantized:
        raise UsageError(what="only integer graphs can be emitted", next_step="quantize it first")
    classes = graph.output_tensors[0].channels
    if options.labels and len(options.labels) != classes and not graph.methods:
        raise UsageError(what=f"{len(options.labels)} labels for a model with {classes} outputs")
    if options.input is not InputMode.CALLER and len(graph.inputs) != 1:
        raise UsageError(
            what=f"--input {options.input.value} takes models with one input, not {len(graph.inputs)}"
        )
    if options.input is InputMode.ROWS and options.arena is ArenaMode.CALLER:
        raise UsageError(
            what="rows are kept between calls, a caller's arena is not", next_step="--arena static"
        )
    usual = options.input is InputMode.CALLER and options.arena is ArenaMode.STATIC
    if graph.methods and not (usual and options.io is Io.INT8):
        raise UsageError(
            what="a model with methods (predict, ...) has its input and its memory in one way only",
            next_step="leave --input and --arena at their defaults",
        )


def _constant_bytes(program: Program, variables: dict) -> int:
    """Bytes of all constant arrays; BudgetError when they alone exceed the target's flash."""
    sizes = {a.name: a.bytes for a in variables["arrays"]}
    total, limit = sum(sizes.values()), program.target.flash_bytes
    if limit is not None and total > limit:
        largest = max(sizes, key=sizes.__getitem__)
        raise BudgetError(
            what=f"weights and constants need {total} bytes of flash, {program.target.name} has "
            f"{limit}: {total - limit} bytes are missing",
            where=f"{largest} is the largest array ({sizes[largest]} bytes)",
            next_step="choose a larger target or a smaller model",
        )
    return total


def _sources(name: str, runtime: dict[str, bytes]) -> tuple[str, ...]:
    own = (f"{name}.c", f"{name}_weights.c", f"{name}_io.c", f"{name}_selftest.c")
    return (*own, *(f"tinygen/{file}" for file in sorted(runtime) if file.endswith(".c")))


def _forwarders(name: str, sources: tuple[str, ...]) -> dict[str, bytes]:
    """src/, the only folder of a library that Arduino compiles: one line per file, including the real one."""
    forwarded = (f"{name}.h", *sources)
    return {
        f"src/{path}": f'#include "{"../" * (path.count("/") + 1)}{path}"\n'.encode()
        for path in forwarded
    }


def _compile_hint(target: Target) -> str:
    flags = " ".join(target.compile_flags)
    return f" ({target.name}: `{flags}`)" if flags else ""
