"""From integer graphs to a folder of C."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinygen.emit import context, manifest, model_set, picture
from tinygen.emit.memory import PlannedRam, planned_ram, ram_of_all
from tinygen.emit.names import checked_model_name
from tinygen.emit.options import ArenaMode, EmitOptions, InputMode, Io, Provenance
from tinygen.emit.program import Program, lower
from tinygen.emit.render import (
    BUILD_FILES,
    MODEL_FILES,
    MODELS_FILES,
    README,
    SHARED_ARENA_FILES,
    render,
)
from tinygen.emit.writer import check_folder, write_folder
from tinygen.errors import BudgetError, UsageError
from tinygen.ir import Graph
from tinygen.kernels.kernel import Kernel
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
    "Member",
    "ModelSet",
    "Optimize",
    "Provenance",
    "check_folder",
    "emit",
    "emit_together",
]


@dataclass(frozen=True, kw_only=True)
class Emission:
    """A generated folder and the program in it; `ram` is what is planned for all its entry points."""

    folder: Path
    name: str
    program: Program
    options: EmitOptions
    constant_bytes: int
    ram: PlannedRam

    def __repr__(self) -> str:
        what = f"{self.name} for {self.program.target.name} in {self.folder}"
        return f"<{what}: constants {self.constant_bytes:,} bytes, {self.ram.summary()}>"


@dataclass(frozen=True, kw_only=True)
class Member:
    """A model of a folder of several: an integer graph, the prefix of its C names, and the choices for it."""

    graph: Graph
    name: str
    options: EmitOptions = EmitOptions()


@dataclass(frozen=True, kw_only=True)
class ModelSet:
    """A generated folder of several models; `ram` is that of all together."""

    folder: Path
    name: str
    models: tuple[Emission, ...]
    shared_arena: bool
    ram: PlannedRam

    def __repr__(self) -> str:
        names = ", ".join(e.name for e in self.models)
        return f"<{names} in {self.folder}: {self.ram.summary()}>"


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
    check_folder(folder)
    part = _generate(Member(graph=graph, name=name, options=options), target, folder)
    runtime = files_for(part.kernels)
    sources = (*_own_sources(name), *_runtime_sources(runtime))
    variables = part.variables | {
        "title": f"Neural network {name}",
        "ram": part.emission.ram,
        "sources": sources,
        "compile_hint": _compile_hint(target),
    }
    files = part.files | render(BUILD_FILES | README, variables)
    files |= _runtime_files(runtime) | _forwarders(f"{name}.h", sources)
    files[picture.FILE_NAME] = picture.draw(part.emission.program, name)
    files[manifest.FILE_NAME] = manifest.build(part.emission, VERSION, files)
    write_folder(folder, files)
    return part.emission


def emit_together(
    members: Sequence[Member],
    target: Target,
    folder: Path,
    *,
    name: str = "models",
    shared_arena: bool = False,
) -> ModelSet:
    """Write one folder for several models: each with its own prefix, kernels once, a self-test of all.

    With `shared_arena` they have one block of working memory, as large as the largest needs: they run one after the
    other. Raises what emit raises, and UsageError where names clash.
    """
    model_set.check_names(name, [m.name for m in members])
    model_set.check_memory([m.options for m in members])
    check_folder(folder)
    owner = name if shared_arena else None
    parts = [_generate(member, target, folder, shared_by=owner) for member in members]
    emissions = tuple(part.emission for part in parts)
    ram = ram_of_all([e.ram for e in emissions], shared_arena=shared_arena)
    constant_bytes = sum(e.constant_bytes for e in emissions)
    fast_ram = max(m.options.fast_ram for m in members)
    model_set.check_budgets(target, ram, constant_bytes, shared=shared_arena, fast_ram=fast_ram)
    result = ModelSet(
        folder=folder, name=name, models=emissions, shared_arena=shared_arena, ram=ram
    )
    files = _files_of_set(result, parts, target)
    write_folder(folder, files)
    return result


@dataclass(frozen=True, kw_only=True)
class _Part:
    """The files of one model, and what its folder must know about it."""

    emission: Emission
    kernels: tuple[Kernel, ...]
    variables: dict[str, object]
    files: dict[str, bytes]


def _generate(
    member: Member, target: Target, folder: Path, *, shared_by: str | None = None
) -> _Part:
    graph, name, options = member.graph, checked_model_name(member.name), member.options
    _check_options(graph, name, options)
    programs = tuple(_lowered(part, target, options) for part in graph.parts())
    program, *methods = programs
    variables = context.build(program, name, options, tuple(methods), shared_by=shared_by)
    constant_bytes = _constant_bytes(program, variables)
    hot_bytes = sum(a.bytes for a in variables["arrays"] if a.is_hot)
    emission = Emission(
        folder=folder,
        name=name,
        program=program,
        options=options,
        constant_bytes=constant_bytes,
        ram=planned_ram(programs, options, hot_bytes),
    )
    variables |= {"version": VERSION, "constant_bytes": constant_bytes}
    kernels = {k.symbol: k for part in programs for k in part.kernels}
    return _Part(
        emission=emission,
        kernels=tuple(kernels.values()),
        variables=variables,
        files=render(MODEL_FILES, variables),
    )


def _lowered(graph: Graph, target: Target, options: EmitOptions) -> Program:
    return lower(
        graph,
        target,
        input_mode=options.input,
        push_work=options.push_work,
        optimize=options.optimize,
        forced=dict(options.kernels),
        least_ram=options.least_ram,
        fast_ram=options.fast_ram,
    )


def _files_of_set(result: ModelSet, parts: Sequence[_Part], target: Target) -> dict[str, bytes]:
    """All files of a folder of several models."""
    name = result.name
    runtime = files_for({k.symbol: k for part in parts for k in part.kernels}.values())
    variables = model_set.build(
        name, [p.variables for p in parts], result.ram, shared_arena=result.shared_arena
    )
    has_block = any(part.variables["shared_arenas"] for part in parts)
    own = [f"{name}_selftest.c", *([f"{name}_arena.c"] if has_block else [])]
    sources = (
        *own,
        *(source for part in parts for source in _own_sources(part.emission.name)),
        *_runtime_sources(runtime),
    )
    variables |= {
        "version": VERSION,
        "sources": sources,
        "compile_hint": _compile_hint(target),
    }
    of_set = render(
        MODELS_FILES | BUILD_FILES | (SHARED_ARENA_FILES if has_block else {}), variables
    )
    of_models = [(p, p.files | _picture(p.emission)) for p in parts]
    model_set.check_symbols(
        [(p.emission.name, array.name) for p in parts for array in p.variables["arrays"]],
        [(name, path) for path in of_set]
        + [(p.emission.name, path) for p, files in of_models for path in files],
    )
    files = {path: data for _, own_files in of_models for path, data in own_files.items()}
    files |= of_set | _runtime_files(runtime) | _forwarders(f"{name}.h", sources)
    files[manifest.FILE_NAME] = manifest.build_set(result, VERSION, files)
    return files


def _picture(emission: Emission) -> dict[str, bytes]:
    file = f"{emission.name}_{picture.FILE_NAME}"
    return {file: picture.draw(emission.program, emission.name)}


def _check_options(graph: Graph, name: str, options: EmitOptions) -> None:
    if not graph.is_quantized:
        raise UsageError(what="only integer graphs can be emitted", next_step="quantize it first")
    classes = graph.output_tensors[0].channels
    if options.labels and len(options.labels) != classes and not graph.methods:
        raise UsageError(what=f"{len(options.labels)} labels for a model with {classes} outputs")
    if options.input is not InputMode.CALLER and len(graph.inputs) != 1:
        raise UsageError(
            what=f"--input {options.input.value} takes models with one input, not {len(graph.inputs)}"
        )
    if options.push_work is not None and options.input is not InputMode.ROWS:
        raise UsageError(
            what="--push-work is about rows that arrive one by one",
            next_step="give --input rows too",
        )
    if options.input is InputMode.ROWS and options.arena is ArenaMode.CALLER:
        raise UsageError(
            what="rows are kept between calls, a caller's arena is not", next_step="--arena static"
        )
    if graph.methods and not (options.input is InputMode.CALLER and options.io is Io.INT8):
        raise UsageError(
            what="a model with methods (predict, ...) takes its input in one way only",
            where=f"model '{name}'",
            next_step="leave --input at its default",
        )


def _constant_bytes(program: Program, variables: dict) -> int:
    """Bytes of all constant arrays; BudgetError when they alone exceed the target's flash."""
    sizes = {a.name: a.bytes for a in variables["arrays"]}
    total, limit = sum(sizes.values()), program.target.flash_bytes
    if limit is not None and total > limit:
        largest = max(sizes, key=sizes.__getitem__)
        raise BudgetError(
            what=f"weights and constants need {total} bytes of flash, "
            f"{program.target.limit('flash', limit)}: {total - limit} bytes are missing",
            where=f"{largest} is the largest array ({sizes[largest]} bytes)",
            next_step="give more flash, or take a smaller model",
        )
    return total


def _own_sources(name: str) -> tuple[str, ...]:
    return (f"{name}.c", f"{name}_weights.c", f"{name}_io.c", f"{name}_selftest.c")


def _runtime_sources(runtime: dict[str, bytes]) -> tuple[str, ...]:
    return tuple(f"tinygen/{file}" for file in sorted(runtime) if file.endswith(".c"))


def _runtime_files(runtime: dict[str, bytes]) -> dict[str, bytes]:
    return {f"tinygen/{file}": data for file, data in runtime.items()}


def _forwarders(header: str, sources: Sequence[str]) -> dict[str, bytes]:
    """src/, the only folder of a library that Arduino compiles: one line per file, including the real one."""
    return {
        f"src/{path}": f'#include "{"../" * (path.count("/") + 1)}{path}"\n'.encode()
        for path in (header, *sources)
    }


def _compile_hint(target: Target) -> str:
    flags = " ".join(target.compile_flags)
    return f" ({target.name}: `{flags}`)" if flags else ""
